import { quoteName } from './plan-problem';

/**
 * The name among `known` that was probably meant: at most a third of its letters away and never more than three, counting a swap of
 * neighbours as one (optimal string alignment distance), upper and lower case alike. Undefined where nothing is near: of two letters
 * every code is one slip from another.
 */
export function closestName(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = FAR;
  for (const candidate of known) {
    const limit = Math.min(3, Math.floor(candidate.length / 3));
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

/** More than any distance. */
const FAR = 1_000_000;

/** FAR where it exceeds the limit; only cells that near to the diagonal are filled. */
function editDistance(left: string, right: string, limit: number): number {
  let twoAbove: number[] = [];
  let above = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const cells = new Array<number>(right.length + 1).fill(FAR);
    cells[0] = row;
    const first = row > limit ? row - limit : 1;
    const last = row + limit < right.length ? row + limit : right.length;
    for (let column = first; column <= last; column += 1) {
      const substituted = (above[column - 1] ?? FAR) + (left[row - 1] === right[column - 1] ? 0 : 1);
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      let cell = least(substituted, (above[column] ?? FAR) + 1);
      cell = least(cell, (cells[column - 1] ?? FAR) + 1);
      cells[column] = swapped ? least(cell, (twoAbove[column - 2] ?? FAR) + 1) : cell;
    }
    [twoAbove, above] = [above, cells];
  }
  const distance = above[right.length] ?? FAR;
  return distance <= limit ? distance : FAR;
}

function least(one: number, other: number): number {
  return one < other ? one : other;
}
