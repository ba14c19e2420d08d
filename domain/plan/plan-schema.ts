import { z } from 'zod';
import { UNIT_KINDS } from '../sides/units';
import { JOURNEY_KINDS, LAYERS } from './journey';
import { calendarSchema, steeringSchema } from './schema/calendar-schema';
import { coverageSchema } from './schema/coverage-schema';
import { gateDeclarationSchema } from './schema/gate-declaration-schema';
import { businessTimeSchema, handoffSchema } from './schema/handoff-schema';
import { hookSchema } from './schema/hook-schema';
import { stageSchema } from './schema/journey-schema';
import { datumSchema, ownershipSchema } from './schema/ownership-schema';
import { phaseSchema } from './schema/phase-schema';
import { queueRuleSchema, rollbackRuleSchema, type rollbackScope } from './schema/rollback-schema';
import { taskSchema } from './schema/runbook-schema';
import { teamSchema } from './schema/team-schema';
import { pageTemplate, vendorIdKind } from './schema/system-pages';
import { waiverSchema } from './schema/waiver-schema';
import { existingSchema } from './schema/wave-schema';
import {
  daysKept,
  answer,
  codes,
  decided,
  duration,
  eventType,
  fieldName,
  identifier,
  instruction,
  list,
  reason,
  text,
  unitKey,
} from './schema/values';

export { BUCKETS } from './schema/values';

/** What a plan of this release says first. */
export const API_VERSION = 'warm-handoff/v1';

const system = z.strictObject({
  id: decided.describe('Name of the system, unique in the plan.'),
  side: z.enum(['legacy', 'target', 'shared']).describe("The stack it belongs to; 'shared' where both sides use it."),
  source: text.max(255).describe("CloudEvents 'source' that this system sends with."),
  pages: z
    .record(vendorIdKind, pageTemplate)
    .optional()
    .describe(
      "Where people look at what an id of this system stands for, by what the system calls the id: { customer: 'https://billing.example/customers/{id}' }.",
    ),
});

const layerName = z.enum(LAYERS).describe('Which of the eight layers; each stands in the map once.');

const layer = z.union([
  z
    .strictObject({
      layer: layerName,
      dataOwner: z
        .strictObject({
          legacy: answer.describe('A legacy or shared system.'),
          target: answer.describe('A target or shared system.'),
        })
        .describe(
          "The system that owns the data, on each side. A layer with no part in the migration says 'notApplicable' instead.",
        ),
      actionOwner: answer.describe('The team that owns the action.'),
      patientEvents: list(eventType).describe('Patient-facing events that depend on this layer.'),
    })
    .describe('A layer with its three answers.'),
  z
    .strictObject({ layer: layerName, notApplicable: reason.describe('Why this layer has no part in the migration.') })
    .describe('A layer that has no part in the migration.'),
]);

const field = z.strictObject({
  kind: z
    .enum(['code', 'integer', 'boolean', 'timestamp'])
    .describe('What it holds; no free text passes through an event.'),
  codes: codes().optional().describe("The codes that a field of kind 'code' may have; needed there, and only there."),
  required: z.boolean().default(false).describe('Whether an event without it is refused.'),
});

const event = z.strictObject({
  type: eventType.describe("CloudEvents 'type', such as 'payment.succeeded', unique in the plan."),
  data: z
    .record(fieldName, field)
    .default({})
    .describe('Its fields. Closed: a field that is not declared here is refused.'),
});

const escalation = z.strictObject({
  team: decided.describe('The team that is told.'),
  after: duration.describe("How long after a case is overdue, such as '30m'."),
});

const tickets = z.strictObject({
  on: eventType.describe("The event that reports a ticket, such as 'support.ticketOpened'."),
  field: fieldName.describe("Its field with what the ticket is about; of kind 'code'."),
  codes: codes().describe('The codes that mean what this queue is for.'),
  grace: duration
    .optional()
    .describe('How long after the ticket a case may still be opened; none is waited for unless declared.'),
});

const queue = z.strictObject({
  id: identifier.describe('Name of the queue, unique in the plan.'),
  owner: decided.describe('The team that works on it.'),
  sla: duration.describe("How long a case may stay open, such as '2h'. The built-in queues know one."),
  path: list(instruction).describe('The steps that resolve a case, in order. The built-in queues know theirs.'),
  opensOn: list(eventType, 0)
    .default([])
    .describe('Events that each open a case here by themselves, such as a duplicate record that was found.'),
  capacity: z.int().min(1).optional().describe('Open cases that the owner can work on at once.'),
  businessTime: businessTimeSchema
    .optional()
    .describe(
      "The SLA as the team promises it, in business time; 'sla' is the longest that this can take by the clock.",
    ),
  tickets: tickets
    .optional()
    .describe(
      'Which tickets of patients mean that they belong here; one whose patient has no case here is counted as a leak.',
    ),
  escalation: list(escalation, 1, 20)
    .optional()
    .describe('Who is told, one after the other, while a case stays overdue; nobody but the owner unless declared.'),
});

