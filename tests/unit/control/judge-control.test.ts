import { CONTROL_GAPS, judgeControl, type ControlFacts } from '../../../domain/control/judge-control';

const WHOLE = {
  polling: true,
  temporalSilentFor: 600,
  stored: { matchingLag: 0, unattended: 0, runningOut: 0, unwatched: 0 },
} as const satisfies ControlFacts;

describe('I4 control is whole only where all of it was seen just now', () => {
  it('finds nothing missing where everything answers and every split is looked after', () => {
    expect(judgeControl(WHOLE)).toEqual([]);
  });

  it.each<[string, ControlFacts, string[]]>([
    ['this process takes up no tasks', { ...WHOLE, polling: false }, ['worker']],
    ['Temporal has never answered', { ...WHOLE, temporalSilentFor: undefined }, ['temporal']],
    ['Temporal has not answered for long', { ...WHOLE, temporalSilentFor: 10_001 }, ['temporal']],
    ['Postgres did not answer', { ...WHOLE, stored: undefined }, ['postgres']],
    ['a lease has run out', { ...WHOLE, stored: { ...WHOLE.stored, unattended: 1 } }, ['unattended']],
    ['a lease is running out', { ...WHOLE, stored: { ...WHOLE.stored, runningOut: 1 } }, ['leaseRunningOut']],
    ['a step is not looked at', { ...WHOLE, stored: { ...WHOLE.stored, unwatched: 1 } }, ['watches']],
    ['matching is too late for any gate', { ...WHOLE, stored: { ...WHOLE.stored, matchingLag: 30_001 } }, ['sweeper']],
  ])('says what is missing where %s', (_what, facts, gaps) => {
    expect(judgeControl(facts)).toEqual(gaps);
  });

  it('names everything at once, in one order', () => {
    const stored = { matchingLag: 60_000, unattended: 2, runningOut: 1, unwatched: 3 };
    const found = judgeControl({ polling: false, stored });
    expect([...found].sort()).toEqual(CONTROL_GAPS.filter((gap) => gap !== 'postgres').sort());
  });

  it('says of nothing else that it is missing while Postgres is away: nobody knows', () => {
    expect(judgeControl({ polling: true })).toEqual(['postgres']);
  });
});
