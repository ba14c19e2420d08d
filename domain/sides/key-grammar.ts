import { DomainError } from '../domain-error';

/**
 * A key is a declared prefix, an underscore, and a UUID or 16 to 52 characters of base32 (RFC 4648 or Crockford, one case).
 * Email addresses, phone numbers and names cannot be written that way, so none of them can become a key.
 */
export const KEY =
  /^([a-z][a-z0-9]{1,15})_(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-z]{16,52}|[0-9A-Z]{16,52})$/;

export class KeyOutsideGrammar extends DomainError {
  readonly code = 'key-outside-grammar';
  readonly status = 400;
  constructor(where: string, prefix?: string) {
    super(
      `${where} is not a key. Send ${prefix === undefined ? 'a prefix that the plan declares' : `the prefix '${prefix}'`}, an underscore, and a UUID or ` +
        'base32 text of 16 to 52 characters. Never send a name, an email address or a phone number; the value received was not kept.',
    );
  }
}

/** The prefix of a well-formed key, undefined for anything else. */
export function prefixOf(key: string): string | undefined {
  return key.length > 80 ? undefined : KEY.exec(key)?.[1];
}
