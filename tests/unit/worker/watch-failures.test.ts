import { Counter, Registry } from 'prom-client';
import { Seldom } from '../../../platform/seldom';
import { tellWatchFailures } from '../../../worker/watch-failures';

const GATE = { of: 'judging', migration: 'm', phase: 'payment', cohort: 'pilot', gate: 'routed' } as const;
const COHORT = { migration: 'm', phase: 'payment', cohort: 'pilot' };

let now: number;
let lines: [Record<string, unknown>, string][];
let tell: ReturnType<typeof tellWatchFailures>;
let counted: () => Promise<unknown>;
beforeEach(() => {
  now = 0;
  lines = [];
  const registry = new Registry();
  const counter = new Counter({
    ...{ name: 'handoff_watch_failures_total', help: 'x', labelNames: ['of'], registers: [registry] },
  });
  counted = async () => (await counter.get()).values.map(({ labels, value }) => [labels['of'], value]);
  const logger = { error: (of: Record<string, unknown>, text: string) => void lines.push([of, text]) };
  tell = tellWatchFailures(counter, logger as never, new Seldom(60_000, () => now));
});

it('logs a gate that cannot be judged once, however often it is looked at, and again after a minute', async () => {
  const error = new RangeError('pat_of_a_patient is no count');
  for (now = 0; now < 61_000; now += 1_000) tell({ ...GATE, error });
  expect(lines).toHaveLength(2);
  expect(lines[0]).toEqual([
    { ...{ migration: 'm', phase: 'payment', cohort: 'pilot', gate: 'routed' }, failure: expect.anything() },
    'a gate could not be judged: its step waits',
  ]);
  expect(lines[0]?.[0]).toMatchObject({ failure: { name: 'RangeError' } });
  expect(await counted()).toEqual([['judging', 61]]);
});

it('logs another failure, and one of another gate, at once', () => {
  const error = new RangeError('one');
  tell({ ...GATE, error });
  tell({ ...GATE, gate: 'another', error });
  tell({ ...GATE, error: new TypeError('another') });
  expect(lines.map(([{ gate, failure }]) => [gate, (failure as { name: string }).name])).toEqual([
    ['routed', 'RangeError'],
    ['another', 'RangeError'],
    ['routed', 'TypeError'],
  ]);
});

it('says that arrivals cannot be counted, of which cohort or of how many, and nothing that the database said (I15)', async () => {
  const error = Object.assign(new Error('Key (unit)=(pat_of_a_patient)'), { code: '57014' });
  tell({ of: 'arrivals', cohorts: [COHORT], error });
  expect(lines[0]?.[0]).toMatchObject({ ...COHORT, failure: { code: '57014' } });
  now = 60_000;
  tell({ of: 'arrivals', cohorts: [COHORT, COHORT], error });
  expect(lines[1]?.[0]).toMatchObject({ cohorts: 2 });
  expect(JSON.stringify(lines)).not.toContain('pat_of');
  expect(await counted()).toEqual([['arrivals', 2]]);
});
