import { z } from 'zod';
import type { MigrationCommandName } from '../../domain/migration/check-migration-command';
import type { CommandName } from '../../domain/phase/commands';
import { holdsContactDetail, holdsUnreadable, REASON_LENGTH } from '../../domain/phase/reason';
import { BUCKETS, planSchema } from '../../domain/plan/plan-schema';
import type { SplitSize } from '../../domain/sides/who-moves';

/** Why a person commands something. For the audit log, so of the migration and never of a patient (I15). */
export const reason = z
  .string()
  .trim()
  .min(1, 'Leave the reason out, or say why.')
  .max(REASON_LENGTH, `Say it in ${REASON_LENGTH} characters.`)
  .refine(
    (text) => !holdsUnreadable(text),
    'Say it in one line of text: leave out control characters and broken Unicode.',
  )
  .refine(
    (text) => !holdsContactDetail(text),
    'A reason is about the migration: leave out email addresses and telephone numbers.',
  );

const common = {
  cohort: z.string().min(1).max(63).optional(),
  epoch: z.int().min(0).optional(),
  reason: reason.optional(),
};

/** Going on rests on evidence; the hash says which the person saw. */
const decision = z.strictObject({
  ...common,
  evidence: z
    .string()
    .regex(/^[A-Za-z0-9:_-]{1,128}$/, "Give the evidence hash as 'handoff status' shows it.")
    .optional(),
});

/** The bodies of the commands, by name. */
export const COMMAND_BODIES = {
  approve: decision,
  reject: z.strictObject(common),
  pause: z.strictObject(common),
  resume: decision,
  rollback: z.strictObject({
    ...common,
    scope: z.enum(['step', 'cohort', 'phase'], { error: "Say how far back: 'step', 'cohort' or 'phase'." }),
    bringBack: z.boolean().optional(),
  }),
  abort: z.strictObject(common),
} as const satisfies Record<CommandName, z.ZodType>;

/** The bodies of the commands to a migration as a whole, by name. */
export const MIGRATION_COMMAND_BODIES = {
  pause: z.strictObject({ reason: reason.optional() }),
  resume: decision.omit({ cohort: true, epoch: true }),
  rollback: z.strictObject({
    reason: reason.optional(),
    scope: z
      .literal('migration', { error: 'Leave the scope out: this rolls the migration back. Name a phase for less.' })
      .default('migration'),
  }),
} as const satisfies Record<MigrationCommandName, z.ZodType>;

const planText = z.string().min(1).max(1_000_000);
const planHash = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "Give the version's whole hash, as 'handoff plan versions' shows it.");

/** Another version of a plan, and the one that it was made from. */
export const proposePlanBody = z.strictObject({ plan: planText, base: planHash, reason: reason.optional() });
export const previewPlanBody = z.strictObject({ plan: planText });
/** Which version a decision is about. */
export const decidePlanBody = z.strictObject({ planHash, reason: reason.optional() });

export const stopAllBody = z.strictObject({ reason: reason.optional() });

/** No command needs more. */
export const COMMAND_LIMIT = '16kb';

export const startBody = z.strictObject({
  /** The plan's YAML. */
  plan: planText,
  id: planSchema.shape.migration.optional(),
  timeScale: z.number().min(1).max(1_000_000).default(1),
});
export type StartRequest = z.output<typeof startBody>;

/** A caller's key for one attempt to do something, as the header Idempotency-Key carries it. */
export const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, 'Give 1 to 200 visible ASCII characters.')
  .optional();

const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, 'Give a whole number.')
  .transform(Number);

export const auditQuery = z.strictObject({
  /** Rows after this id. */
  after: wholeNumber.default(0),
  limit: wholeNumber.default(100).refine((limit) => limit >= 1 && limit <= 1_000, 'Give a limit from 1 to 1000.'),
});

export const previewQuery = z.strictObject({
  scope: z.enum(['step', 'cohort', 'phase'], { error: "Say how far back: 'step', 'cohort' or 'phase'." }),
  cohort: z.string().min(1).max(63).optional(),
  bringBack: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
});

export const reportQuery = z.strictObject({ cohort: z.string().min(1).max(63).optional() });

const SIZE = "Give a share of those who arrive, such as '25' or '2.5%', or a number a day, such as '10/day'.";

/** `25`, `2.5%` or `10/day`, as a split holds it. */
const splitSize = z.string({ error: SIZE }).transform((text, context): SplitSize => {
  const [, percent, perDay] = /^(?:(\d{1,3}(?:\.\d{1,3})?)%?|([1-9]\d{0,6})\/day)$/.exec(text) ?? [];
  if (perDay !== undefined) return { share: BUCKETS, perDay: Number(perDay) };
  const share = Math.round((Number(percent) / 100) * BUCKETS);
  if (share >= 0 && share <= BUCKETS) return { share, perDay: null };
  context.addIssue({ code: 'custom', message: SIZE });
  return z.NEVER;
});

export const whoMovesQuery = z.strictObject({
  to: splitSize,
  cohort: z.string().min(1).max(63).optional(),
});

export const migrationPreviewQuery = z.strictObject({
  scope: z
    .literal('migration', { error: "Leave the scope out: this previews the migration's. Name a phase for less." })
    .default('migration'),
});
