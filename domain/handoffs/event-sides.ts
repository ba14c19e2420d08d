import type { Plan } from '../plan/plan-schema';
import type { Side } from '../sides/side';
import type { Milliseconds } from '../time/duration';

/** The system that an event came from, where it belongs to one stack. */
export interface Sender {
  system: string;
  side: Side;
}

/** What a plan says of where its events come from. Made once for a plan. */
export class EventSides {
  private readonly senders = new Map<string, Sender | undefined>();
  private readonly phases: ReadonlyMap<string, readonly string[]>;

  constructor({ systems, handoffs }: Pick<Plan, 'systems' | 'handoffs'>) {
    for (const { id, side, source } of systems) {
      // What both stacks use says nothing, and neither does a source that two systems share.
      const known = side === 'shared' || this.senders.has(source) ? undefined : { system: id, side };
      this.senders.set(source, known);
    }
    this.phases = phasesByType(handoffs);
  }

  /** undefined: a system that both stacks use. */
  senderOf(source: string): Sender | undefined {
    return this.senders.get(source);
  }

  /**
   * The phases whose placement says which side an event of this type comes from: that of each handoff it starts, then the end phase of each that
   * it ends; a bridge is thereby none of it. Not those of handoffs that it releases: a refund follows its charge, whatever has moved since.
   */
  phasesOf(type: string): readonly string[] {
    return this.phases.get(type) ?? [];
  }
}

function phasesByType(handoffs: Plan['handoffs']): Map<string, readonly string[]> {
  const starts = handoffs.map(({ start, phase }) => [start, phase] as const);
  const ends = handoffs.flatMap(({ end, phase, endPhase }) => end.map((type) => [type, endPhase ?? phase] as const));
  const phases = new Map<string, readonly string[]>();
  for (const [type, phase] of [...starts, ...ends]) {
    const known = phases.get(type) ?? [];
    if (!known.includes(phase)) phases.set(type, [...known, phase]);
  }
  return phases;
}

/** A unit's placement, with its last move. Milliseconds since 1970. */
export interface Placed {
  side: Side;
  placedAt: number;
  moved: { from: Side; at: number } | null;
}

/**
 * How far a stack's clock may be from the database's, by which placements are stamped. Within it, nobody can say which of the two came
 * first. On the migration's own clock: a rehearsal's stacks are as near as its time is short.
 */
export const CLOCKS_APART: Milliseconds = 5_000;

/**
 * Where a unit certainly was at a moment; null where it was not placed yet, or nobody can say.
 * @param apart how far the clocks may be from each other
 */
export function sideAt({ side, placedAt, moved }: Placed, at: number, apart: Milliseconds): Side | null {
  if (at <= placedAt + apart) return null;
  if (moved === null || at > moved.at + apart) return side;
  return at < moved.at - apart ? moved.from : null;
}

/** Where an event's unit was in a phase that its type belongs to; null where that is not certain. */
export interface Standing {
  phase: string;
  side: Side | null;
}

/**
 * The phase in which an event came from the side that its unit was not on: the first of those that its type belongs to, where it is wrong in
 * every one of them. undefined where one of them allows it, or might: a unit without a placement is on legacy or has not been asked for.
 */
export function wrongPhaseOf(sender: Side, standings: readonly Standing[]): string | undefined {
  const allowed = standings.some(({ side }) => side === null || side === sender);
  return allowed ? undefined : standings[0]?.phase;
}
