/** Buckets of a share; HAProxy's heaviest weight. */
const WHOLE = 100_000;
const HEAVIEST = 256;
/** How far below the share that is wanted a pair of weights may stay, in buckets: half a percent. */
const SHORT_BY = 500;

export interface Weights {
  legacy: number;
  target: number;
}

/**
 * The pair of weights, each 0 to 256, whose ratio is nearest to a share and not above it: 10% is exact with 28 of 280. Of pairs alike, the
 * heaviest. undefined where the nearest is no share at all, or more than half a percent short. The finest share above zero is 1 of 257.
 * @param share in buckets of 100,000
 */
export function weightsFor(share: number): Weights | undefined {
  if (share === 0) return { legacy: HEAVIEST, target: 0 };
  let best: Weights | undefined;
  for (let target = 1; target <= HEAVIEST; target += 1) {
    // The lightest legacy that keeps the ratio at or below the share.
    const legacy = Math.ceil((target * (WHOLE - share)) / share);
    if (legacy > HEAVIEST) continue;
    const pair = { legacy, target };
    if (best === undefined || ratioOf(pair) >= ratioOf(best)) best = pair;
  }
  if (best === undefined || share - shareOf(best) > SHORT_BY) return undefined;
  return best;
}

/** The share that a pair of weights makes, in whole buckets; 0 where neither takes anybody. */
export function shareOf({ legacy, target }: Weights): number {
  return target === 0 ? 0 : Math.floor((target * WHOLE) / (target + legacy));
}

function ratioOf({ legacy, target }: Weights): number {
  return target / (target + legacy);
}
