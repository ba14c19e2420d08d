import { z } from 'zod';
import { planSchema } from '../../domain/plan/plan-schema';
import { ACCEPT_REASONS, SNOOZE_REASONS } from '../../domain/queues/case-reasons';
import { isReference, REFERENCE_RULE } from '../../domain/queues/evidence';
import { REDRIVE_REASONS } from '../../domain/queues/redrive';
import { EXCEPTION_STATES } from '../../domain/status/exception-page';
import { BULK_LIMIT } from '../../store/exception-bulk';
import { reason } from '../migrations/requests';

export const exceptionsQuery = z.strictObject({
  queue: planSchema.shape.queues.element.shape.id.optional(),
  state: z
    .enum(EXCEPTION_STATES, { error: `Ask for one of ${EXCEPTION_STATES.join(', ')}, or leave it out for all.` })
    .optional(),
  after: z.string().max(40).optional(),
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'Give a whole number.')
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= 1_000, 'Give a limit from 1 to 1000.')
    .default(100),
});

export const boardQuery = z.strictObject({
  /** Of the plan's time, today included. */
  days: z
    .string()
    .regex(/^\d{1,2}$/, 'Give a whole number.')
    .transform(Number)
    .refine((days) => days >= 1 && days <= 90, 'Give 1 to 90 days.')
    .default(14),
});

/** An actor's id. */
const to = z
  .string({ error: "Name who takes it: 'to' is the id of an actor." })
  .regex(/^[a-z][a-z0-9-]{0,62}$/, "Give an actor's id: lower-case letters, digits and hyphens.");

export const assignBody = z.strictObject({ to });

const step = z.strictObject({
  step: z.int({ error: 'Give the number of a step, from 1.' }).min(1).max(200),
  reference: z.string({ error: REFERENCE_RULE }).refine(isReference, REFERENCE_RULE),
});

/** One for each step of the queue's path that was not noted before. */
const evidence = z.array(step).max(200).default([]);

export const resolveBody = z.strictObject({
  evidence,
  /** How many occurrences whoever resolves it has seen. */
  occurrences: z.int({ error: "Give the number of occurrences that 'handoff queue show' shows." }).min(1).optional(),
  /** How many cases that are part of it; none unless given, where `occurrences` is. */
  merged: z.int({ error: "Give the number of cases that 'handoff queue show' shows in it." }).min(0).optional(),
});
export const stepBody = step;

export const snoozeBody = z.strictObject({
  until: z.iso
    .datetime({ offset: true, error: "Give a moment with its offset, such as '2026-03-01T09:00:00Z'." })
    .transform((text) => Date.parse(text)),
  reason: z.enum(SNOOZE_REASONS, { error: `Say why with one of ${SNOOZE_REASONS.join(', ')}.` }),
});

export const acceptBody = z.strictObject({
  reason: z.enum(ACCEPT_REASONS, { error: `Say why with one of ${ACCEPT_REASONS.join(', ')}.` }),
});

export const redriveBody = z.strictObject({
  reason: z.enum(REDRIVE_REASONS, { error: `Say why with one of ${REDRIVE_REASONS.join(', ')}.` }),
});

const caseNumber = z
  .string({ error: 'Give the number of a case.' })
  .regex(/^[1-9]\d{0,17}$/, 'Give the number of a case.');

/** The case that it is part of. */
export const mergeBody = z.strictObject({ into: caseNumber });

/** Nothing to say. */
export const wakeBody = z.strictObject({});

const filter = z.strictObject({
  queue: planSchema.shape.queues.element.shape.id,
  handoff: planSchema.shape.handoffs.element.shape.id.optional(),
  phase: planSchema.shape.phases.element.shape.id.optional(),
  cohort: z.string().min(1).max(63).optional(),
  side: z.enum(['legacy', 'target']).optional(),
  /** null: taken by nobody yet. */
  assignedTo: to.nullable().optional(),
  overdue: z.boolean().optional(),
  recovered: z.boolean().optional(),
  /** `next` of the answer before. */
  after: z.string().max(64).optional(),
});

const exceptions = z
  .array(caseNumber)
  .min(1, 'Name a case, or give a filter.')
  .max(BULK_LIMIT, `Name ${BULK_LIMIT} cases at most, then the next.`);
const which = { exceptions: exceptions.optional(), filter: filter.optional() };

/** The same done to many: what, and to which, named or found. */
export const bulkBody = z
  .discriminatedUnion(
    'action',
    [
      z.strictObject({ action: z.literal('assign'), ...which, ...assignBody.shape }),
      z.strictObject({ action: z.literal('snooze'), ...which, ...snoozeBody.shape }),
      z.strictObject({ action: z.literal('resolve'), ...which, evidence }),
      z.strictObject({ action: z.literal('redrive'), ...which, ...redriveBody.shape }),
    ],
    { error: "Say what is done to each: 'assign', 'snooze', 'resolve' or 'redrive'." },
  )
  .refine(
    ({ exceptions: named, filter: found }) => (named === undefined) !== (found === undefined),
    "Give either 'exceptions', their numbers, or a 'filter'.",
  );

export const reopenBody = z.strictObject({ reason });
