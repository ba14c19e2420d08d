import { z } from 'zod';
import { UNIT_KINDS } from '../sides/units';
import { parseDuration } from '../time/duration';
import { LAYERS, PHASE_KINDS, ROLES, SEVERITIES } from './journey';

/** Buckets a split is counted in: 100,000, so that one bucket is a thousandth of a percent. Never changes: it decides who moves. */
export const BUCKETS = 100_000;

const identifier = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,62}$/,
    'Use lower-case letters, digits and hyphens, starting with a letter, 63 characters at most.',
  );

/** Phases keep the field's camel case (`frontDoor`), since they name workflow types and flag keys. */
const phaseIdentifier = z
  .string()
  .regex(
    /^[a-z][A-Za-z0-9-]{0,62}$/,
    'Use letters, digits and hyphens, starting with a lower-case letter, 63 characters at most.',
  );

const eventType = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9._-]{0,127}$/,
    "Use letters, digits, dots, hyphens and underscores, such as 'payment.succeeded'.",
  );

/** A duration as `90s`, `10m`, `24h`, `3d`, `1d 12h`; milliseconds once parsed. */
const duration = z.string().transform((text, context) => {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined || milliseconds <= 0) {
    context.addIssue({ code: 'custom', message: "Write a duration such as '60s', '10m', '24h', '3d' or '1d 12h'." });
    return z.NEVER;
  }
  return milliseconds;
});

/** A percentage as `25%` or `2.5%`; a share of BUCKETS once parsed. */
const share = z.string().transform((text, context) => {
  const match = /^(\d{1,3}(?:\.\d{1,3})?)%$/.exec(text.trim());
  const buckets = match?.[1] === undefined ? NaN : Math.round((Number(match[1]) / 100) * BUCKETS);
  if (!(buckets >= 0 && buckets <= BUCKETS)) {
    context.addIssue({
      code: 'custom',
      message: "Write a percentage from '0%' to '100%', with three decimals at most.",
    });
    return z.NEVER;
  }
  return buckets;
});

/** A rate as `97%`; a proportion from 0 to 1 once parsed. */
const rate = share.transform((buckets) => buckets / BUCKETS);

const vague = /^(tbd|tba|both|\?+|n\/a|none|unknown|someone|everyone)$/i;
/** A declared answer: an identifier that is not 'tbd', 'both' or '?' (R2). */
const decided = identifier.refine(
  (text) => !vague.test(text),
  'Name one; a plan cannot start while this is undecided.',
);

const text = z.string().trim().min(1).max(500);

const system = z.strictObject({
  id: decided,
  side: z.enum(['legacy', 'target', 'shared']),
  /** CloudEvents `source` that this system sends with. */
  source: z.string().min(1).max(255),
});

const owner = z.strictObject({
  id: decided,
  title: text.optional(),
});

const layer = z.union([
  z.strictObject({
    layer: z.enum(LAYERS),
    /** The system that owns the data, on each side. */
    dataOwner: z.strictObject({ legacy: decided, target: decided }),
    /** The team that owns the action. */
    actionOwner: decided,
    /** Patient-facing events that depend on this layer. */
    patientEvents: z.array(eventType).min(1),
  }),
  z.strictObject({ layer: z.enum(LAYERS), notApplicable: text }),
]);

/** A coded value: no free text passes through an event. */
const field = z.strictObject({
  kind: z.enum(['code', 'integer', 'boolean', 'timestamp']),
  /** The codes a field of kind `code` may have. */
  codes: z
    .array(z.string().regex(/^[A-Za-z0-9._:-]{1,64}$/))
    .min(1)
    .optional(),
  required: z.boolean().default(false),
});

const event = z.strictObject({
  type: eventType,
  /** Closed: a field that is not declared here is refused. */
  data: z.record(z.string().regex(/^[a-z][A-Za-z0-9]{0,62}$/), field).default({}),
});

const oneOrMore = z.union([eventType.transform((type) => [type]), z.array(eventType).min(1)]);