export const planSchema = z
  .strictObject({
    apiVersion: z.literal(API_VERSION).describe("The version of the plan language: 'warm-handoff/v1'. Write it first."),
    migration: identifier.describe('Name of the migration; the default id of what is started from this plan.'),
    title: text.optional().describe('How people know the migration.'),
    keys: z
      .partialRecord(
        z.enum(UNIT_KINDS),
        z
          .string()
          .regex(
            /^[a-z][a-z0-9]{1,15}$/,
            "Write 2 to 16 lower-case letters and digits, starting with a letter, such as 'pat'.",
          ),
      )
      .describe(
        "Prefix of each kind of key: 'pat' makes keys of 'pat_' and a UUID. Always 'patient' and 'episode', and the unit of each phase.",
      ),
    attributes: z
      .record(fieldName, codes())
      .default({})
      .describe('Coded attributes that cohorts may be declared by, each with its values.'),
    existing: list(existingSchema)
      .optional()
      .describe('People who are patients already, by group: they never arrive, and move in waves.'),
    owners: list(teamSchema).describe('The teams that own actions, queues and agreements.'),
    calendars: list(calendarSchema)
      .optional()
      .describe('When people are there and when nothing may change; named where they count.'),
    advance: steeringSchema.optional().describe('When the migration may go on; going back is always allowed.'),
    systems: list(system, 2).describe('The systems of both stacks.'),
    journey: list(stageSchema)
      .optional()
      .describe("The seven stages of the patient's journey, each with the systems that serve it."),
    stackMap: list(layer).describe(
      'The eight layers, each with the owner of its data, the owner of its action, and what patients see of it.',
    ),
    data: list(datumSchema).optional().describe('What has an owner here besides the seven data of every migration.'),
    ownership: list(ownershipSchema)
      .optional()
      .describe('Which system owns what, by datum and stage, and when that changes.'),
    events: list(event, 2).describe(
      'What the stacks report. An event of any other type is refused. Phases whose handoffs are left out bring theirs along.',
    ),
    hooks: list(hookSchema).optional().describe('Webhooks of vendors: what they report becomes events of the plan.'),
    lateness: duration
      .prefault('60s')
      .describe('How long after a deadline an event may still arrive before the handoff is final.'),
    retention: z
      .strictObject({
        events: daysKept.describe(
          'How many days events are kept after they came, at least; whole months are archived.',
        ),
      })
      .optional()
      .describe(
        'When events may be archived; what happened longer ago is not taken in. Never while the migration is under way or anything of their journeys is open; without it, never.',
      ),
    handoffs: list(handoffSchema).describe(
      'A start, what must follow it, and a deadline. A phase that has none has those of its kind.',
    ),
    phases: list(phaseSchema).describe("Parts of the patient's journey that move as a whole, in order."),
    orderReason: reason
      .optional()
      .describe("Why the phases are in another order than the patient's journey; only where they are."),
    phasesLeftOut: z
      .partialRecord(z.enum(JOURNEY_KINDS), reason)
      .default({})
      .describe("Parts of the patient's journey that this migration does not move, each with the reason."),
    testUnits: list(unitKey)
      .optional()
      .describe(
        "Keys of test patients: made up, nobody's. Only they may be given a side by an override; their outcomes under one are no evidence.",
      ),
    queues: list(queue).describe('Where stuck cases are worked on.'),
    rollbackRules: list(rollbackRuleSchema, 1, 1_000).describe(
      "What is done when a gate's limit is crossed, agreed before launch.",
    ),
    declaredGates: list(gateDeclarationSchema)
      .optional()
      .describe('Limits that people watch, on what no handoff of the plan measures.'),
    queueRules: list(queueRuleSchema)
      .optional()
      .describe('What is done when people cannot keep up with the queues, agreed before launch.'),
    coverage: list(coverageSchema)
      .optional()
      .describe('People who must be ready before a phase takes patients, by state and program.'),
    runbook: list(taskSchema).optional().describe("People's part of the move, day by day."),
    waivers: list(waiverSchema)
      .optional()
      .describe('Findings of lint that the plan may start with, each approved until a day.'),
  })
  .describe('A cutover plan of Warm Handoff.');

/** A plan after defaults: durations in milliseconds, shares in buckets (see BUCKETS), rates from 0 to 1. */
export type Plan = z.output<typeof planSchema>;
/** A plan as written. */
export type PlanDocument = z.input<typeof planSchema>;
export type PlanPhase = Plan['phases'][number];
export type PlanHandoff = Plan['handoffs'][number];
export type PlanGate = PlanPhase['gates'][number];
export type GateRule = PlanGate['rule'];
/** Where a gate's figures come from, where they are not the migration's own handoffs. */
export type GateSource = NonNullable<PlanGate['source']>;
export type PlanQueue = Plan['queues'][number];
export type PlanCohort = PlanPhase['cohorts'][number];
export type RampStep = PlanPhase['ramp'][number];
export type ApprovalRule = PlanPhase['approvals']['goNoGo'];
export type RollbackRule = Plan['rollbackRules'][number];
export type RollbackScope = z.output<typeof rollbackScope>;
/** What a rollback does with people on target, by how far they got. */
export type InFlightPolicy = PlanPhase['inFlight']['otherwise'];
export type PlanProbe = PlanPhase['probes'][number];
export type OwnershipRow = NonNullable<Plan['ownership']>[number];
export type HandoffCondition = NonNullable<PlanHandoff['must']>[number];
export type PlanHook = NonNullable<Plan['hooks']>[number];
export type HookEvent = PlanHook['events'][number];
export type PlanCalendar = NonNullable<Plan['calendars']>[number];
export type PlanWaves = NonNullable<PlanPhase['waves']>;
