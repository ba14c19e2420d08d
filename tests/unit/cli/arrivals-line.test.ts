import { arrivalsLine } from '../../../cli/screens/arrivals-line';
import type { SplitStanding } from '../../../domain/status/migration-status';
import { statusWith } from './status-fixture';

const SPLIT: SplitStanding = {
  ...{ share: 25_000, perDay: null, epoch: 4, mode: 'open' },
  ...{ leaseUntil: '2026-03-02T10:01:00.000Z', lapsed: false },
};
const LIMBO = [{ process: 'api-1', name: 'host-a', since: '2026-03-02T09:58:00.000Z' }];

describe('the line of handoff status that says why arrivals stay on legacy', () => {
  it('is not there while splits above zero do what they say', () => {
    expect(arrivalsLine(statusWith())).toBeUndefined();
  });

  it('names the process in limbo and the splits that nobody looks after, in one line', () => {
    const status = { ...statusWith({ standing: { split: { ...SPLIT, lapsed: true } } }), limbo: LIMBO };
    expect(arrivalsLine(status)).toBe(
      "arrivals go to legacy: API process api-1 is in limbo since 2026-03-02T09:58:00.000Z, see 'handoff processes'; " +
        'nobody looks after payment/everyone',
    );
  });

  it.each<[string, Partial<SplitStanding>]>([
    ['at zero', { share: 0 }],
    ['committed', { mode: 'committed' }],
  ])('is not there for a split that is %s: limbo changes nothing for its arrivals', (_what, change) => {
    const status = { ...statusWith({ standing: { split: { ...SPLIT, ...change } } }), limbo: LIMBO };
    expect(arrivalsLine(status)).toBeUndefined();
  });

  it('is not there once the migration has ended', () => {
    expect(arrivalsLine({ ...statusWith(), state: 'ended', limbo: LIMBO })).toBeUndefined();
  });
});
