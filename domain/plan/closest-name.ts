import { quoteName } from './plan-problem';

/**
 * The name among `known` that was probably meant: at most a third of its letters away and never more than three, counting a swap of
 * neighbours as one (optimal string alignment distance). Undefined where nothing is near.
 */
export function closestName(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of known) {
    const limit = Math.min(3, Math.max(1, Math.floor(candidate.length / 3)));
    if (candidate === name || Math.abs(candidate.length - name.length) > limit) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase(), limit);
    if (distance <= limit && distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** ` Did you mean 'x'?`, or nothing where no known name is near. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const closest = closestName(name, known);
  return closest === undefined ? '' : ` Did you mean ${quoteName(closest)}?`;
}

/** Infinity where it exceeds the limit; only cells that far from the diagonal are filled. */
function editDistance(left: string, right: string, limit: number): number {
  let twoAbove: number[] = [];
  let above = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const cells = new Array<number>(right.length + 1).fill(Infinity);
    cells[0] = row;
    for (let column = Math.max(1, row - limit); column <= Math.min(right.length, row + limit); column += 1) {
      const substituted = (above[column - 1] ?? Infinity) + (left[row - 1] === right[column - 1] ? 0 : 1);
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      cells[column] = Math.min(
        substituted,
        (above[column] ?? Infinity) + 1,
        (cells[column - 1] ?? Infinity) + 1,
        swapped ? (twoAbove[column - 2] ?? Infinity) + 1 : Infinity,
      );
    }
    [twoAbove, above] = [above, cells];
  }
  const distance = above[right.length] ?? Infinity;
  return distance <= limit ? distance : Infinity;
}
