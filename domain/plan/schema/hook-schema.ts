import { z } from 'zod';
import { expressionFault } from '../../hooks/expression';
import { VENDOR_TYPE } from '../../hooks/vendor-item';
import { OTHER_VENDOR, VENDOR_NAMES } from '../../hooks/vendors';
import { HUBSPOT_VERSIONS } from '../../hooks/vendors/hubspot';
import { UNIT_KINDS } from '../../sides/units';
import { codedValue, codes, decided, eventType, fieldName, identifier, lintAs, list } from './values';

/** What of a payload is meant, in JSONata. */
const expression = z
  .string({ error: 'Write the path to a value of the payload, such as data.object.customer.' })
  .min(1, 'Write the path to a value of the payload.')
  .superRefine((text, context) => {
    const fault = text === '' ? undefined : expressionFault(text);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault, ...lintAs('WH451') });
  });

const vendorType = z
  .string()
  .regex(
    VENDOR_TYPE,
    "Write the vendor's own code of what happened, such as 'invoice.paid'; no blanks, at most 100 characters.",
  );

const secretName = z
  .string()
  .regex(
    /^[A-Z][A-Z0-9_]{0,62}$/,
    "Write the secret's name in capital letters, digits and underscores, such as 'STRIPE_LEGACY'; never the secret.",
  );

const headerName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9-]{0,62}$/, "Write the name of a header, such as 'X-Signature'.");

const prefix = z.string().max(40, 'Write 40 characters at most.');

const hmac = z
  .strictObject({
    kind: z.literal('hmac'),
    header: headerName.describe('The header that carries the signature.'),
    algorithm: z.enum(['sha1', 'sha256', 'sha512']).describe('The hash of the HMAC.'),
    encoding: z.enum(['hex', 'base64']).describe('How the signature is written.'),
    prefix: prefix.optional().describe("What stands before it, such as 'sha256='."),
    timeHeader: headerName
      .optional()
      .describe('The header with the time that is signed before the body: seconds since 1970, or RFC 3339.'),
    between: prefix.optional().describe('What is signed between that time and the body; nothing unless declared.'),
  })
  .describe('An HMAC over the body.');

const signature = z.discriminatedUnion('kind', [
  hmac,
  z.strictObject({ kind: z.literal('token') }).describe("A token in the header 'Authorization'."),
  z
    .strictObject({
      kind: z.literal('hubspot'),
      version: z.enum(HUBSPOT_VERSIONS).describe("HubSpot's version; v1 and v2 sign no time."),
    })
    .describe('A version of HubSpot other than v3.'),
]);

const payload = z.strictObject({
  items: expression.optional().describe('Where the list of events is; the whole payload is one event unless declared.'),
  id: expression.describe("The event's own id; the same whenever it is sent again."),
  type: expression.describe('What happened, in a code.'),
  time: expression
    .optional()
    .describe('When it happened: RFC 3339, or seconds or milliseconds since 1970; when it came unless declared.'),
  account: expression.optional().describe('Whose it is.'),
});

const condition = z.union([
  z
    .strictObject({
      field: fieldName.describe("One of the vendor's fields; docs/hooks.md lists them."),
      oneOf: codes().describe('The codes that it must be one of.'),
    })
    .describe("A condition on one of the vendor's fields."),
  z
    .strictObject({
      from: expression.describe('What must be one of the codes.'),
      oneOf: codes().describe('The codes that it must be one of.'),
    })
    .describe('A condition on any value of the payload.'),
]);

const codeTable = z
  .record(z.string().regex(/^[^\p{Cc}]{1,100}$/u, 'Write a value that the vendor sends.'), codedValue)
  .describe("The vendor's values, each with the plan's code for it; any other has none.");

const filling = z.union([
  z
    .strictObject({
      field: fieldName.describe("One of the vendor's fields; docs/hooks.md lists them."),
      codes: codeTable.optional(),
    })
    .describe("A field filled from one of the vendor's."),
  z
    .strictObject({ from: expression.describe('What fills it.'), codes: codeTable.optional() })
    .describe('A field filled from any value of the payload.'),
  z
    .strictObject({ always: codedValue.describe('The code that it always has.') })
    .describe('A coded field that is the same for all.'),
]);

const hookEvent = z.strictObject({
  from: vendorType.describe("The vendor's type, such as 'invoice.paid'."),
  when: list(condition).optional().describe('What must hold of it besides.'),
  to: eventType
    .optional()
    .describe("The plan's event that it becomes; without one it only tells which ids belong to one patient."),
  time: expression.optional().describe("When it happened; the vendor's own time unless declared."),
  ids: z
    .record(
      identifier,
      z.strictObject({
        from: expression.describe('The id.'),
        names: z.enum(UNIT_KINDS).describe('What it is an id of.'),
      }),
    )
    .optional()
    .describe("Ids of the patient's, by kind, besides those that the vendor is known to send."),
  keys: z
    .partialRecord(z.enum(UNIT_KINDS), expression)
    .optional()
    .describe("Where keys of the plan's are; those in the vendor's metadata are found unless declared."),
  data: z
    .record(fieldName, filling)
    .optional()
    .describe("What fills the event's fields; the vendor's field of the same name unless declared."),
});

/** How what one account of a vendor reports becomes events of the plan. */
export const hookSchema = z.strictObject({
  id: identifier.describe('Name of the hook, unique in the plan: the vendor sends to /v1/hooks/<id>.'),
  vendor: z
    .enum([...VENDOR_NAMES, OTHER_VENDOR])
    .describe("Who sends; 'other' is a system that says under 'signature' and 'payload' what it sends."),
  system: decided.describe(
    "The plan's system that its events come from. Two accounts of a vendor are two systems, and two hooks.",
  ),
  accounts: list(codedValue)
    .optional()
    .describe('The accounts that it takes events of; any that its secrets sign for unless declared.'),
  secrets: list(secretName, 1, 8).describe(
    'Names of the secrets that it is signed with, never the secrets; several while one replaces another.',
  ),
  signature: signature.optional().describe("How it is signed; needed where the vendor is 'other'."),
  payload: payload.optional().describe("What its payloads are; needed where the vendor is 'other', and only there."),
  pairs: list(list(identifier, 2, 2))
    .optional()
    .describe('Kinds of ids of which one speaks for the other where they come together, besides those of the vendor.'),
  events: list(hookEvent).describe(
    "What becomes of the vendor's types. Left out, it is what docs/hooks.md says of the vendor, as far as the plan has such events.",
  ),
});
