import { z } from 'zod';
import { sourceConnection as connection, pick } from './source-parts';
import { syntheticSourceSchema } from './synthetic-source-schema';
import { duration, lintAs } from './values';

/** Prometheus itself gives nothing that is older. */
const PROMETHEUS_LOOKS_BACK = 300_000;

const MATCHER = String.raw`\s*[a-zA-Z_]\w*\s*(=|!=|=~|!~)\s*"([^"\\\n]|\\.)*"\s*`;
const SELECTOR = new RegExp(String.raw`^[a-zA-Z_:][\w:]*(\{(${MATCHER}(,${MATCHER})*,?)?\s*\})?$`);

const selector = z
  .string({ error: 'Write the selector of a counter, such as intake_kept_total{side="target"}.' })
  .trim()
  .max(500, 'Write 500 characters at most.')
  .regex(
    SELECTOR,
    'Write the selector of a counter, such as intake_kept_total{side="target",cohort="$cohort"}: a name, and labels in braces. No function and no range: how far it grew is worked out here.',
  );

/** Figures of one side, each found by something of one kind. */
function figures<Of extends z.ZodType>(of: Of, what: string) {
  return z
    .strictObject({
      kept: of.describe(`${what} how many were kept.`),
      missed: of.optional().describe(`${what} how many were missed. Either this or 'total'.`),
      total: of.optional().describe(`${what} how many there were, kept and missed. Either this or 'missed'.`),
    })
    .meta({ oneOf: [{ required: ['missed'] }, { required: ['total'] }] });
}

const prometheus = z
  .strictObject({
    kind: z.literal('prometheus'),
    connection,
    target: figures(selector, 'The counter of').describe('Counters of target.'),
    legacy: figures(selector, 'The counter of').optional().describe('The same of legacy; a comparison needs it.'),
    staleAfter: duration
      .refine((age) => age <= PROMETHEUS_LOOKS_BACK, {
        error: "Write '5m' at most: Prometheus gives nothing that is older.",
        ...lintAs('WH608'),
      })
      .optional()
      .describe("How old the newest sample of each counter may be, at most '5m', which it is unless declared."),
  })
  .describe('Counters in Prometheus.');

const sql = z
  .strictObject({
    kind: z.literal('sql'),
    connection,
    query: z
      .string({ error: 'Write a SELECT that gives side, kept and missed.' })
      .trim()
      .min(1, 'Write a SELECT that gives side, kept and missed.')
      .max(4_000, 'Write 4,000 characters at most; make a view of a longer one.')
      .describe(
        "One SELECT of a row a side, with the columns side ('target' or 'legacy'), kept and missed, and as_of with 'staleAfter'. It finds what it is asked for in the row of 'gate': migration, phase, cohort, since.",
      ),
    staleAfter: duration.optional().describe('How old the latest as_of may be. Only with it is the column asked for.'),
  })
  .describe('A query of a Postgres, in a transaction that can write nothing.');

const http = z
  .strictObject({
    kind: z.literal('http'),
    connection,
    path: z
      .string({ error: 'Write a path, such as /v1/outcomes.' })
      .max(200, 'Write 200 characters at most.')
      .regex(
        /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._~-]+)+$/,
        'Write a path below the address of the connection, such as /v1/outcomes; what is asked for is added to it.',
      )
      .describe(
        'What is asked, below the address of the connection; migration, phase, cohort, gate and since are added to it.',
      ),
    target: figures(pick, 'Where the answer says, in JSONata,').describe('Figures of target.'),
    legacy: figures(pick, 'Where the answer says, in JSONata,')
      .optional()
      .describe('The same of legacy; a comparison needs it.'),
    asOf: pick
      .optional()
      .describe('Where the answer says up to when its figures are whole: RFC 3339, or seconds since 1970.'),
    staleAfter: duration.optional().describe("How old that may be. Needs 'asOf'."),
  })
  .describe('A JSON answer of an HTTP service.');

/** Where a gate's figures come from, where they are not the migration's own handoffs. */
export const gateSourceSchema = z.discriminatedUnion('kind', [prometheus, sql, http, syntheticSourceSchema]);
