import type { MetricQuery, MetricReading, MetricSource } from '../../../activities/gates/metric-source';
import type { OutcomeCounts } from '../../../domain/gates/outcome-counts';

/** Handoffs that ended, or are open, as the source is to count them. */
export interface RecordedOutcome {
  side: 'legacy' | 'target' | null;
  outcome: 'kept' | 'missed' | 'released' | 'open';
  epoch: number;
  count?: number;
  phase?: string;
  cohort?: string;
  handoff?: string;
  migration?: string;
}

export interface RunningSource {
  source: MetricSource;
  /** What to ask it for; nothing is recorded of that yet. */
  query: MetricQuery;
  /** Makes the source hold these too. */
  record(outcomes: readonly RecordedOutcome[]): Promise<void>;
  /** Puts what the source reads from out of its reach. */
  takeAway(): Promise<void>;
  stop(): Promise<void>;
}

/** What a source is asked for, of a migration of its own. */
export const conformanceQuery = (migration: string): MetricQuery => ({
  migration,
  phase: 'payment',
  cohort: 'everyone',
  gate: 'routing-floor',
  handoff: 'payment-to-provider-routing',
  epoch: 5,
  attemptEpoch: 3,
});

const none: OutcomeCounts = { kept: 0, missed: 0, released: 0 };

/** What every MetricSource must do, whatever it reads from. */
export function itBehavesLikeAMetricSource(start: () => Promise<RunningSource>): void {
  let running: RunningSource;
  beforeEach(async () => {
    running = await start();
  });
  afterEach(() => running.stop());

  async function reading(): Promise<Extract<MetricReading, { kind: 'reading' }>['reading']> {
    const answer = await running.source.read(running.query);
    if (answer.kind !== 'reading') throw new Error(answer.message);
    return answer.reading;
  }

  it('counts each side since the attempt began, and in the current epoch alone', async () => {
    await running.record([
      { side: 'target', outcome: 'kept', epoch: 3, count: 4 },
      { side: 'target', outcome: 'missed', epoch: 4, count: 2 },
      { side: 'target', outcome: 'kept', epoch: 5, count: 3 },
      { side: 'target', outcome: 'released', epoch: 5 },
      { side: 'legacy', outcome: 'kept', epoch: 4, count: 7 },
      { side: 'legacy', outcome: 'missed', epoch: 5 },
    ]);
    expect(await reading()).toMatchObject({
      target: { attempt: { kept: 7, missed: 2, released: 1 }, epoch: { kept: 3, missed: 0, released: 1 } },
      legacy: { attempt: { kept: 7, missed: 1, released: 0 }, epoch: { kept: 0, missed: 1, released: 0 } },
    });
  });

  it('leaves out what belongs to an earlier attempt, elsewhere, or to no side', async () => {
    await running.record([
      { side: 'target', outcome: 'kept', epoch: 5 },
      { side: 'target', outcome: 'missed', epoch: 2 },
      { side: 'target', outcome: 'missed', epoch: 5, cohort: 'pilot' },
      { side: 'target', outcome: 'missed', epoch: 5, phase: 'intake' },
      { side: 'target', outcome: 'missed', epoch: 5, handoff: 'payment-to-next-step-message' },
      { side: 'target', outcome: 'missed', epoch: 5, migration: 'another' },
      { side: null, outcome: 'missed', epoch: 5 },
      { side: 'target', outcome: 'open', epoch: 5 },
    ]);
    expect(await reading()).toMatchObject({
      target: { attempt: { kept: 1, missed: 0, released: 0 } },
      legacy: { attempt: none, epoch: none },
    });
  });

  it('gives a reading of nothing while all that started on target is open: too few, not none', async () => {
    await running.record([{ side: 'target', outcome: 'open', epoch: 5 }]);
    expect(await reading()).toEqual({
      target: { attempt: none, epoch: none },
      legacy: { attempt: none, epoch: none },
      newestAt: null,
    });
  });

  it('says when the newest outcome on target became final', async () => {
    const before = Date.now();
    await running.record([{ side: 'target', outcome: 'kept', epoch: 5 }]);
    const { newestAt } = await reading();
    expect(Math.abs(Date.parse(newestAt ?? '') - before)).toBeLessThan(60_000);
  });

  it('has no data where the handoff never started on target, whatever legacy did (G7)', async () => {
    await running.record([
      { side: 'legacy', outcome: 'kept', epoch: 5, count: 50 },
      { side: 'target', outcome: 'kept', epoch: 2, count: 50 },
    ]);
    const answer = await running.source.read(running.query);
    expect(answer.kind).toBe('noData');
  });

  it('answers a source that is away as an error, and throws nothing (G7)', async () => {
    await running.record([{ side: 'target', outcome: 'missed', epoch: 5, count: 50 }]);
    await running.takeAway();
    const answer = await running.source.read(running.query);
    if (answer.kind !== 'sourceError') throw new Error(`expected an error, not ${answer.kind}`);
    expect(answer.message).not.toContain(running.query.handoff);
  });

  it('gives the same answer however often it is asked', async () => {
    await running.record([
      { side: 'target', outcome: 'kept', epoch: 5, count: 3 },
      { side: 'legacy', outcome: 'missed', epoch: 5 },
    ]);
    const first = await running.source.read(running.query);
    const later = await Promise.all(Array.from({ length: 10 }, () => running.source.read(running.query)));
    for (const answer of later) expect(answer).toEqual(first);
  });
}
