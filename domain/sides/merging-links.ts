import type { KeyLink } from './judge-links';

/**
 * The places of links that, with one another, would make two patients one of whom something was known before: every link of patients that such two hang
 * together by, also over keys of which nothing was known, and whatever its direction.
 * @param rootOf the key that a key stands for before any of these is linked
 * @param known of those, the ones of patients of whom something is known
 */
export function mergingLinks(
  links: readonly KeyLink[],
  rootOf: (key: string) => string,
  known: ReadonlySet<string>,
): number[] {
  const groupOf = new Map<string, Set<string>>();
  const group = (key: string): Set<string> => groupOf.get(rootOf(key)) ?? new Set([rootOf(key)]);
  // One that changes nothing brings nobody together.
  const linking = [...links.entries()].filter(
    ([, { kind, alias, unit }]) => kind === 'patient' && rootOf(alias) !== rootOf(unit),
  );
  for (const [, { alias, unit }] of linking) {
    const together = new Set([...group(alias), ...group(unit)]);
    for (const root of together) groupOf.set(root, together);
  }
  return linking.flatMap(([at, { alias }]) =>
    [...group(alias)].filter((root) => known.has(root)).length > 1 ? [at] : [],
  );
}
