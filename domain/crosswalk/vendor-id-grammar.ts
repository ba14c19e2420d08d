/** Names of accounts and of kinds: nothing a person wrote. */
const NAME = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/;

/** Opaque ids: `cus_…`, numbers, UUIDs, `auth0|…`, paths. No space and no `@`: no sentence and no address is one. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._:/|=~#-]{0,254}$/;

/** Kinds that are contact details, whatever they are called by a vendor. They are shared by people, so they tell nobody apart. */
const CONTACT = /e-?mail|phone|mobile|msisdn|address|^sms$|^tel$|^name$|(first|last|full|user)[._-]?name/i;

/**
 * Whether this may be an id of a vendor: an account, a kind that is no contact detail, and an opaque id. A number with a leading `+`, and whatever has
 * an `@`, is none. Of ids made of digits alone a phone number cannot be told by its looks: its kind says what it is.
 */
export function isVendorId({ vendor, kind, id }: { vendor: string; kind: string; id: string }): boolean {
  return NAME.test(vendor) && NAME.test(kind) && !CONTACT.test(kind) && ID.test(id);
}