const handoff = z.strictObject({
  id: identifier,
  /** The phase whose placement decides the side that an outcome counts for. */
  phase: phaseIdentifier,
  start: eventType,
  /** Any of these ends it as kept. */
  end: oneOrMore,
  within: duration,
  /** Any of these releases it: refunded, withdrew. */
  unless: z.array(eventType).default([]),
  severity: z.enum(SEVERITIES),
  /** Where a missed one is worked on. */
  queue: identifier,
  /** How long after the deadline an event may still arrive; the plan's `lateness` unless declared. */
  lateness: duration.optional(),
});

const approval = z.strictObject({
  /** People needed. */
  count: z.int().min(1).max(5).default(1),
  /** Any of these roles may approve. */
  roles: z.array(z.enum(ROLES)).min(1).default(['release-manager']),
  /** Whoever started the migration does not count, nobody counts twice, and no unverified approval counts. */
  fourEyes: z.boolean().default(false),
  /** When nobody has approved for this long, a person is paged. */
  escalateAfter: duration.default(24 * 3_600_000),
});
const defaultApproval = approval.parse({});

const gate = z.strictObject({
  id: identifier,
  handoff: identifier,
  severity: z.enum(SEVERITIES),
  rule: z.discriminatedUnion('kind', [
    /** Kept rate on target below `atLeast`, once `minimumOutcomes` of the attempt have ended. */
    z.strictObject({ kind: z.literal('floor'), atLeast: rate, minimumOutcomes: z.int().min(1).default(20) }),
    /** Kept rate on target more than `margin` under legacy's over the same epochs. `minimumOutcomes` holds for each side. */
    z.strictObject({ kind: z.literal('comparison'), margin: rate, minimumOutcomes: z.int().min(1).default(30) }),
    /** More than `missed` missed on target, ever, in this attempt. */
    z.strictObject({
      kind: z.literal('zeroTolerance'),
      missed: z.int().min(0).default(0),
      minimumOutcomes: z.int().min(1).default(1),
    }),
  ]),
});

const rollbackScope = z.enum(['step', 'cohort', 'phase']);

/** What is done when a gate's limit is crossed, agreed before launch. */
const rollbackRule = z.strictObject({
  id: identifier,
  phase: phaseIdentifier,
  gate: identifier,
  action: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('rollback'), scope: rollbackScope }),
    z.strictObject({ kind: z.literal('pause') }),
  ]),
  /** Who agreed to it. */
  agreedBy: z.array(decided).min(1),
});

const rampStep = z
  .strictObject({
    /** Share of arriving units that the target takes. */
    share: share.optional(),
    /** Or the number of arriving units a day. */
    perDay: z.int().min(1).max(1_000_000).optional(),
    /** How long the step is looked at before the next. */
    watch: duration,
    /** Asked of people before this step begins. */
    approval: approval.optional(),
  })
  .refine((step) => (step.share === undefined) !== (step.perDay === undefined), {
    message: "Give each step either a 'share' of arrivals or a number 'perDay'.",
  });

const attributeValues = z.array(z.string().regex(/^[A-Za-z0-9._:-]{1,64}$/)).min(1);

const cohort = z.strictObject({
  id: identifier,
  /** Attribute → values; all must match. A cohort without it takes everyone that no cohort before it took. */
  when: z.record(z.string(), attributeValues).default({}),
});

const probe = z.strictObject({
  id: identifier,
  side: z.enum(['legacy', 'target']),
  /** GET this; anything but the expected status is a failure. */
  url: z.url(),
  expectStatus: z.int().min(100).max(599).default(200),
  timeout: duration.default(5_000),
});

