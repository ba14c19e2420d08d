import { JOURNEY_KINDS, type BuiltInGateName, type JourneyKind } from '../../../domain/plan/journey';
import type { PlanDocument } from '../../../domain/plan/plan-schema';
import {
  JOURNEY_EVENTS,
  JOURNEY_EVENT_TYPES,
  sourceOf,
  type StackSystem,
} from '../../../sandbox/journey/journey-events';

type PhaseDocument = PlanDocument['phases'][number];
type GateRule = PhaseDocument['gates'][number]['rule'];
type Handoff = PlanDocument['handoffs'][number];
type Action = PlanDocument['rollbackRules'][number]['action'];

/** A minute of the plan takes 50 ms. */
export const TIME_SCALE = 1_200;
/** Ten seconds here: an event may take that long to arrive, however busy the machine, and every outcome is counted that much later. */
const LATENESS = '200m';
/** Three seconds here, and six. */
const [WATCH, SOAK] = ['1h', '2h'] as const;

/** Patients of these states meet the fault; the others are beside them, in a cohort of their own. */
export const PLANTED_STATES = ['CA', 'TX', 'NY'] as const;
export const PLANTED = 'planted';
export const CONTROL = 'control';

const SYSTEMS: readonly StackSystem[] = [
  'site',
  'intake',
  'crm',
  'chart',
  'billing',
  'messaging',
  'pharmacy',
  'portal',
];
const TARGET_ALONE: readonly StackSystem[] = ['routing'];

/** A gate by its name, with what is done when its limit is crossed. */
interface LiveGate {
  builtIn: BuiltInGateName;
  /** Where it is not the usual one: the same limit, but that a gate passes on a few outcomes. */
  rule?: GateRule;
  then: Action;
}

export interface LivePlan {
  kind: Extract<JourneyKind, 'intake' | 'payment' | 'portalRefills'>;
  gates: readonly LiveGate[];
  handoffs: readonly Omit<Handoff, 'phase'>[];
  /** Shares of the ramp's steps, in percent. */
  ramp: readonly number[];
}

/** What every phase is called here: `moved`. */
export const PHASE = 'moved';

/** A plan of one phase, with as short times as a machine with other work allows. */
export function livePlan({ kind, gates, handoffs, ramp }: LivePlan): PlanDocument {
  const sides = ['legacy', 'target'] as const;
  const layer = (name: PlanDocument['stackMap'][number]['layer'], system: StackSystem, event: string) => ({
    layer: name,
    dataOwner: { legacy: `legacy-${system}`, target: `target-${system}` },
    actionOwner: 'operations',
    patientEvents: [event],
  });
  return {
    apiVersion: 'warm-handoff/v1',
    migration: 'live',
    title: 'One part of the journey moves',
    keys: { visitor: 'vis', patient: 'pat', episode: 'ep', subscription: 'sub' },
    attributes: { state: ['CA', 'FL', 'NY', 'TX', 'WA'] },
    owners: [
      { id: 'operations', title: 'Operations' },
      { id: 'clinical-leadership', title: 'Clinical leads' },
      {
        id: 'support',
        title: 'Support',
        reach: {
          rota: 'support desk',
          timeZone: 'UTC',
          shifts: [
            { id: 'day', days: [...DAILY], from: '00:00', to: '12:00', capacity: SUPPORT_CAPACITY },
            { id: 'evening', days: [...DAILY], from: '12:00', to: '24:00', capacity: SUPPORT_CAPACITY },
          ],
        },
      },
    ],
    systems: sides.flatMap((side) =>
      [...SYSTEMS, ...(side === 'target' ? TARGET_ALONE : []), 'support' as const].map((system) => ({
        id: `${side}-${system}`,
        side,
        source: sourceOf(side, system),
      })),
    ),
    stackMap: [
      layer('landing-and-attribution', 'site', 'landing.viewed'),
      layer('intake-and-registration', 'intake', 'intake.submitted'),
      layer('crm-and-routing', 'crm', 'crm.staged'),
      layer('charting-and-ehr', 'chart', 'review.approved'),
      layer('billing-and-subscriptions', 'billing', 'payment.succeeded'),
      layer('patient-communication', 'messaging', 'message.delivered'),
      layer('pharmacy-lab-fulfillment', 'pharmacy', 'order.shipped'),
      layer('patient-portal', 'portal', 'portal.loggedIn'),
    ],
    events: JOURNEY_EVENT_TYPES.map((type) => ({
      type,
      data: Object.fromEntries(
        Object.entries(JOURNEY_EVENTS[type].data).map(([name, codes]) => [
          name,
          { kind: 'code' as const, codes: [...codes], required: true },
        ]),
      ),
    })),
    lateness: LATENESS,
    handoffs: handoffs.map((handoff) => ({ ...handoff, phase: PHASE })),
    phasesLeftOut: Object.fromEntries(
      JOURNEY_KINDS.filter((other) => other !== kind).map((other) => [other, 'It is no part of this.']),
    ),
    phases: [
      {
        id: PHASE,
        kind,
        cohorts: [{ id: PLANTED, when: { state: [...PLANTED_STATES] } }, { id: CONTROL }],
        ramp: ramp.map((share) => ({ share: `${share}%`, watch: WATCH })),
        soak: SOAK,
        gates: gates.map(({ then: _, ...gate }) => gate) as PhaseDocument['gates'],
        approvals: {
          goNoGo: { count: 2, roles: ['release-manager', 'clinical-lead'], fourEyes: true },
          goOn: { roles: ['release-manager', 'clinical-lead'], fourEyes: true },
          commit: { count: 2, roles: ['release-manager', 'clinical-lead'], fourEyes: true },
        },
        inFlight: { otherwise: 'finish', milestones: [] },
        irreversible: [],
        ...CLOSED_BY[kind],
      } as PhaseDocument,
    ],
    queues: [
      { id: 'stuck', owner: 'operations', sla: '4h', path: ['Look where it stopped.', 'Send it on once more.'] },
      { id: 'double-charge', owner: 'operations', sla: '2h', path: ['Refund what was charged twice.'] },
      { id: 'unanswered', owner: 'support', sla: '8h', path: ['Answer.'] },
    ] as PlanDocument['queues'],
    rollbackRules: gates.map(({ builtIn: id, then }) => ({
      id: `agreed-${id}`,
      phase: PHASE,
      gate: id,
      action: then,
      agreedBy: ['operations', 'clinical-leadership'],
    })),
  };
}

