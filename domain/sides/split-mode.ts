/**
 * What a split does with units that arrive. `open`: by share and lease. `returning`: people are being moved back, so nobody new
 * goes to target. `committed`: everyone goes to target, for good.
 */
export const SPLIT_MODES = ['open', 'returning', 'committed'] as const;
export type SplitMode = (typeof SPLIT_MODES)[number];
