import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Context, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { farthestCrossing } from '../../domain/gates/farthest-crossing';
import { judgeGate, type Judgement } from '../../domain/gates/judge-gate';
import type { Verdict } from '../../domain/gates/verdict';
import type { WatchEnd } from '../../domain/phase/cohort-event';
import type { PlanGate, PlanPhase, RollbackRule } from '../../domain/plan/plan-schema';
import type { Milliseconds } from '../../domain/time/duration';
import type { Database } from '../../store/database';
import { databaseNow } from '../../store/database-clock';
import { saveGateEvidence } from '../../store/gate-evidence';
import { addWatchedTime } from '../../store/watches';
import type { Notice } from '../notify/notifier';
import type { WatchActivities, WatchStep } from '../phase-activities';
import type { PlanReader } from '../plan-reader';
import type { ObservedSplit, TrafficRouter } from '../traffic/traffic-router';
import type { ControlProof } from './control-proof';
import type { MetricReading, MetricSource } from './metric-source';
import { TellingBeside } from './telling-beside';

export interface WatchOptions {
  db: Database;
  router: TrafficRouter;
  metrics: MetricSource;
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
}

interface Finding extends Judgement {
  gate: PlanGate;
  newestAt: string | null;
  /** What the verdict was reached on, for the evidence. */
  reading: MetricReading;
}

/** The activity that looks at a step: cursor and evidence are in Postgres, so whoever takes over goes on where it was. */
export function watchActivities(options: WatchOptions): WatchActivities {
  return {
    async watchStep(watch) {
      const phase = await options.plans.phase(watch.planHash, watch.phase);
      const rules = await options.plans.rollbackRules(watch.planHash, watch.phase);
      const telling = new TellingBeside(options.tell, options.onNotTold);
      for (;;) {
        const end = await look(options, watch, { phase, rules }, telling);
        if (end !== undefined) return end;
        heartbeat();
        await pause(options);
      }
    },
  };
}

/** One look. Undefined where the watch goes on. */
async function look(
  options: WatchOptions,
  watch: WatchStep,
  { phase, rules }: { phase: PlanPhase; rules: readonly RollbackRule[] },
  telling: TellingBeside,
): Promise<WatchEnd | undefined> {
  const { db, router } = options;
  const provenAt = await proveControl(options, phase.lease);
  const attemptEpoch = (await router.readBack(watch))?.attemptEpoch ?? watch.epoch;
  const findings = await Promise.all(phase.gates.map((gate) => readGate(options.metrics, watch, gate, attemptEpoch)));
  const { watched, standing } = await db.transaction(async (connection) => {
    const stands: Milliseconds[] = [];
    for (const finding of findings) {
      const { gate, verdict, message, newestAt, reading } = finding;
      const evidence = { message, newestAt, ...(reading.kind === 'reading' && { reading: reading.reading }) };
      const { migration, cohort, epoch } = watch;
      stands.push(
        await saveGateEvidence(connection, {
          migration,
          phase: phase.id,
          cohort,
          epoch,
          gate: gate.id,
          verdict,
          evidence,
        }),
      );
    }
    // Only a step that is on its way is watched: waiting for people, paused or held, is no watch time.
    const counts = watch.until === 'stepDone';
    return { watched: counts ? await addWatchedTime(connection, watch, phase.lease) : 0, standing: stands };
  });
  options.onLook?.(findings.map(({ verdict }) => verdict));

  const held =
    provenAt === undefined
      ? await router.readBack(watch)
      : await router.renew({ ...watch, lease: phase.lease, provenAt });
  if (held === undefined || held.epoch !== watch.epoch || held.lapsed) return lost(options, watch, held);
  // A person is told already; watching on would let gates pass for a share that is not there.
  if (held.outside?.undelivered === true) return { kind: 'notRouted', epoch: held.epoch, share: held.share };

  const crossed = farthestCrossing(
    findings.filter(({ verdict }) => verdict === 'limitCrossed'),
    rules,
  );
  if (crossed !== undefined) {
    const { gate, message, newestAt } = crossed;
    return { kind: 'limitCrossed', gate: gate.id, message: `${gate.id}: ${message}`, newestAt };
  }
  const timeIsOver = watched >= watch.watchMs;
  if (watch.until === 'stepDone' && timeIsOver && findings.every(({ verdict }) => verdict === 'pass')) {
    return { kind: 'stepDone', evidenceHash: hashOf(watch, findings) };
  }
  pageWhereBlind(telling, watch, phase, findings, standing, timeIsOver);
  return undefined;
}

