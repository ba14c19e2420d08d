import type { Milliseconds } from '../../domain/time/duration';

export interface TimelineEntry {
  /** Since the rehearsal began. */
  at: Milliseconds;
  text: string;
}

/** What happened when, told to whoever watches as it happens. */
export class Timeline {
  readonly entries: TimelineEntry[] = [];
  private readonly startedAt = performance.now();

  constructor(private readonly tell: (line: string) => void) {}

  get elapsed(): Milliseconds {
    return Math.round(performance.now() - this.startedAt);
  }

  note(text: string): void {
    const entry = { at: this.elapsed, text };
    this.entries.push(entry);
    this.tell(timelineLine(entry));
  }
}

/** `   12.3 s  what happened`. */
export function timelineLine({ at, text }: TimelineEntry): string {
  return `${(at / 1_000).toFixed(1).padStart(7)} s  ${text}`;
}
