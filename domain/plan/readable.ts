/** The items of a list that could be read, each with its index. */
export function* readable<Item>(list: readonly (Item | undefined)[] | undefined): Generator<[number, Item]> {
  for (const [index, item] of (list ?? []).entries()) if (item !== undefined) yield [index, item];
}
