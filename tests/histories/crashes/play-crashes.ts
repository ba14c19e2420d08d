import { setTimeout as delay } from 'node:timers/promises';
import { checkHistory } from '../check/check-history';
import type { Violation } from '../check/violation';
import { CrashHistory } from './crash-history';
import { crashScript } from './crash-script';
import { CrashSystem } from './crash-system';

/** Migrations that ramp at the same time, while the same processes are killed. */
const HISTORIES_A_ROUND = 3;

export interface CrashRuns {
  histories: number;
  answers: number;
  violations: { seed: number; history: number; violation: Violation }[];
  /** What was killed, and where cohorts ended: how often each. */
  seen: Map<string, number>;
}

/** Plays that many histories, a few at a time, on one system of real processes, some of which are killed each time. */
export async function playCrashes(options: {
  runs: number;
  seed: number;
  onRound?: (checked: CrashRuns) => void;
}): Promise<CrashRuns> {
  const { runs, seed, onRound } = options;
  const checked: CrashRuns = { histories: 0, answers: 0, violations: [], seen: new Map() };
  const count = (what: string): unknown => checked.seen.set(what, (checked.seen.get(what) ?? 0) + 1);
  const system = await CrashSystem.start();
  const begun: CrashHistory[] = [];
  let moment = 0;
  const tick = (): number => (moment += 1);
  try {
    for (let round = 0; checked.histories < runs; round += 1) {
      const script = crashScript(seed + round, Math.min(HISTORIES_A_ROUND, runs - checked.histories));
      const histories = script.parts.map(
        (part, index) => new CrashHistory(system, `crash-${round}-${index}`, part, tick),
      );
      begun.push(...histories);
      await Promise.all(histories.map((history) => history.begin()));
      await Promise.all([
        ...histories.map((history) => history.rollBack()),
        ...script.kills.map(async ({ victim, at }) => {
          await delay(at);
          count(`killed ${victim}`);
          await system.kill(victim);
        }),
      ]);
      await system.ready();
      for (const statuses of await Promise.all(histories.map((history) => history.end()))) {
        for (const status of statuses) count(`ended ${status}`);
      }
      for (const [index, { history, setting }] of histories.entries()) {
        checked.histories += 1;
        checked.answers += history.filter(({ kind }) => kind === 'answered').length;
        for (const violation of checkHistory(history, setting))
          checked.violations.push({ seed: seed + round, history: index, violation });
      }
      onRound?.(checked);
    }
  } finally {
    for (const history of begun) history.stop();
    await system.stop();
  }
  return checked;
}
