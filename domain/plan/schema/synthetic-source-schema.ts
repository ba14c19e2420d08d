import { z } from 'zod';
import { expression, sourceConnection } from './source-parts';
import { duration, lintAs, list } from './values';

/** More steps are another journey. */
const MOST_STEPS = 20;

/** What takes longer is nobody's answer; a watch would be over before it is heard of. */
const LONGEST_ANSWER = 60_000;
const LEAST_BETWEEN = 1_000;
/** As far as the deadlines of handoffs go that are worth waiting for in a step's watch. */
const LONGEST_WAIT = 86_400_000;

const SEGMENT = String.raw`(\$key|(?!\.{1,2}([/?]|$))[A-Za-z0-9._~-]+)`;
const PATH = new RegExp(
  String.raw`^(/|(/${SEGMENT})+/?)(\?[A-Za-z0-9_.-]+=(\$key|[A-Za-z0-9._~-]+)(&[A-Za-z0-9_.-]+=(\$key|[A-Za-z0-9._~-]+))*)?$`,
);
const PATH_MESSAGE =
  'Write a path below the address of the connection, such as /v1/intakes/$key. $key stands for the key of the synthetic patient, and nothing else is put in.';

const path = z.string({ error: PATH_MESSAGE }).max(200, 'Write 200 characters at most.').regex(PATH, PATH_MESSAGE);

/** `patient.state`: the field `state` inside of `patient`. */
const BODY_FIELD = /^[A-Za-z][A-Za-z0-9_]{0,62}(\.[A-Za-z][A-Za-z0-9_]{0,62}){0,4}$/;

const BODY_VALUE =
  'Write a code of letters, digits and the signs . _ : -, at most 64 characters, a whole number, true, false, or $key.';

const bodyValue = z.union(
  [z.string().regex(/^(\$key|[A-Za-z0-9._:-]{1,64})$/, BODY_VALUE), z.int(), z.boolean()],
  BODY_VALUE,
);

const body = z
  .record(
    z
      .string()
      .regex(
        BODY_FIELD,
        "Write the name of a field, or names with dots where one is inside of another, as 'patient.state'.",
      ),
    bodyValue,
  )
  .refine((fields) => Object.keys(fields).length <= 100, 'Write 100 fields at most.')
  .refine((fields) => !Object.keys(fields).some((name) => isInside(name, fields)), {
    error: 'A field is a value here and holds others there. Write one of the two.',
    ...lintAs('WH617'),
  });

function isInside(name: string, fields: Readonly<Record<string, unknown>>): boolean {
  const names = name.split('.');
  return names.slice(1).some((_, depth) => Object.hasOwn(fields, names.slice(0, depth + 1).join('.')));
}

const step = z
  .strictObject({
    get: path.optional().describe("What is asked, below the address of the side's stack. Either this or 'post'."),
    post: path
      .optional()
      .describe("Where something is sent, below the address of the side's stack. Either this or 'get'."),
    body: body
      .optional()
      .describe(
        "What 'post' sends as JSON, by field: codes, whole numbers, true or false, and $key, the key of the synthetic patient. A name with dots is inside: 'patient.state'.",
      ),
    status: z
      .int({ error: 'Write the status that is expected, such as 200.' })
      .min(200, 'Write a status from 200 to 499.')
      .max(499, 'Write a status from 200 to 499.')
      .optional()
      .describe(
        'The status that the answer has to have; redirects are not followed. Any from 200 to 299 unless declared.',
      ),
    holds: expression("what has to be true of the answer, such as status = 'assigned'")
      .optional()
      .describe('What has to be true of the JSON answer, in JSONata.'),
  })
  .meta({ oneOf: [{ required: ['get'] }, { required: ['post'] }] });

const steps = list(step, 1, MOST_STEPS);

export const syntheticSourceSchema = z
  .strictObject({
    kind: z.literal('synthetic'),
    connection: sourceConnection,
    every: duration
      .refine((between) => between >= LEAST_BETWEEN, { error: "Write '1s' or more.", ...lintAs('WH616') })
      .describe("How often a synthetic patient sets out, such as '5m'. By the clock on the wall, in a rehearsal too."),
    timeout: duration
      .refine((longest) => longest <= LONGEST_ANSWER, { error: "Write '60s' at most.", ...lintAs('WH616') })
      .describe("How long a stack may take for one answer, at most '60s'; later is a miss."),
    steps: steps.describe('The journey through target: what is asked of the stack, one after the other.'),
    legacy: steps.optional().describe('The same journey through legacy, as it is asked there; a comparison needs it.'),
    until: duration
      .refine((longest) => longest <= LONGEST_WAIT, { error: "Write '24h' at most.", ...lintAs('WH616') })
      .optional()
      .describe(
        "For how long the last step may be asked again until it is as expected: the handoff's end has until then to come about. Once unless declared.",
      ),
  })
  .describe('Patients that are none, who go through the front door all day.');
