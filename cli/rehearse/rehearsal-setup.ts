import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { loadPlan } from '../../domain/plan/load-plan';
import type { Plan, PlanPhase } from '../../domain/plan/plan-schema';
import type { Milliseconds } from '../../domain/time/duration';
import { compress } from '../../domain/time/time-scale';
import type { RunRequest } from '../../sandbox/control/control-contract';
import type { LogColumns } from '../../sandbox/recorded/event-log';
import { surveyLog, type LogSurvey } from '../../sandbox/recorded/survey-log';
import { REHEARSAL_PREFIX } from '../../sandbox/runs/demo-load';
import { PAYMENT_EVENTS } from '../../sandbox/stacks/payment-routes';
import { withApprovalsBySignal } from './approvals-by-signal';
import { readPlantedFault, type PlantedFault } from './planted-fault';
import { cannotRehearse } from './rehearsal-failure';

export interface RehearsalRequest {
  planText: string;
  /** An event log; synthetic patients of the payment stacks without one. */
  log?: { path: string; columns: LogColumns; days: number };
  timeScale?: number;
  fault: string;
  bySignal: boolean;
  seed: string;
}

/** Everything that is known before anything is started. */
export interface RehearsalSetup {
  migration: string;
  planText: string;
  plan: Plan;
  planHash: string;
  phase: PlanPhase;
  timeScale: number;
  bySignal: boolean;
  fault: PlantedFault | undefined;
  run: RunRequest;
  /** What the log holds, where there is one. */
  survey: LogSurvey | undefined;
  /** How late an event may arrive, in wall-clock time. */
  lateness: Milliseconds;
  /** How long after its deadline a missed handoff is final, at most, in wall-clock time. */
  finalWithin: Milliseconds;
}

/** The log of a rehearsal goes by in this long, unless a time scale is given. */
const LOG_WITHIN: Milliseconds = 360_000;
/** A rehearsal in the payment sandbox, unless a time scale is given. */
const PAYMENT_TIME_SCALE = 180;
/** Patients a second of the wall clock that arrive in the payment sandbox. */
const PATIENTS_PER_SECOND = 8;
/** Lateness must leave an event this long to arrive. A loaded machine needs some of it. */
const ARRIVES_WITHIN: Milliseconds = 2_000;

/** Reads plan and log, and judges whether they go together. @throws BadPlan, BadEventLog, CliFailure */
export async function setUpRehearsal(request: RehearsalRequest): Promise<RehearsalSetup> {
  const planText = request.bySignal ? withApprovalsBySignal(request.planText) : request.planText;
  const { plan, hash: planHash } = loadPlan(planText);
  const [phase] = plan.phases;
  if (phase === undefined) throw new Error('A plan without a phase was accepted.');
  const lateness = Math.min(plan.lateness, ...plan.handoffs.map((handoff) => handoff.lateness ?? plan.lateness));
  const timeScale = request.timeScale ?? defaultTimeScale(request, lateness);
  if (compress(lateness, timeScale) < ARRIVES_WITHIN / 2) {
    throw cannotRehearse(
      'time-scale-too-fast',
      `At this time scale an event would have ${Math.round(compress(lateness, timeScale))} ms to arrive (the plan's lateness, compressed). ` +
        `Use --time-scale ${Math.floor(lateness / ARRIVES_WITHIN)} or less, or a longer lateness in the plan.`,
    );
  }
  const migration = `${REHEARSAL_PREFIX}${randomBytes(4).toString('hex')}`;
  const common = { migration, phase: phase.id, timeScale, seed: request.seed };
  const fault = readPlantedFault(request.fault, plan, phase.id, migration);
  const survey = request.log && (await surveyLog(request.log.path, request.log.columns, request.log.days));
  const run: RunRequest =
    request.log === undefined || survey === undefined
      ? { kind: 'payment', ...common, ...paymentRun(plan, phase, timeScale) }
      : { kind: 'recorded', ...common, ...recordedRun(plan, phase, request.log, survey) };
  const longest = Math.max(...plan.handoffs.map((handoff) => handoff.within + (handoff.lateness ?? plan.lateness)));
  const { bySignal } = request;
  const finalWithin = compress(longest, timeScale);
  return {
    migration,
    planText,
    plan,
    planHash,
    phase,
    timeScale,
    bySignal,
    fault,
    run,
    survey,
    lateness: compress(lateness, timeScale),
    finalWithin,
  };
}

function defaultTimeScale({ log }: RehearsalRequest, lateness: Milliseconds): number {
  const wanted = log === undefined ? PAYMENT_TIME_SCALE : (log.days * 86_400_000) / LOG_WITHIN;
  return Math.max(1, Math.floor(Math.min(wanted, lateness / ARRIVES_WITHIN)));
}

function paymentRun(
  plan: Plan,
  phase: PlanPhase,
  timeScale: number,
): Pick<Extract<RunRequest, { kind: 'payment' }>, 'patientsPerHour' | 'prefixes'> {
  const { patient, episode, subscription } = plan.keys;
  const missing = PAYMENT_EVENTS.filter((type) => !plan.events.some((event) => event.type === type));
  if (phase.unit !== 'subscription' || missing.length > 0) {
    throw cannotRehearse(
      'not-the-sandbox-plan',
      `The sandbox's patients pay: without --events, the plan's first phase moves subscriptions and declares the events ${PAYMENT_EVENTS.join(', ')} ` +
        '(examples/payment.yaml). To rehearse another plan, give an event log of your own with --events.',
    );
  }
  if (patient === undefined || episode === undefined || subscription === undefined) throw keysMissing();
  const patientsPerHour = (PATIENTS_PER_SECOND * 3_600) / timeScale;
  return { patientsPerHour, prefixes: { patient, episode, subscription } };
}

function recordedRun(
  plan: Plan,
  phase: PlanPhase,
  log: NonNullable<RehearsalRequest['log']>,
  survey: LogSurvey,
): Omit<Extract<RunRequest, { kind: 'recorded' }>, 'kind' | 'migration' | 'phase' | 'timeScale' | 'seed'> {
  if (phase.unit !== 'episode') {
    throw cannotRehearse(
      'unit-not-episode',
      "A case of a log is an episode: the plan's first phase must move episodes.",
    );
  }
  const undeclared = [...survey.types.keys()].filter((type) => !plan.events.some((event) => event.type === type));
  if (undeclared.length > 0) {
    throw cannotRehearse(
      'events-not-declared',
      'The plan does not declare every event type of this log, and what is not declared is refused. Add these to its events, or give --type another form:',
      undeclared,
    );
  }
  const { patient, episode } = plan.keys;
  if (patient === undefined || episode === undefined) throw keysMissing();
  const source = (side: 'legacy' | 'target'): string => {
    const system = plan.systems.find((each) => each.side === side);
    if (system === undefined) throw cannotRehearse('no-system', `The plan has no system on ${side}.`);
    return system.source;
  };
  return {
    // The sandbox is a process of its own, in a folder of its own.
    log: resolve(log.path),
    columns: log.columns,
    days: log.days,
    prefixes: { patient, episode },
    sources: { legacy: source('legacy'), target: source('target') },
  };
}

function keysMissing(): Error {
  return cannotRehearse(
    'keys-not-declared',
    "The plan's keys must name a prefix for each kind of key that its patients have.",
  );
}
