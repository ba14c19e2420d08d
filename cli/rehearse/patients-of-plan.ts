import { resolve } from 'node:path';
import type { JourneyKind } from '../../domain/plan/journey';
import type { Plan, PlanPhase } from '../../domain/plan/plan-schema';
import type { RunOrder } from '../../sandbox/control/control-contract';
import { JOURNEY_EVENT_TYPES } from '../../sandbox/journey/journey-events';
import type { LogColumns } from '../../sandbox/recorded/event-log';
import type { LogSurvey } from '../../sandbox/recorded/survey-log';
import { PAYMENT_EVENTS } from '../../sandbox/stacks/payment-routes';
import { cannotRehearse } from './rehearsal-failure';
import type { Script } from './script/script-schema';

interface RunPart {
  migration: string;
  timeScale: number;
  seed: string;
}

/** Patients a second of the wall clock that arrive in the payment sandbox. */
const PATIENTS_PER_SECOND = 8;

/** Whether a plan declares everything that the stacks say of a whole journey. */
export function speaksJourneys(plan: Plan): boolean {
  return missingEvents(plan, JOURNEY_EVENT_TYPES).length === 0;
}

/** Patients who go the whole way. @throws CliFailure where the plan does not speak of it */
export function journeyRun(plan: Plan, { script, ...part }: RunPart & { script: Script }): RunOrder {
  const missing = missingEvents(plan, JOURNEY_EVENT_TYPES);
  if (missing.length > 0) {
    throw cannotRehearse(
      'not-the-sandbox-plan',
      "A script is for the sandbox's patients, who go the whole journey: the plan must declare every event that its stacks send (examples/telehealth.yaml). These are missing:",
      missing,
    );
  }
  const phases: Partial<Record<JourneyKind, string>> = {};
  for (const { kind, id } of plan.phases) if (kind !== 'custom') phases[kind] = id;
  const { patient, episode, visitor, subscription } = plan.keys;
  if (patient === undefined || episode === undefined) throw keysMissing();
  return {
    kind: 'journey',
    ...part,
    phases,
    visitorsPerHour: perHour(script.visitorsPerSecond, part.timeScale),
    prefixes: { patient, episode, ...(visitor && { visitor }), ...(subscription && { subscription }) },
    mix: script.mix,
  };
}

/** Patients who pay, of one phase. @throws CliFailure where the plan is another one */
export function paymentRun(plan: Plan, phase: PlanPhase, part: RunPart): RunOrder {
  const { patient, episode, subscription } = plan.keys;
  const missing = missingEvents(plan, PAYMENT_EVENTS);
  if (phase.unit !== 'subscription' || missing.length > 0) {
    throw cannotRehearse(
      'not-the-sandbox-plan',
      "The sandbox's patients go the whole journey (examples/telehealth.yaml), or pay: without --events, the plan declares all that its stacks say " +
        `of one or the other; of a payment ${PAYMENT_EVENTS.join(', ')}, with a first phase that moves subscriptions (examples/payment.yaml). ` +
        'To rehearse another plan, give an event log of your own with --events.',
    );
  }
  if (patient === undefined || episode === undefined || subscription === undefined) throw keysMissing();
  const patientsPerHour = perHour(PATIENTS_PER_SECOND, part.timeScale);
  return { kind: 'payment', ...part, phase: phase.id, patientsPerHour, prefixes: { patient, episode, subscription } };
}

/** Each case of a log as a patient of one phase. @throws CliFailure where plan and log do not go together */
export function recordedRun(
  plan: Plan,
  phase: PlanPhase,
  { log, survey, ...part }: RunPart & { log: { path: string; columns: LogColumns; days: number }; survey: LogSurvey },
): RunOrder {
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
    kind: 'recorded',
    ...part,
    phase: phase.id,
    // The sandbox is a process of its own, in a folder of its own.
    log: resolve(log.path),
    columns: log.columns,
    days: log.days,
    prefixes: { patient, episode },
    sources: { legacy: source('legacy'), target: source('target') },
  };
}

function missingEvents(plan: Plan, types: readonly string[]): string[] {
  return types.filter((type) => !plan.events.some((event) => event.type === type));
}

function perHour(perSecond: number, timeScale: number): number {
  return (perSecond * 3_600) / timeScale;
}

function keysMissing(): Error {
  return cannotRehearse(
    'keys-not-declared',
    "The plan's keys must name a prefix for each kind of key that its patients have.",
  );
}
