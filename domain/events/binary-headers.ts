import { refuse, type Refused } from './event-refusal';

const PREFIX = 'ce-';
/** Names of CloudEvents attributes: lower-case letters and digits. */
const ATTRIBUTE = /^[a-z0-9]+$/;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Headers as Node gives them, names in lower case; one that came twice has two values. */
export type DistinctHeaders = Readonly<Record<string, readonly string[] | undefined>>;

/**
 * Attributes of an event in binary mode: each `ce-` header, unquoted and then percent-decoded once.
 * Source: CloudEvents HTTP protocol binding 1.0.2, 3.1.3.2.
 */
export function readBinaryHeaders(headers: DistinctHeaders): Map<string, unknown> | Refused {
  const attributes = new Map<string, unknown>();
  for (const [header, values] of Object.entries(headers)) {
    if (!header.startsWith(PREFIX) || values === undefined) continue;
    const name = header.slice(PREFIX.length);
    // Content-Type says it; a header of that name must not be there, so says nothing.
    if (!ATTRIBUTE.test(name) || name === 'datacontenttype') continue;
    const [value] = values;
    if (value === undefined || values.length > 1) {
      return refuse('malformed-event', 'A ce- header came more than once. Send each attribute in one header.');
    }
    const decoded = decodeHeaderValue(value);
    if (decoded === undefined) {
      return refuse(
        'bad-header-encoding',
        'A ce- header is not percent-encoded UTF-8. Encode spaces, double quotes, percent signs and everything outside printable ASCII, once.',
      );
    }
    attributes.set(name, decoded);
  }
  return attributes;
}

/** The attribute's value; undefined where it is not percent-encoded UTF-8 in printable ASCII. */
export function decodeHeaderValue(header: string): string | undefined {
  const text = unquote(header.trim());
  // Spaces, tabs and quotes were allowed unencoded by older versions of the binding.
  if (text === undefined || !/^[\t\x20-\x7e]*$/.test(text)) return undefined;
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] !== '%') {
      bytes.push(text.charCodeAt(at));
      continue;
    }
    const digits = text.slice(at + 1, at + 3);
    if (!/^[0-9a-fA-F]{2}$/.test(digits)) return undefined;
    bytes.push(parseInt(digits, 16));
    at += 2;
  }
  try {
    return utf8.decode(Uint8Array.from(bytes));
  } catch {
    return undefined;
  }
}

/** Takes a quoted-string apart (RFC 9110, 5.6.4); any other text is given back as it is; undefined where a quote never ends. */
function unquote(text: string): string | undefined {
  if (!text.startsWith('"')) return text;
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(text)?.[1];
  return quoted?.replace(/\\(.)/g, '$1');
}