const CLOSED_BY: Readonly<Record<LivePlan['kind'], Partial<PhaseDocument>>> = {
  intake: { closedBy: ['payment.succeeded', 'intake.abandoned'] },
  payment: { closedBy: ['tracking.visible', 'payment.refunded', 'patient.withdrew'] },
  portalRefills: {},
};

const DAILY = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
/** Tickets that support can work on at once. */
export const SUPPORT_CAPACITY = 6;

const UNLESS = ['payment.refunded', 'patient.withdrew'];

/** R32: whoever starts an intake submits it about as often as on legacy. */
export const INTAKE: LivePlan = {
  kind: 'intake',
  ramp: [50, 100],
  handoffs: [
    {
      ...{ id: 'intake-to-crm', start: 'intake.submitted', end: 'crm.staged', within: '5m' },
      ...{ severity: 'access', queue: 'stuck' },
    },
    {
      id: 'intake-started-to-submitted',
      start: 'intake.started',
      end: 'intake.submitted',
      within: '20m',
      severity: 'access',
      cases: 'none',
    },
  ],
  gates: [
    {
      builtIn: 'intake-completion',
      rule: { kind: 'comparison', margin: '10%', minimumOutcomes: 5 },
      then: { kind: 'rollback', scope: 'cohort' },
    },
  ],
};

/** What lint asks of every portal. */
const PORTAL_LEGS: LivePlan['handoffs'] = [
  {
    ...{ id: 'login-to-portal', start: 'portal.loginRequested', end: 'portal.loggedIn', within: '10m' },
    ...{ unless: ['portal.left'], severity: 'access', queue: 'stuck' },
  },
  {
    ...{ id: 'refill-to-decision', start: 'refill.requested', end: 'refill.decided', within: '48h' },
    ...{ severity: 'safety', queue: 'stuck' },
  },
];

/** R33 and R45: who pays is charged once, hears what happens next, and is with a provider who may treat them. */
export const PAYMENT: LivePlan = {
  kind: 'payment',
  ramp: [40, 60, 100],
  handoffs: [
    {
      ...{ id: 'payment-to-provider-routing', start: 'payment.succeeded', end: 'review.assigned', within: '10m' },
      must: [{ id: 'licensed', field: 'licensedIn', equalsStart: 'state' }],
      ...{ unless: UNLESS, severity: 'access', queue: 'stuck' },
    },
    {
      ...{ id: 'payment-to-next-step-message', start: 'payment.succeeded', end: 'message.delivered', within: '10m' },
      ...{ unless: UNLESS, severity: 'experience', queue: 'stuck' },
    },
    {
      ...{ id: 'submitted-to-charged', start: 'intake.submitted', end: 'payment.succeeded', within: '20m' },
      ...{ exactlyOnce: true, severity: 'money', queue: 'double-charge' },
    },
  ],
  gates: [
    {
      builtIn: 'payment-to-provider-routing',
      rule: { kind: 'floor', atLeast: '97%', minimumOutcomes: 3 },
      then: { kind: 'rollback', scope: 'phase' },
    },
    {
      builtIn: 'no-next-step',
      rule: { kind: 'floor', atLeast: '98%', minimumOutcomes: 3 },
      then: { kind: 'rollback', scope: 'step' },
    },
    { builtIn: 'unlicensed', then: { kind: 'rollback', scope: 'migration' } },
    { builtIn: 'double-charge', then: { kind: 'pause' } },
  ],
};

/** R34: whoever comes to the portal gets in. */
export const PORTAL: LivePlan = {
  kind: 'portalRefills',
  ramp: [50, 100],
  handoffs: PORTAL_LEGS,
  gates: [
    {
      builtIn: 'portal-access',
      rule: { kind: 'floor', atLeast: '95%', minimumOutcomes: 5 },
      then: { kind: 'rollback', scope: 'cohort' },
    },
  ],
};

/** R35: support can work on what is open. */
export const TICKETS: LivePlan = {
  kind: 'portalRefills',
  ramp: [50, 100],
  handoffs: [
    ...PORTAL_LEGS,
    {
      ...{ id: 'ticket-to-answer', start: 'support.ticketOpened', end: 'support.answered', within: '24h' },
      ...{ severity: 'experience', queue: 'unanswered' },
    },
  ],
  gates: [{ builtIn: 'tickets-over-capacity', then: { kind: 'pause' } }],
};
