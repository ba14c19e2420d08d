import { z } from 'zod';
import { planSchema } from '../../domain/plan/plan-schema';
import { isReference, REFERENCE_RULE } from '../../domain/queues/evidence';
import { EXCEPTION_STATES } from '../../domain/status/exception-page';
import { reason } from '../migrations/requests';

export const exceptionsQuery = z.strictObject({
  queue: planSchema.shape.queues.element.shape.id.optional(),
  state: z.enum(EXCEPTION_STATES, { error: "Ask for 'open' or 'resolved', or leave it out for both." }).optional(),
  after: z.string().max(40).optional(),
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'Give a whole number.')
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= 1_000, 'Give a limit from 1 to 1000.')
    .default(100),
});

export const assignBody = z.strictObject({
  /** An actor's id. */
  to: z
    .string({ error: "Name who takes it: 'to' is the id of an actor." })
    .regex(/^[a-z][a-z0-9-]{0,62}$/, "Give an actor's id: lower-case letters, digits and hyphens."),
});

export const resolveBody = z.strictObject({
  /** One for each step of the queue's path. */
  evidence: z
    .array(
      z.strictObject({
        step: z.int({ error: 'Give the number of a step, from 1.' }).min(1).max(200),
        reference: z.string({ error: REFERENCE_RULE }).refine(isReference, REFERENCE_RULE),
      }),
    )
    .max(200)
    .default([]),
});

export const reopenBody = z.strictObject({ reason });
