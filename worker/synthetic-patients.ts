import { randomBytes } from 'node:crypto';
import { SyntheticJourney, type Stack } from '../adapters/metrics/synthetic-journey';
import type { Plan } from '../domain/plan/plan-schema';
import { syntheticKey } from '../domain/sides/synthetic-key';
import {
  journeyOn,
  longestRun,
  sidesOf,
  type RunOutcome,
  type SyntheticSource,
  type SyntheticStep,
} from '../domain/synthetic/synthetic-run';
import type { Milliseconds } from '../domain/time/duration';
import { describeFailure } from '../platform/describe-failure';
import type { Logger } from '../platform/logger';
import type { Database } from '../store/database';
import {
  claimRuns,
  endRun,
  openCohorts,
  tidyRuns,
  type ClaimedRun,
  type OpenCohort,
  type WantedRun,
} from '../store/synthetic-runs';
import { repeatUntilStopped, type Repeating } from './repeat-until-stopped';
import type { SourceConnection } from './sources-file';

export interface SyntheticPatientsOptions {
  db: Database;
  logger: Logger;
  /** It sends through none but the stacks of these. */
  connections: readonly SourceConnection[];
  /** Rejects where it is not stored. */
  planOf: (hash: string) => Promise<Plan>;
  lookEvery?: Milliseconds;
  onEnd?: (outcome: RunOutcome) => void;
}

type Stacks = Extract<SourceConnection, { kind: 'synthetic' }>;

/** A gate of an open cohort whose stacks this worker reaches. */
interface Walk extends WantedRun {
  source: SyntheticSource;
  stack: Stack;
  steps: readonly SyntheticStep[];
  /** Of its keys. */
  prefix: string;
}

const LOOK_EVERY: Milliseconds = 1_000;
/** Each has a connection of its own, and an answer of a megabyte at most. */
const AT_ONCE = 32;
/** Of one migration, so that one whose stacks do not answer leaves room to all others. */
const OF_ONE_MIGRATION = 24;
const TIDY_EVERY: Milliseconds = 60_000;

/**
 * Sends synthetic patients through the stacks, for the gates that have them as their source, while the split of their cohort takes arrivals. Any number of
 * workers may do it: each run is one worker's. Nothing it meets ends it.
 */
export function startSyntheticPatients(options: SyntheticPatientsOptions): Repeating {
  const { db, logger, planOf, lookEvery = LOOK_EVERY, onEnd } = options;
  const stacks = new Map(
    options.connections.flatMap((one) => (one.kind === 'synthetic' ? [[one.name, one] as const] : [])),
  );
  const stopping = new AbortController();
  const underWay = new Map<Promise<void>, string>();
  const go = async ({ id, ...run }: ClaimedRun, { stack, steps, source, prefix }: Walk): Promise<void> => {
    try {
      const journey = new SyntheticJourney(stack, steps, source);
      const end = await journey.run(syntheticKey(prefix, run.side, randomBytes(16)), stopping.signal);
      await endRun(db, id, end);
      onEnd?.(end.outcome);
      if (end.outcome !== 'kept') logger.warn({ ...run, ...end }, 'a synthetic patient did not get through');
    } catch (error) {
      logger.error({ ...run, failure: describeFailure(error) }, 'what became of a synthetic patient is not known');
    }
  };
  const walking = repeatUntilStopped(
    async () => {
      const walks = await walksOf(await openCohorts(db), stacks, planOf, (of, error) => {
        logger.error(
          { ...of, failure: describeFailure(error) },
          'no synthetic patient of a cohort could be sent; trying again',
        );
      });
      const fair = { underWay: countOf(underWay.values()), most: OF_ONE_MIGRATION };
      for (const claimed of await claimRuns(db, walks, AT_ONCE - underWay.size, fair)) {
        const walk = walks.find((one) => isOf(claimed, one));
        if (walk === undefined) continue;
        const run = go(claimed, walk).finally(() => underWay.delete(run));
        underWay.set(run, claimed.migration);
      }
      return lookEvery;
    },
    (error) => {
      logger.error({ failure: describeFailure(error) }, 'synthetic patients could not be sent; trying again');
    },
  );
  const tidying = repeatUntilStopped(
    async () => {
      await tidyRuns(db);
      return TIDY_EVERY;
    },
    (error) => {
      logger.error({ failure: describeFailure(error) }, 'old runs could not be removed; trying again');
    },
  );
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all([walking.stop(), tidying.stop()]);
      await Promise.all(underWay.keys());
    },
  };
}

async function walksOf(
  cohorts: readonly OpenCohort[],
  stacks: ReadonlyMap<string, Stacks>,
  planOf: (hash: string) => Promise<Plan>,
  onFailure: (of: OpenCohort, error: unknown) => void,
): Promise<Walk[]> {
  if (stacks.size === 0) return [];
  const walks: Walk[] = [];
  for (const open of cohorts) {
    const { migration, phase: id, cohort, planHash } = open;
    const plan = await planOf(planHash).catch((error: unknown) => {
      // A plan that this release cannot read holds up no other.
      onFailure(open, error);
    });
    if (plan === undefined) continue;
    const phase = plan.phases.find((one) => one.id === id);
    const prefix = phase && plan.keys[phase.unit];
    if (prefix === undefined) continue;
    for (const { id: gate, source } of phase?.gates ?? []) {
      if (source?.kind !== 'synthetic') continue;
      const stack = stacks.get(source.connection);
      if (stack === undefined) continue;
      for (const side of sidesOf(source)) {
        const [through, steps] = [stack[side], journeyOn(source, side)];
        if (through === undefined || steps === undefined) continue;
        const of = { migration, phase: id, cohort, gate, side };
        walks.push({ ...of, every: source.every, longest: longestRun(source), source, stack: through, steps, prefix });
      }
    }
  }
  return walks;
}

function countOf(migrations: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const migration of migrations) counts.set(migration, (counts.get(migration) ?? 0) + 1);
  return counts;
}

function isOf(run: ClaimedRun, walk: Walk): boolean {
  return (['migration', 'phase', 'cohort', 'gate', 'side'] as const).every((name) => run[name] === walk[name]);
}
