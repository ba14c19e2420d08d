import { toEventType } from '../events/to-event-type';

/**
 * Finds the event type of a plan that a log writes in its own way: `A_SUBMITTED/COMPLETE` is the plan's `A_SUBMITTED.COMPLETE`.
 * Characters that an event type cannot have count as hyphens, and a hyphen for a dot; where two types of the plan would then be the
 * same, only how the plan writes it is meant.
 */
export class DeclaredTypes {
  private readonly written: ReadonlySet<string>;
  private readonly folded = new Map<string, string | null>();

  constructor(types: readonly string[]) {
    this.written = new Set(types);
    for (const type of this.written) this.folded.set(fold(type), this.folded.has(fold(type)) ? null : type);
  }

  /** Undefined where the plan declares no such type. */
  find(inLog: string): string | undefined {
    const type = toEventType(inLog);
    if (this.written.has(type)) return type;
    return this.folded.get(fold(type)) ?? undefined;
  }
}

function fold(type: string): string {
  return type.replace(/[.-]+/g, '-');
}
