import type { MetricReading } from '../../../activities/gates/metric-source';
import { judgeGate } from '../../../domain/gates/judge-gate';
import type { NoAnswer, SideOutcomes } from '../../../domain/metrics/outcome-answer';
import type { GateRule } from '../../../domain/plan/plan-schema';

export interface Figures {
  target: SideOutcomes;
  legacy: SideOutcomes;
}

/** What can be wrong with a source, and what it is to answer then. Nothing of it may pass, and nothing of it may roll anybody back (G7). */
export const FAULTS = {
  'gives NaN': 'sourceError',
  'gives an infinite number': 'sourceError',
  'gives null': 'noData',
  'gives nothing at all': 'noData',
  'gives several where one is meant': 'sourceError',
  'has old figures': 'noData',
  'has figures of the future': 'sourceError',
  'has a clock that is an hour behind': 'sourceError',
  'has a clock that is an hour ahead': 'sourceError',
  'answers in part': 'sourceError',
  'gives text': 'sourceError',
  'gives a fraction': 'sourceError',
  'gives a million rows': 'sourceError',
  'gives a negative number': 'sourceError',
  'gives more kept than there were': 'sourceError',
  'does not answer in time': 'sourceError',
  'is not there': 'sourceError',
  'does not take the credentials': 'sourceError',
  fails: 'sourceError',
  'refuses the query': 'sourceError',
  'answers without end': 'sourceError',
  'sends us elsewhere': 'sourceError',
  'answers in another language': 'sourceError',
} as const satisfies Record<string, NoAnswer['kind']>;

export type Fault = keyof typeof FAULTS;

/** Where a source says something of its own, it says this; nobody may read it in a verdict. */
export const OWN_WORDS = 'Maria-Gonzalez-1984';

export interface RunningGateSource {
  /** Asks as a gate does. */
  read(): Promise<MetricReading>;
  /** So many more outcomes of each side have become final; it says them from now on. */
  add(figures: Figures): Promise<void>;
  /** The split changes: a new epoch of the same attempt. */
  nextEpoch(): Promise<void>;
  /** Puts the source into that state. */
  bring(fault: Fault): Promise<void>;
  stop(): Promise<void>;
}

const RULES: readonly GateRule[] = [
  { kind: 'floor', atLeast: 0.9, minimumOutcomes: 10 },
  { kind: 'comparison', margin: 0.05, minimumOutcomes: 10 },
  { kind: 'zeroTolerance', missed: 0, minimumOutcomes: 10 },
];

function verdictsOn(answer: MetricReading): string[] {
  return RULES.map((rule) => (answer.kind === 'reading' ? judgeGate(rule, answer.reading).verdict : answer.kind));
}

/**
 * What a gate may rely on, wherever its figures come from.
 * @param cannot what this source cannot be brought into, each with the reason
 * @param otherwise where it shows as the other kind of no answer
 */
export function itIsASourceForGates(
  start: () => Promise<RunningGateSource>,
  cannot: Partial<Record<Fault, string>> = {},
  otherwise: Partial<Record<Fault, NoAnswer['kind']>> = {},
): void {
  let running: RunningGateSource;
  beforeEach(async () => {
    running = await start();
  });
  afterEach(() => running.stop());

  const none = { kept: 0, missed: 0 };

  it('counts each side since the attempt began, and in the current epoch alone', async () => {
    await running.add({ target: { kept: 4, missed: 2 }, legacy: { kept: 7, missed: 1 } });
    await running.nextEpoch();
    await running.add({ target: { kept: 3, missed: 0 }, legacy: { kept: 0, missed: 1 } });
    expect(await running.read()).toMatchObject({
      kind: 'reading',
      reading: {
        target: { attempt: { kept: 7, missed: 2 }, epoch: { kept: 3, missed: 0 } },
        legacy: { attempt: { kept: 7, missed: 2 }, epoch: { kept: 0, missed: 1 } },
      },
    });
  });

  it('holds, and neither passes nor rolls back, while it counts none on target', async () => {
    await running.add({ target: none, legacy: { kept: 50, missed: 0 } });
    for (const verdict of verdictsOn(await running.read())) expect(['insufficient', 'noData']).toContain(verdict);
  });

  it('passes on what is good, and crosses the limit on what is not', async () => {
    await running.add({ target: { kept: 40, missed: 0 }, legacy: { kept: 40, missed: 0 } });
    expect(verdictsOn(await running.read())).toEqual(['pass', 'pass', 'pass']);
    await running.add({ target: { kept: 0, missed: 40 }, legacy: none });
    expect(verdictsOn(await running.read())).toEqual(['limitCrossed', 'limitCrossed', 'limitCrossed']);
  });

  it('gives the same answer however often it is asked', async () => {
    await running.add({ target: { kept: 3, missed: 1 }, legacy: { kept: 2, missed: 0 } });
    const answers = await Promise.all(Array.from({ length: 5 }, () => running.read()));
    const counted = answers.map(
      (answer) => answer.kind === 'reading' && [answer.reading.target, answer.reading.legacy],
    );
    for (const one of counted) expect(one).toEqual(counted[0]);
    expect(counted[0]).toBeTruthy();
  });

  const possible = (Object.keys(FAULTS) as Fault[]).filter((fault) => !(fault in cannot));
  describe.each([
    ['would pass', { target: { kept: 40, missed: 0 }, legacy: { kept: 40, missed: 0 } }, 'pass'],
    ['would cross every limit', { target: { kept: 0, missed: 40 }, legacy: { kept: 40, missed: 0 } }, 'limitCrossed'],
  ] as const)('a source that %s', (_, figures, verdict) => {
    it.each(possible)('%s: that holds (G7)', async (fault) => {
      await running.add(figures);
      expect(verdictsOn(await running.read())).toEqual([verdict, verdict, verdict]);
      await running.bring(fault);
      const answer = await running.read();
      if (answer.kind === 'reading') throw new Error(`It was believed: ${JSON.stringify(answer.reading)}`);
      expect(answer.kind).toBe(otherwise[fault] ?? FAULTS[fault]);
      expect(answer.message).toMatch(/^[ -~]{10,250}\.$/);
      expect(answer.message).not.toContain(OWN_WORDS);
    });
  });
}
