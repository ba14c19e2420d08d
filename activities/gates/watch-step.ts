import { setTimeout as delay } from 'node:timers/promises';
import { Context, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Verdict } from '../../domain/gates/verdict';
import type { WatchEnd } from '../../domain/phase/cohort-event';
import type { Milliseconds } from '../../domain/time/duration';
import type { Database } from '../../store/database';
import type { Notice } from '../notify/notifier';
import type { WatchActivities, WatchStep } from '../phase-activities';
import type { PlanReader } from '../plan-reader';
import type { ObservedSplit, TrafficRouter } from '../traffic/traffic-router';
import type { ControlProof } from './control-proof';
import { GateEvaluator } from './gate-evaluator';
import type { ReadGates } from './read-gates';
import { TellingBeside } from './telling-beside';
import type { OnWatchFailure } from './watch-failure';
import { judgedRules, type WatchedStep } from './watched-step';

export interface WatchOptions {
  db: Database;
  router: TrafficRouter;
  readGates: ReadGates;
  plans: PlanReader;
  control: ControlProof;
  tell: (notice: Notice) => Promise<void>;
  /** A notice could not be handed over; it is sent again. */
  onNotTold?: (error: unknown) => void;
  lapsedFor: (key: WatchStep, epoch: number) => Promise<Milliseconds | undefined>;
  /** Writes down the fallback of every split whose lease has run out. */
  recordLapses: () => Promise<unknown>;
  /** Between two looks. */
  tick: Milliseconds;
  /** Aborted when this worker shuts down. */
  stopping: AbortSignal;
  onLook?: (verdicts: readonly Verdict[]) => void;
  /** Something failed within a look; the watch goes on. */
  onFailure?: OnWatchFailure;
}

/** The activity that looks at a step: cursor and evidence are in Postgres, so whoever takes over goes on where it was. */
export function watchActivities(options: WatchOptions): WatchActivities {
  const { db, router, readGates, control, tick, onLook, onFailure } = options;
  const evaluator = new GateEvaluator({
    ...{ db, router, readGates, control, tick },
    lost: ({ watch }, held) => lost(options, watch, held),
    ...(onLook !== undefined && { onLook }),
    ...(onFailure !== undefined && { onFailure }),
  });
  return {
    async watchStep(watch) {
      const step = await stepOf(options, watch);
      try {
        for (;;) {
          const end = await evaluator.look(step);
          if (end !== undefined) return end;
          heartbeat();
          await pause(options);
        }
      } finally {
        evaluator.forget(step);
      }
    },
  };
}

async function stepOf({ plans, tell, onNotTold }: WatchOptions, watch: WatchStep): Promise<WatchedStep> {
  const plan = await plans.plan(watch.planHash);
  const phase = await plans.phase(watch.planHash, watch.phase);
  const rules = await plans.rollbackRules(watch.planHash, watch.phase);
  return { watch, plan, phase, rules, judged: judgedRules(phase), telling: new TellingBeside(tell, onNotTold) };
}

/** The split is no longer this watch's: its lease ran out, or somebody changed it. */
async function lost(
  { router, recordLapses, lapsedFor }: WatchOptions,
  watch: WatchStep,
  held: ObservedSplit | undefined,
): Promise<WatchEnd> {
  // A lease that ran out is never revived: its fallback is written down as a new epoch, by whoever comes first.
  if (held?.lapsed === true) await recordLapses();
  const now = await router.readBack(watch);
  const { epoch, share } = now ?? { epoch: watch.epoch, share: 0 };
  const gone = await lapsedFor(watch, watch.epoch);
  if (gone === undefined || epoch !== watch.epoch + 1) return { kind: 'superseded', epoch, share };
  return { kind: 'lapsed', epoch, share, lapsedFor: gone };
}

/**
 * Waits for the next look, or hands the watch on where this worker is shutting down: only the workflow can end it. All watches of a process wait for the
 * same moment, and so are looked at together.
 */
async function pause({ tick, stopping }: WatchOptions): Promise<void> {
  const { cancellationSignal, cancelled } = Context.current();
  const untilNext = tick - (performance.now() % tick);
  await delay(untilNext, undefined, { signal: AbortSignal.any([stopping, cancellationSignal]) }).catch(() => undefined);
  if (cancellationSignal.aborted) await cancelled;
  if (stopping.aborted) {
    throw ApplicationFailure.retryable('The worker is shutting down; another goes on watching.', 'worker-shutdown');
  }
}
