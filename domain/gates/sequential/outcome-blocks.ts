import { addOutcomes, NO_OUTCOMES, total, type BothSides, type Outcomes } from './outcomes';

/** Outcomes of both sides on their way into blocks, and what legacy's rate is taken to be meanwhile. */
export interface OutcomeBlocks {
  /** Of the block that is not full yet. */
  open: BothSides;
  /** Legacy's of all full blocks, and of before. */
  past: Outcomes;
}

export interface FullBlock {
  outcomes: BothSides;
  /** Legacy's kept rate by what came before this block alone: above 0 and below 1. */
  legacyRate: number;
}

/**
 * A block is full with this many outcomes and at least one of each side. Counts of outcomes decide that, never what they were. Fewer
 * would leave the sides' proportions to chance from block to block, which costs evidence; more would wait for it.
 */
const FULL = 20;

/** @param before legacy's outcomes of before the phase, if any: a better first guess of its rate, no evidence */
export function beginBlocks(before: Outcomes = NO_OUTCOMES): OutcomeBlocks {
  return { open: { target: NO_OUTCOMES, legacy: NO_OUTCOMES }, past: before };
}

/** However many outcomes come at once, they fill one block: their order within it is not known, and is not needed. */
export function fillBlock(
  { open, past }: OutcomeBlocks,
  { target, legacy }: BothSides,
): [OutcomeBlocks, FullBlock | null] {
  const outcomes = { target: addOutcomes(open.target, target), legacy: addOutcomes(open.legacy, legacy) };
  const counts = { target: total(outcomes.target), legacy: total(outcomes.legacy) };
  if (counts.target === 0 || counts.legacy === 0 || counts.target + counts.legacy < FULL) {
    return [{ open: outcomes, past }, null];
  }
  return [
    { open: { target: NO_OUTCOMES, legacy: NO_OUTCOMES }, past: addOutcomes(past, outcomes.legacy) },
    // Half of an outcome of each kind keeps the rate off 0 and 1.
    { outcomes, legacyRate: (past.kept + 0.5) / (total(past) + 1) },
  ];
}

/** Begins a block anew. What was in the open one becomes part of what is known of legacy, and no evidence. */
export function emptyBlock({ open, past }: OutcomeBlocks): OutcomeBlocks {
  return beginBlocks(addOutcomes(past, open.legacy));
}
