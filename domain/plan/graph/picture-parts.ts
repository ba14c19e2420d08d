import type { Picture } from './picture';

/** A picture in parts that no edge joins, in its order. */
export function pictureParts(picture: Picture): Picture[] {
  const groupOf = new Map(picture.groups.flatMap(({ nodes }, index) => nodes.map(({ id }) => [id, index])));
  const part = picture.groups.map((_, index) => index);
  for (const { from, to } of picture.edges) {
    const [one, other] = [part[groupOf.get(from) ?? -1], part[groupOf.get(to) ?? -1]];
    if (one === undefined || other === undefined || one === other) continue;
    for (const [index, at] of part.entries()) if (at === Math.max(one, other)) part[index] = Math.min(one, other);
  }
  return [...new Set(part)].map((number) => {
    const groups = picture.groups.filter((_, index) => part[index] === number);
    const inside = new Set(groups.flatMap(({ nodes }) => nodes.map(({ id }) => id)));
    return { ...picture, groups, edges: picture.edges.filter(({ from }) => inside.has(from)) };
  });
}
