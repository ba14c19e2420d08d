/** `phases[0].ramp[1].watch` as its steps. */
export function parseFormattedPath(path: string): (string | number)[] {
  return [...path.matchAll(/([A-Za-z]+)|\[(\d+)\]/g)].map(([, name, index]) => name ?? Number(index));
}

export function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((at, step) => (at as Record<string | number, unknown>)[step], value);
}

export function setAt(value: object, path: readonly (string | number)[], to: unknown): void {
  const parent = valueAt(value, path.slice(0, -1)) as Record<string | number, unknown>;
  parent[path.at(-1) ?? ''] = to;
}

export function removeAt(value: object, path: readonly (string | number)[]): void {
  const parent = valueAt(value, path.slice(0, -1)) as Record<string | number, unknown>;
  Reflect.deleteProperty(parent, path.at(-1) ?? '');
}
