import { unitKeyOf } from '../../../domain/handoffs/unit-key';

const event = (time: number, subscription?: string) => ({
  time,
  identity: `stack ${time}`,
  units: subscription === undefined ? {} : { subscription },
});

describe('the unit that a handoff counts for', () => {
  it("is the start's own", () => {
    expect(unitKeyOf('subscription', event(5, 'sub_own'), [event(4, 'sub_other'), event(6, 'sub_other')])).toBe(
      'sub_own',
    );
  });

  it('is else that of the nearest event before it, and after it where none before knows it', () => {
    const journey = [event(9, 'sub_d'), event(1, 'sub_a'), event(4, 'sub_b'), event(7, 'sub_c'), event(5)];
    expect(unitKeyOf('subscription', event(5), journey)).toBe('sub_b');
    expect(unitKeyOf('subscription', event(0), journey)).toBe('sub_a');
  });

  it('is none where no event of the journey knows it', () => {
    expect(unitKeyOf('login', event(5, 'sub_own'), [event(4, 'sub_a')])).toBeUndefined();
  });
});
