import { checkHistory } from './check/check-history';
import type { Violation } from './check/violation';
import type { PlayedHistory } from './play-history';
import { playWorld, type WorldOptions } from './play-world';

/** Histories that share API processes and a database. */
export const HISTORIES_A_WORLD = 120;

export interface CheckedRuns {
  histories: number;
  violations: { seed: number; history: number; violation: Violation }[];
  /** How often each kind of thing was seen: reasons of answers, outcomes of commands. */
  seen: Map<string, number>;
}

export interface CheckOptions extends Pick<WorldOptions, 'plant' | 'processLease'> {
  runs: number;
  seed: number;
  /** Worlds at the same time. */
  atOnce: number;
  /** Ends with the first history that has a violation. */
  untilFound?: boolean;
  onWorld?: (checked: CheckedRuns) => void;
}

/** Plays that many histories and judges each. World `n` of a seed always has the same script. */
export async function checkWorlds(options: CheckOptions): Promise<CheckedRuns> {
  const { runs, seed, atOnce, plant, processLease, untilFound = false, onWorld } = options;
  const checked: CheckedRuns = { histories: 0, violations: [], seen: new Map() };
  const worlds = Math.ceil(runs / HISTORIES_A_WORLD);
  let next = 0;
  const enough = (): boolean => untilFound && checked.violations.length > 0;
  const lane = async (): Promise<void> => {
    while (next < worlds && !enough()) {
      const world = (next += 1) - 1;
      const histories = Math.min(HISTORIES_A_WORLD, runs - world * HISTORIES_A_WORLD);
      const worldSeed = seed + world;
      const played = await playWorld({ seed: worldSeed, histories, plant, processLease });
      take(checked, worldSeed, played);
      onWorld?.(checked);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return checked;
}

function take(checked: CheckedRuns, seed: number, played: readonly PlayedHistory[]): void {
  for (const [number, { history, setting }] of played.entries()) {
    checked.histories += 1;
    for (const violation of checkHistory(history, setting))
      checked.violations.push({ seed, history: number, violation });
    for (const entry of history) {
      const what =
        entry.kind === 'answered'
          ? `answered ${entry.why}`
          : entry.kind === 'unanswered'
            ? `unanswered ${entry.because}`
            : entry.kind === 'commanded'
              ? `${entry.cause} ${entry.outcome.is === 'refused' ? entry.outcome.code : entry.outcome.is}`
              : entry.kind;
      checked.seen.set(what, (checked.seen.get(what) ?? 0) + 1);
    }
  }
}
