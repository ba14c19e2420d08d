/**
 * The one JSON text of a value (RFC 8785): no white space, names sorted by UTF-16 code units, numbers and strings as ECMAScript
 * writes them. A property that is undefined counts as absent, as in JSON.stringify.
 *
 * @throws TypeError for a value that JSON cannot hold: a number that is not finite, a lone surrogate, a function, a bigint.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    let properties = '';
    for (const name of Object.keys(value).sort()) {
      const property: unknown = (value as Record<string, unknown>)[name];
      if (property === undefined) continue;
      properties += `${properties === '' ? '' : ','}${canonicalJson(name)}:${canonicalJson(property)}`;
    }
    return `{${properties}}`;
  }
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') {
    const json = JSON.stringify(value);
    // A lone surrogate is written as its number.
    if (!json.includes('\\ud') || !/\p{Cs}/u.test(value)) return json;
  }
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  throw new TypeError(`No canonical JSON for this ${typeof value}.`);
}
