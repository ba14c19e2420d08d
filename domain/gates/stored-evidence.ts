import { z } from 'zod';

/** Final outcomes of one side that count: released ones say nothing of the stack. */
export interface SideCounts {
  kept: number;
  missed: number;
}

/** What is kept of a verdict, as far as whoever wrote it said so. */
export interface StoredEvidence {
  message: string;
  /** When the newest outcome became final; null: there is none, or it is not known. */
  newestAt: string | null;
  /** Outcomes of the attempt; null where they could not be read, or were not asked for. */
  target: SideCounts | null;
  legacy: SideCounts | null;
  /** Natural logarithm of the highest e-value so far; null: no test, but a plain limit or a count of cases. */
  logEvidence: number | null;
  /** What the e-value must reach the inverse of, above 0 and below 1; null alike. */
  alpha: number | null;
  /** Which part of the rule it is the evidence of; null alike. */
  carriedBy: string | null;
}

const count = z.number().int().min(0);
const counts = z.object({ kept: count, missed: count });
const attempt = z.object({ attempt: counts });

const stored = z.object({
  message: z.string().catch(''),
  newestAt: z.string().nullable().catch(null),
  outcomes: z
    .object({ target: counts.nullable().catch(null), legacy: counts.nullable().catch(null) })
    .nullable()
    .catch(null),
  reading: z
    .object({ target: attempt.nullable().catch(null), legacy: attempt.nullable().catch(null) })
    .nullable()
    .catch(null),
  logEvidence: z.number().nullable().catch(null),
  alpha: z.number().gt(0).lt(1).nullable().catch(null),
  carriedBy: z.string().nullable().catch(null),
});

/** Reads what a verdict was stored with: by this release or one before it, with more or with less. Throws nothing. */
export function readStoredEvidence(evidence: unknown): StoredEvidence {
  const { outcomes, reading, ...said } = stored.safeParse(evidence).data ?? stored.parse({});
  return {
    ...said,
    target: countsOf(outcomes?.target ?? reading?.target?.attempt),
    legacy: countsOf(outcomes?.legacy ?? reading?.legacy?.attempt),
  };
}

function countsOf(found: SideCounts | undefined): SideCounts | null {
  return found === undefined ? null : { kept: found.kept, missed: found.missed };
}
