import type { BuiltInGateName, Severity } from '../plan/journey';
import type { PlanDocument } from '../plan/plan-schema';

type GateDocument = PlanDocument['phases'][number]['gates'][number];
type RuleDocument = GateDocument['rule'];
type CapacityDocument = Extract<RuleDocument, { kind: 'capacity' }>;

/** A handoff as a plan writes it, as far as that can be read. */
export type HandoffAsWritten = Readonly<Record<string, unknown>>;

/** A gate that a plan has by its name alone. Whatever the plan writes of it counts instead. */
export interface BuiltInGate {
  /** The requirement that it answers. */
  requirement: string;
  /** What it measures, for lists: such as `paid, and with a provider`. */
  measures: string;
  /** The handoff that it is measured on, by its usual name. */
  handoff: string;
  /** What a plan declares where its phase has no such handoff. */
  declare: string;
  /** Whether a handoff of the phase, whatever its name, is one that it can be measured on. */
  isOn: (handoff: HandoffAsWritten) => boolean;
  /** Where its handoff is no more severe. */
  severity: Severity;
  /**
   * As a plan writes it; without the team where nobody works on the handoff's missed ones.
   * @param owner the team that does
   */
  rule: (handoff: HandoffAsWritten, owner: string | undefined) => RuleDocument | Omit<CapacityDocument, 'team'>;
}

/**
 * What telehealth migrations watch, each by its usual limit: R32 to R35, and what may never be. Floors and comparisons are tested, so a limit is crossed on evidence;
 * what may never be is counted.
 */
export const BUILT_IN_GATES: Readonly<Record<BuiltInGateName, BuiltInGate>> = {
  'intake-completion': {
    requirement: 'R32',
    measures: 'intakes that are submitted, of those that were started, against legacy',
    handoff: 'intake-started-to-submitted',
    // Whoever leaves an intake has decided so: nobody has to work on that.
    declare: '{ start: intake.started, end: intake.submitted, within: 24h, severity: access, cases: none }',
    isOn: leads('intake.started', 'intake.submitted'),
    severity: 'access',
    rule: () => ({ kind: 'comparison', margin: '10%', minimumOutcomes: 30 }),
  },
  'payment-to-provider-routing': {
    requirement: 'R33',
    measures: 'payments after which a provider is assigned',
    handoff: 'payment-to-provider-routing',
    declare: '{ start: payment.succeeded, end: review.assigned, within: 10m }',
    isOn: leads('payment.succeeded', 'review.assigned'),
    severity: 'access',
    rule: () => ({ kind: 'floor', atLeast: '97%', minimumOutcomes: 20 }),
  },
  'portal-access': {
    requirement: 'R34',
    measures: 'logins to the portal that lead there',
    handoff: 'login-to-portal',
    declare: '{ start: portal.loginRequested, end: portal.loggedIn, within: 10m }',
    isOn: leads('portal.loginRequested', 'portal.loggedIn'),
    severity: 'access',
    rule: () => ({ kind: 'floor', atLeast: '95%', minimumOutcomes: 20 }),
  },
  'tickets-over-capacity': {
    requirement: 'R35',
    measures: 'tickets that are open, against what the team on duty can work on',
    handoff: 'ticket-to-answer',
    declare: '{ start: support.ticketOpened, end: support.answered, within: 24h }',
    isOn: leads('support.ticketOpened', 'support.answered'),
    severity: 'experience',
    rule: (_, owner) => ({
      ...(owner !== undefined && { team: owner }),
      ...{ kind: 'capacity' as const, load: '85%', during: '2h' },
    }),
  },
  'double-charge': {
    requirement: 'R45',
    measures: 'charges that came once more',
    handoff: 'renewal-to-settled',
    // A second end counts for the side that the first start was on, whichever system it comes from.
    declare: '{ start: renewal.due, end: renewal.settled, exactlyOnce: true, within: 24h, severity: money }',
    isOn: ({ exactlyOnce, severity }) => exactlyOnce === true && severity === 'money',
    severity: 'money',
    rule: () => ({ kind: 'zeroTolerance', missed: 0, counts: 'secondEnds' }),
  },
  unlicensed: {
    requirement: 'R24',
    measures: 'patients who are assigned to somebody not licensed where they live',
    handoff: 'payment-to-provider-routing',
    declare:
      "{ start: payment.succeeded, end: review.assigned, must: [{ id: licensed, field: licensedIn, equalsStart: state }], within: 10m }, with the 'must'",
    isOn: (handoff) => leads('payment.succeeded', 'review.assigned')(handoff) && licenseOf(handoff) !== undefined,
    severity: 'safety',
    rule: (handoff) => ({ kind: 'zeroTolerance', missed: 0, condition: licenseOf(handoff) ?? LICENSED }),
  },
  'no-next-step': {
    requirement: 'R14',
    measures: 'payments after which the patient hears what happens next',
    handoff: 'payment-to-next-step-message',
    declare: '{ start: payment.succeeded, end: message.delivered, within: 10m }',
    isOn: leads('payment.succeeded', 'message.delivered'),
    severity: 'experience',
    rule: () => ({ kind: 'floor', atLeast: '98%', minimumOutcomes: 20 }),
  },
};

export function builtInGate(name: unknown): BuiltInGate | undefined {
  return typeof name === 'string' && Object.hasOwn(BUILT_IN_GATES, name)
    ? BUILT_IN_GATES[name as BuiltInGateName]
    : undefined;
}

function leads(from: string, to: string): BuiltInGate['isOn'] {
  return ({ start, end }) => start === from && (end === to || (Array.isArray(end) && end.includes(to)));
}

/** The usual name of the condition on who may treat a patient. */
const LICENSED = 'licensed';

/** The condition on who may treat the patient: the one that compares a field of the end with one of the start, by its usual name where there are several. */
function licenseOf({ must }: HandoffAsWritten): string | undefined {
  if (!Array.isArray(must)) return undefined;
  const compared = must.flatMap((condition: unknown) => {
    if (typeof condition !== 'object' || condition === null || !('equalsStart' in condition)) return [];
    return 'id' in condition && typeof condition.id === 'string' ? [condition.id] : [];
  });
  return compared.find((id) => id === LICENSED) ?? compared[0];
}