const phase = z.strictObject({
  id: phaseIdentifier,
  kind: z.enum(PHASE_KINDS),
  unit: z.enum(UNIT_KINDS),
  cohorts: z.array(cohort).min(1),
  ramp: z.array(rampStep).min(1),
  /** The last watch, at 100%. */
  soak: duration,
  /** How long the phase must be stable after its commit before the next may start. */
  dwell: duration.default(7 * 86_400_000),
  gates: z.array(gate).min(1),
  probes: z.array(probe).default([]),
  approvals: z
    .strictObject({
      goNoGo: approval.default(defaultApproval),
      /** Going on after a pause, a hold or a rollback. */
      goOn: approval.default(defaultApproval),
      commit: approval.default(defaultApproval),
      /** Whether an approval by plain signal (unverified) counts. Never towards four eyes. */
      bySignal: z.boolean().default(false),
    })
    .prefault({}),
  /** How long a step may wait on a verdict that is neither pass nor limitCrossed before a person is paged. */
  hold: z
    .strictObject({
      insufficient: duration.default(24 * 3_600_000),
      noData: duration.default(3_600_000),
      sourceError: duration.default(1_800_000),
    })
    .prefault({}),
  /** What a pause does to arrivals: `stop` lets the split fall to legacy, `keep` leaves it. Those already placed stay either way. */
  pause: z.strictObject({ arrivals: z.enum(['stop', 'keep']).default('stop') }).prefault({}),
  inFlight: z
    .strictObject({
      /** People on target who reached none of the milestones. */
      otherwise: z.enum(['finish', 'bringBack']).default('finish'),
      /** In journey order; the last one reached decides. */
      milestones: z
        .array(z.strictObject({ id: identifier, reachedBy: eventType, policy: z.enum(['finish', 'bringBack']) }))
        .default([]),
      /** Where an open journey that was brought back is worked on. */
      queue: identifier.optional(),
    })
    .prefault({}),
  irreversible: z.array(z.strictObject({ effect: identifier, event: eventType, undo: text })).default([]),
  /** How long the split stays valid without its controller renewing it. Wall-clock time, never compressed. */
  lease: duration.default(60_000),
  /** A lapse of control shorter than this is mended without a person. Wall-clock time, never compressed. */
  resumeWithin: duration.default(900_000),
});

const queue = z.strictObject({
  id: identifier,
  owner: decided,
  sla: duration,
  /** The steps that resolve a case, in order. */
  path: z.array(text).min(1),
  /** Open cases that the owner can work on at once. */
  capacity: z.int().min(1).optional(),
});

export const planSchema = z.strictObject({
  apiVersion: z.literal('warm-handoff/v1'),
  /** Name of the migration; the default id of what is started from this plan. */
  migration: identifier,
  title: text.optional(),
  /** Prefix of each kind of key. */
  keys: z.partialRecord(z.enum(UNIT_KINDS), z.string().regex(/^[a-z][a-z0-9]{1,15}$/)),
  /** Coded attributes that cohorts may be declared by, each with its values. */
  attributes: z.record(z.string().regex(/^[a-z][A-Za-z0-9]{0,62}$/), attributeValues).default({}),
  owners: z.array(owner).min(1),
  systems: z.array(system).min(2),
  stackMap: z.array(layer).min(1),
  events: z.array(event).min(2),
  lateness: duration.default(60_000),
  handoffs: z.array(handoff).min(1),
  phases: z.array(phase).min(1),
  queues: z.array(queue).min(1),
  rollbackRules: z.array(rollbackRule).min(1),
});

/** A plan after defaults: durations in milliseconds, shares in buckets (see BUCKETS), rates from 0 to 1. */
export type Plan = z.output<typeof planSchema>;
/** A plan as written. */
export type PlanDocument = z.input<typeof planSchema>;
export type PlanPhase = Plan['phases'][number];
export type PlanHandoff = Plan['handoffs'][number];
export type PlanGate = PlanPhase['gates'][number];
export type GateRule = PlanGate['rule'];
export type PlanQueue = Plan['queues'][number];
export type PlanCohort = PlanPhase['cohorts'][number];
export type RampStep = PlanPhase['ramp'][number];
export type ApprovalRule = PlanPhase['approvals']['goNoGo'];
export type RollbackRule = Plan['rollbackRules'][number];
export type RollbackScope = z.output<typeof rollbackScope>;
export type PlanProbe = PlanPhase['probes'][number];
