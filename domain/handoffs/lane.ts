import type { Side } from '../sides/side';

/**
 * From the side a handoff started on to the side that must end it. Where the two differ it is a bridge: the patient's journey goes
 * on over the edge of what has moved. `unplaced`: nobody had given its unit a side when it started.
 */
export type Lane = `${Side | 'unplaced'}→${Side}`;

/** Every lane, in the order that people read them in. */
export const LANES = [
  'legacy→legacy',
  'target→target',
  'target→legacy',
  'legacy→target',
  'unplaced→legacy',
  'unplaced→target',
] as const satisfies readonly Lane[];

export function laneOf(from: Side | null, to: Side): Lane {
  return `${from ?? 'unplaced'}→${to}`;
}
