/** Names and indexes from a payload's root to one of its texts. */
export type TextPath = readonly (string | number)[];

/** The paths of all texts that a payload holds. */
export function textPaths(payload: unknown, at: TextPath = []): TextPath[] {
  if (typeof payload === 'string') return [at];
  if (typeof payload !== 'object' || payload === null) return [];
  return Array.isArray(payload)
    ? payload.flatMap((inner, index) => textPaths(inner, [...at, index]))
    : Object.entries(payload).flatMap(([name, inner]) => textPaths(inner, [...at, name]));
}

/** For people, and the same for every item of a list. */
export function pathName(path: TextPath): string {
  return path.map((step) => (typeof step === 'number' ? '*' : step)).join('.');
}

/** A copy of a payload with other texts at some of its paths. */
export function withTexts(payload: unknown, texts: readonly (readonly [TextPath, string])[]): unknown {
  const copy: unknown = structuredClone(payload);
  return texts.reduce((whole, [path, text]) => put(whole, path, text), copy);
}

function put(whole: unknown, [step, ...rest]: TextPath, text: string): unknown {
  if (step === undefined) return text;
  const inside = whole as Record<string | number, unknown>;
  inside[step] = put(inside[step], rest, text);
  return inside;
}

/** A copy of a payload with a further field in each of its maps. */
export function withFurtherFields(payload: unknown, name: () => string, value: () => string): unknown {
  if (typeof payload !== 'object' || payload === null) return payload;
  if (Array.isArray(payload)) return payload.map((inner) => withFurtherFields(inner, name, value));
  const inner = Object.entries(payload).map(([key, one]): [string, unknown] => [
    key,
    withFurtherFields(one, name, value),
  ]);
  return Object.fromEntries([...inner, [name(), value()]]);
}
