import type { GateReading, OutcomeCounts } from '../../domain/gates/outcome-counts';
import { sourceError, type NoAnswer, type OutcomeAnswer, type SideOutcomes } from '../../domain/metrics/outcome-answer';
import type { Queryable } from '../../store/database';
import { readEpochMoments, type EpochMoments } from '../../store/epoch-moments';
import type { MetricQuery, MetricReading, MetricSource } from './metric-source';
import type { FindOutcomeSource, OutcomeSource, OutcomeWindow } from './outcome-source';

export interface GateFiguresOptions {
  db: Queryable;
  handoffs: MetricSource;
  find: FindOutcomeSource;
}

/**
 * A gate's figures from wherever its plan says. An outside source is asked for two windows, since the current epoch and since the attempt began; it knows
 * no epochs and goes by time. What it calls kept or missed is final: it counts nothing that is still open.
 */
export class GateFigures implements MetricSource {
  constructor(private readonly options: GateFiguresOptions) {}

  async read(query: MetricQuery): Promise<MetricReading> {
    const { db, handoffs, find } = this.options;
    if (query.source === undefined) return handoffs.read(query);
    const source = find(query.source);
    if (source === undefined) return notConfigured(query.source);
    let moments: EpochMoments | undefined;
    try {
      moments = await readEpochMoments(db, query);
    } catch {
      // What the driver says may hold values of the query.
      return sourceError('Postgres did not answer. Look at its log and its connections.');
    }
    if (moments === undefined)
      return sourceError('Nobody knows when this split began, so nothing can be counted from there.');
    return readBoth(source, query, moments);
  }
}

async function readBoth(
  source: OutcomeSource,
  { migration, phase, cohort, gate, epoch, attemptEpoch }: MetricQuery,
  { attemptBegan, epochBegan, now }: EpochMoments,
): Promise<MetricReading> {
  const from = (since: Date): OutcomeWindow => ({ migration, phase, cohort, gate, since, now });
  const sinceEpoch = await source.count(from(epochBegan));
  if (sinceEpoch.kind !== 'outcomes') return sinceEpoch;
  // Second, so that what comes in between is counted for the attempt, which is the longer of the two.
  const sinceAttempt = attemptEpoch === epoch ? sinceEpoch : await source.count(from(attemptBegan));
  if (sinceAttempt.kind !== 'outcomes') return sinceAttempt;
  const reading: GateReading = {
    target: { attempt: counts(sinceAttempt.target), epoch: counts(sinceEpoch.target) },
    legacy: { attempt: counts(sinceAttempt.legacy), epoch: counts(sinceEpoch.legacy) },
    newestAt: oldest(sinceEpoch, sinceAttempt),
  };
  return contradiction(reading) ?? { kind: 'reading', reading };
}

function notConfigured({ kind, connection }: { kind: string; connection: string }): NoAnswer {
  return sourceError(
    `Its connection '${connection}' is not there, or not of the kind ${kind}. Declare it in the file HANDOFF_SOURCES_FILE of every worker.`,
  );
}

/** A shorter window that holds more than the longer one around it: whoever counts does not go by the window. */
function contradiction({ target, legacy }: GateReading): NoAnswer | undefined {
  const more = [target, legacy].some(
    ({ attempt, epoch }) => epoch.kept > attempt.kept || epoch.missed > attempt.missed,
  );
  return more
    ? sourceError(
        'It counts more since the split last changed than since the attempt began. Let its query go by since.',
      )
    : undefined;
}

function counts({ kept, missed }: SideOutcomes): OutcomeCounts {
  return { kept, missed, released: 0 };
}

function oldest(...answers: Extract<OutcomeAnswer, { kind: 'outcomes' }>[]): string | null {
  const times = answers.flatMap(({ newestAt }) => (newestAt === null ? [] : [newestAt.getTime()]));
  return times.length === 0 ? null : new Date(Math.min(...times)).toISOString();
}
