import { z } from 'zod';
import { UNLINKED_BECAUSE } from '../../domain/crosswalk/vendor-event';
import { UNIT_KINDS } from '../../domain/sides/units';
import { reason } from '../migrations/requests';

/** Of one request. */
const MOST_LINKS = 1_000;

const name = z.string({ error: 'Give a name.' }).min(1, 'Give a name.').max(64, 'Give a name.');
const vendorId = z.string({ error: 'Give an id.' }).min(1, 'Give an id.').max(255, 'Give an id.');
const key = z.string({ error: 'Give a key.' }).min(1, 'Give a key.').max(100, 'Give a key.');

/** An id of a vendor's, or one of our own keys. */
export const findBody = z.union(
  [z.strictObject({ vendor: name, id: vendorId, kind: name.optional() }), z.strictObject({ key })],
  { error: "Send { vendor, id } of a system of the plan, with 'kind' where it has several; or { key }." },
);

export const vendorLinksBody = z.strictObject({
  links: z
    .array(
      z.strictObject({
        vendor: name,
        kind: name,
        id: vendorId,
        unit: key,
        names: z.enum(UNIT_KINDS, { error: `Say what the id names: ${UNIT_KINDS.join(', ')}.` }).optional(),
      }),
      { error: "Send a list of links, each { vendor, kind, id, unit }, under 'links'." },
    )
    .min(1, 'Send one link or more.')
    .max(MOST_LINKS, `Send ${MOST_LINKS} links at most; the next with another request.`),
});

const keyId = z
  .string({ error: 'Give the id of a key.' })
  .regex(/^[a-z0-9][a-z0-9-]{0,30}$/, 'Give the id of a key: lower-case letters, digits and hyphens.');

/** `key`: the id of a secret of HANDOFF_CROSSWALK_KEYS; without one, a secret is derived. */
export const rotateBody = z.strictObject({
  key: keyId.regex(/^[a-z]/, 'Ids of given secrets start with a letter.').optional(),
});
export const retireBody = z.strictObject({ key: keyId });

/** Whose timeline, and which page of it. */
export const timelineBody = z.strictObject({
  key,
  after: z.string().max(600).optional(),
  limit: z.int({ error: 'Give a limit from 1 to 500.' }).min(1).max(500).default(100),
});

const eventNumber = z
  .int({ error: "Give the number of a held event, as 'handoff crosswalk held' shows it." })
  .min(1, "Give the number of a held event, as 'handoff crosswalk held' shows it.");

/** One held event, or those of an id that wait for an episode; and which episode. */
export const fileBody = z.union(
  [
    z.strictObject({ event: eventNumber, unit: key }),
    z.strictObject({ vendor: name, id: vendorId, kind: name.optional(), unit: key }),
  ],
  {
    error:
      "Send { event, unit } with the number of a held event, or { vendor, id, unit }, with 'kind' where the system has several.",
  },
);
export type FileBody = z.output<typeof fileBody>;

const numberText = z.string().regex(/^\d{1,15}$/, 'Give a whole number.');
export const heldQuery = z.strictObject({
  because: z
    .enum(UNLINKED_BECAUSE, { error: `Ask for one of ${UNLINKED_BECAUSE.join(', ')}, or leave it out for all.` })
    .optional(),
  /** Number of a case. */
  case: numberText.optional(),
  /** Those that were given up for lost instead. */
  givenUp: z
    .enum(['true', 'false'])
    .transform((given) => given === 'true')
    .optional(),
  after: numberText.optional(),
  limit: numberText
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= 500, 'Give a limit from 1 to 500.')
    .default(100),
});

const asked = {
  reason,
  /** Says what it would touch, and asks nobody. */
  dryRun: z.boolean().default(false),
};

/** What two people are to change. */
export const changeBody = z.union(
  [
    z.strictObject({ merge: z.strictObject({ alias: key, unit: key }), ...asked }),
    z.strictObject({
      split: z.strictObject({ vendor: name, kind: name, id: vendorId, unit: key.optional() }),
      ...asked,
    }),
  ],
  { error: 'Send { merge: { alias, unit }, reason } or { split: { vendor, kind, id, unit? }, reason }.' },
);
export type ChangeBody = z.output<typeof changeBody>;

export const changesQuery = z.strictObject({ all: z.enum(['true', 'false']).optional() });