/**
 * I4: the moment from which a lease may run. It is taken before anything else is read, so that a watcher that was paused and wakes up extends
 * nothing, and it is never after Temporal's last answer, so that no lease outlives Temporal by more than itself. Undefined where
 * that answer is a whole lease old.
 */
async function proveControl({ db, control }: WatchOptions, lease: Milliseconds): Promise<Date | undefined> {
  const answeredAt = control.provenAt()?.getTime();
  const now = (await databaseNow(db)).getTime();
  return answeredAt === undefined || now - answeredAt >= lease ? undefined : new Date(Math.min(now, answeredAt));
}

async function readGate(
  metrics: MetricSource,
  watch: WatchStep,
  gate: PlanGate,
  attemptEpoch: number,
): Promise<Finding> {
  const { migration, phase, cohort, epoch } = watch;
  const reading = await metrics.read({
    ...{ migration, phase, cohort, gate: gate.id, handoff: gate.handoff, epoch, attemptEpoch },
    ...(gate.source !== undefined && { source: gate.source }),
  });
  switch (reading.kind) {
    case 'reading':
      return { gate, reading, newestAt: reading.reading.newestAt, ...judgeGate(gate.rule, reading.reading) };
    case 'noData':
    case 'sourceError':
      return { gate, reading, newestAt: null, verdict: reading.kind, message: reading.message };
  }
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
 * A gate that cannot see wakes a person past the plan's limit, once a step. It never moves anybody. Too few outcomes are as they should be
 * until the step's time is over; no outcomes and a source that fails never are.
 */
function pageWhereBlind(
  telling: TellingBeside,
  watch: WatchStep,
  phase: PlanPhase,
  findings: readonly Finding[],
  standing: readonly Milliseconds[],
  timeIsOver: boolean,
): void {
  for (const [index, { gate, verdict, message }] of findings.entries()) {
    if (verdict === 'pass' || verdict === 'limitCrossed' || (verdict === 'insufficient' && !timeIsOver)) continue;
    const longest = phase.hold[verdict] / watch.timeScale;
    if ((standing[index] ?? 0) < longest) continue;
    telling.tell({
      onceKey: `${watch.phase}/${watch.cohort}/held/${watch.attempt}/${watch.step}/${gate.id}/${verdict}`,
      migration: watch.migration,
      phase: watch.phase,
      cohort: watch.cohort,
      kind: 'heldTooLong',
      urgency: 'page',
      message: `The step waits on gate ${gate.id} (${verdict}): ${message.replace(/\.$/, '')}. Nothing goes on by itself until it passes.`,
    });
  }
}

/** What the next decision of people is bound to. */
function hashOf(watch: WatchStep, findings: readonly Finding[]): string {
  const seen = findings.map(({ gate, verdict, message }) => [gate.id, verdict, message]);
  return createHash('sha256')
    .update(JSON.stringify([watch.planHash, watch.cohort, watch.epoch, watch.step, seen]))
    .digest('hex');
}

/** Waits for the next look, or hands the watch on where this worker is shutting down: only the workflow can end it. */
async function pause({ tick, stopping }: WatchOptions): Promise<void> {
  const { cancellationSignal, cancelled } = Context.current();
  await delay(tick, undefined, { signal: AbortSignal.any([stopping, cancellationSignal]) }).catch(() => undefined);
  if (cancellationSignal.aborted) await cancelled;
  if (stopping.aborted) {
    throw ApplicationFailure.retryable('The worker is shutting down; another goes on watching.', 'worker-shutdown');
  }
}
