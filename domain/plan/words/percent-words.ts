/** A proportion from 0 to 1 as people write it: 0.025 is `2.5%`. */
export function percentWords(proportion: number): string {
  return `${Number((proportion * 100).toFixed(3))}%`;
}

/** A difference of two rates, from 0 to 1, in points of a hundred. */
export function pointWords(difference: number): string {
  return `${Number((difference * 100).toFixed(3))} points`;
}
