import { edit, findingsOf, PAYMENT } from './plan-texts';

const found = (text: string): [string, string, string][] =>
  findingsOf(text)
    .filter(({ code }) => code === 'WH646' || code === 'WH647')
    .map(({ code, path, message }) => [code, path, message]);

const allowing = (chance: string): string =>
  edit(PAYMENT, '    soak: 14d', `    soak: 14d\n    falseRollbacks: ${chance}`);
const FLOOR = 'rule: { kind: floor, atLeast: 90%, minimumOutcomes: 20 }';

describe('limits that are crossed too late, at whatever volume', () => {
  it('are said where hardly any false rollback is allowed, with how much later an outage is seen', () => {
    const [[code, path, message] = [], ...others] = found(allowing('0.001%'));
    expect([code, path, others]).toEqual(['WH646', 'phases[0].falseRollbacks', []]);
    const [, asked, usual] =
      /^At 0\.001% 'routing-against-legacy' sees an outage after (\d+) patients on target at best, where at 5% it does after (\d+);/.exec(
        message ?? '',
      ) ?? [];
    expect(Number(asked)).toBeGreaterThan(Number(usual));
    expect(Number(usual)).toBeGreaterThan(0);
  });

  it.each(['0.01%', '1%', '5%'])('are none at %s', (chance) => {
    expect(found(allowing(chance))).toEqual([]);
  });

  it('are none where no gate is tested', () => {
    const counted = PAYMENT.replace(
      /rule: \{ kind: (floor|comparison), .*\}/g,
      'rule: { kind: zeroTolerance, missed: 2 }',
    );
    expect(found(edit(counted, '    soak: 14d', '    soak: 14d\n    falseRollbacks: 0.001%'))).toEqual([]);
  });

  it('are said where a gate waits for what no volume brings, unless the volume is known', () => {
    const many = (count: number): string => edit(PAYMENT, FLOOR, FLOOR.replace('20', String(count)));
    expect(found(many(250_000))).toEqual([
      [
        'WH647',
        'phases[0].gates[0].rule.minimumOutcomes',
        expect.stringContaining('at 1000 a day there that is 250 days'),
      ],
    ]);
    expect(found(many(100_000))).toEqual([]);
    expect(found(edit(many(250_000), '    unit: episode\n', '    unit: episode\n    volume: 1000000\n'))).toEqual([]);
  });
});
