/** What Postgres takes neither as text nor as jsonb: U+0000 and halves of surrogate pairs. */
const UNSTORABLE = /\0|\p{Cs}/gu;

/** A text that Postgres takes: without U+0000 and lone surrogates, otherwise as it was. */
export function storableText(text: string): string {
  return text.replace(UNSTORABLE, '');
}

/**
 * Plain JSON with every string in it storable, keys included, so that no text whatever keeps the records from being written.
 * @param value what JSON can hold; `undefined` in objects is kept
 */
export function storable<Value>(value: Value): Value {
  if (typeof value === 'string') return storableText(value) as Value;
  if (Array.isArray(value)) return value.map((item: unknown) => storable(item)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [storableText(key), storable(item)])) as Value;
}
