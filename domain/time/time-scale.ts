import type { Milliseconds } from './duration';

/**
 * Compresses a plan's duration for a rehearsal: at a time scale of 1440 a day takes a minute. Leases, `resumeWithin`, and
 * whatever else guards running processes are never compressed.
 */
export function compress(duration: Milliseconds, timeScale: number): Milliseconds {
  return duration / timeScale;
}

/** What was measured while time was compressed, as the plan would have it: the inverse of {@link compress}. */
export function stretch(duration: Milliseconds, timeScale: number): Milliseconds {
  return duration * timeScale;
}
