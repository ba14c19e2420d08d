/** Two entries taken for each other; one of them is missing where the other is new, or gone. */
export interface Aligned<Item> {
  was?: Item;
  is?: Item;
  /** Of what it is, or was; told apart where several have the same. */
  name: string;
}

/**
 * Sets two lists side by side: the longest run of entries of the same names stays, in order. What is left between two of those is taken for
 * each other, the first with the first; the rest is new, or gone.
 */
export function align<Item>(
  before: readonly Item[],
  after: readonly Item[],
  nameOf: (item: Item) => string,
): Aligned<Item>[] {
  const lengths = commonLengths(before.map(nameOf), after.map(nameOf));
  const aligned: Aligned<Item>[] = [];
  const given = new Map<string, number>();
  const note = (was: Item | undefined, is: Item | undefined): void => {
    const item = is ?? was;
    if (item === undefined) return;
    const name = nameOf(item);
    const count = (given.get(name) ?? 0) + 1;
    given.set(name, count);
    const told = count === 1 ? name : `${name} (${count})`;
    aligned.push({ ...(was !== undefined && { was }), ...(is !== undefined && { is }), name: told });
  };
  let [left, right] = [0, 0];
  const between: [Item[], Item[]] = [[], []];
  const flush = (): void => {
    const [gone, come] = between;
    for (let index = 0; index < Math.max(gone.length, come.length); index += 1) note(gone[index], come[index]);
    between[0] = [];
    between[1] = [];
  };
  while (left < before.length || right < after.length) {
    const [was, is] = [before[left], after[right]];
    if (was !== undefined && is !== undefined && nameOf(was) === nameOf(is)) {
      flush();
      note(was, is);
      left += 1;
      right += 1;
    } else if (
      is === undefined ||
      (was !== undefined && at(lengths, left + 1, right) >= at(lengths, left, right + 1))
    ) {
      if (was !== undefined) between[0].push(was);
      left += 1;
    } else {
      between[1].push(is);
      right += 1;
    }
  }
  flush();
  return aligned;
}

/** Length of the longest common subsequence of what is left of both from each pair of places on. */
function commonLengths(before: readonly string[], after: readonly string[]): number[][] {
  const lengths = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  for (let left = before.length - 1; left >= 0; left -= 1) {
    for (let right = after.length - 1; right >= 0; right -= 1) {
      const row = lengths[left];
      if (row === undefined) continue;
      row[right] =
        before[left] === after[right]
          ? at(lengths, left + 1, right + 1) + 1
          : Math.max(at(lengths, left + 1, right), at(lengths, left, right + 1));
    }
  }
  return lengths;
}

function at(lengths: readonly (readonly number[])[], left: number, right: number): number {
  return lengths[left]?.[right] ?? 0;
}
