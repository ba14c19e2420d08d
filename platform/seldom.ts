import type { Milliseconds } from '../domain/time/duration';

const MINUTE: Milliseconds = 60_000;

/** Keeps what happens again and again, such as a failure at every look, from being said each time. */
export class Seldom {
  private readonly said = new Map<string, { what: string; at: Milliseconds }>();

  /** @param clock monotonic, in milliseconds */
  constructor(
    private readonly every: Milliseconds = MINUTE,
    private readonly clock: () => Milliseconds = () => performance.now(),
  ) {}

  /** Whether to say that of it now: something else than what was said of it last, or the same for the first time in a minute. */
  isDue(about: string, what: string): boolean {
    const now = this.clock();
    for (const [key, { at }] of this.said) if (now - at >= this.every) this.said.delete(key);
    if (this.said.get(about)?.what === what) return false;
    this.said.set(about, { what, at: now });
    return true;
  }
}
