import { readSignal } from '../../../domain/phase/plain-signal';

const actor = { id: 'engineer-1', roles: ['engineer'], verified: true };
const seal = { workflowId: 'm.payment', name: 'rollback', nonce: 'n' };

describe('a signal that came in plain', () => {
  it('is by nobody who was verified, whatever it says', () => {
    expect(readSignal({ unverified: true, actor }).actor).toEqual({
      id: 'signal:engineer-1',
      roles: [],
      verified: false,
    });
    expect(readSignal({ unverified: true, actor: 'on-call' }).actor.id).toBe('signal:on-call');
  });

  it.each([
    undefined,
    null,
    'rollback',
    7,
    [],
    {},
    { unverified: true },
    { unverified: true, actor: 'a b' },
    { unverified: true, actor: { id: 'x'.repeat(65) } },
  ])('is read all the same: %j', (payload) => {
    expect(readSignal(payload)).toEqual({ actor: { id: 'signal:unnamed', roles: [], verified: false } });
  });

  it('takes what is usable', () => {
    expect(readSignal({ unverified: true, cohort: 'pilot', scope: 'step', reason: 'a\u0000 doubt' })).toMatchObject({
      cohort: 'pilot',
      scope: 'step',
      reason: 'a doubt',
    });
  });

  it('leaves what is not', () => {
    const read = readSignal({ unverified: true, cohort: {}, scope: 'all', reason: 'jane@example.com', epoch: 4, seal });
    expect(Object.keys(read)).toEqual(['actor']);
  });
});

describe('a signal that the API left while workers were away', () => {
  it('keeps the epoch that its sender saw, so that a stale one is refused, and its seal', () => {
    expect(readSignal({ actor, scope: 'phase', epoch: 4, seal })).toEqual({ actor, scope: 'phase', epoch: 4, seal });
  });

  it.each([-1, 1.5, '4', Number.NaN, null])('has no epoch that is none: %p', (epoch) => {
    expect(readSignal({ actor, epoch })).toEqual({ actor });
  });
});
