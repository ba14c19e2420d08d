import {
  beginSequential,
  takeSequential,
  type SequentialRule,
  type SequentialState,
} from '../../../../domain/gates/sequential/outcome-gate';
import type { BothSides } from '../../../../domain/gates/sequential/outcomes';

export type Take = (increments: readonly BothSides[], from?: SequentialState, rule?: SequentialRule) => SequentialState;

/** Takes increments one after another, by that rule unless another is given. */
export function takingBy(usual: SequentialRule): Take {
  return (increments, from = beginSequential(), rule = usual) =>
    increments.reduce((state, increment) => takeSequential(rule, state, increment), from);
}

export function times(count: number, increment: BothSides): BothSides[] {
  return Array.from({ length: count }, () => increment);
}
