import { z } from 'zod';
import { VERDICTS } from '../../domain/gates/verdict';
import { reason } from '../migrations/requests';

const name = z.string().min(1).max(63);

/** What somebody saw. */
const seen = {
  verdict: z.enum(VERDICTS, { error: `Give the verdict that you saw: ${VERDICTS.join(', ')}.` }).optional(),
  evidence: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "Give the evidence's whole hash, as 'handoff gate show --json' has it.")
    .optional(),
};

const SEES = {
  error: "Say what you saw: 'verdict', 'evidence' (its hash, which one outcome more changes), or both.",
  path: ['verdict'],
};

export const askBody = z
  .strictObject({
    cohort: z.string({ error: 'Name the cohort: an override is for one.' }).min(1).max(63),
    reason: z.string({ error: 'Say why, for the audit log.' }).pipe(reason),
    ...seen,
  })
  .refine(({ verdict, evidence }) => verdict !== undefined || evidence !== undefined, SEES);

export const confirmBody = z
  .strictObject(seen)
  .refine(({ verdict, evidence }) => verdict !== undefined || evidence !== undefined, SEES);

export const withdrawBody = z.strictObject({ reason: reason.optional() });

export const gatesQuery = z.strictObject({ cohort: name.optional(), gate: name.optional() });

export const overridesQuery = z.strictObject({
  phase: name.optional(),
  all: z.enum(['true', 'false']).optional(),
});
