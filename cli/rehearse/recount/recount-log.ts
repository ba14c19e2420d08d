import type { Plan } from '../../../domain/plan/plan-schema';
import { compress } from '../../../domain/time/time-scale';
import { deriveKey } from '../../../sandbox/patients/derive-key';
import { readEventLog, type LogColumns } from '../../../sandbox/recorded/event-log';
import { recountDeadline, type PlansClock } from './recount-deadline';
import { recountHandoff, type LoggedStep } from './recount-handoff';

/** What a handoff came to by the log alone. `missed` are all that no event ended in time, whether or not that is final yet; what a pause holds up is none of these. */
export interface Recount {
  kept: number;
  missed: number;
  released: number;
  /** Keys of the episodes with a missed one. */
  missedBy: ReadonlySet<string>;
}

export interface RecountOptions {
  plan: Plan;
  log: { path: string; columns: LogColumns; days: number };
  timeScale: number;
  /** When the replay and the migration began, in milliseconds since 1970: calendars are read by the migration's clock. */
  began: { replay: number; migration: number };
  seed: string;
  /** Prefix of an episode's key. */
  prefix: string;
  /** Events that never left their stack. */
  lost: readonly { journey: string; sequence: number }[];
}

type Count = Recount & { missedBy: Set<string> };

/**
 * Counts what each handoff must have come to, from the log and apart from everything that the product did: case by case, with
 * nothing but the definition of a handoff ({@link recountHandoff}). The product's own counts are compared with it.
 */
export async function recountLog(options: RecountOptions): Promise<Map<string, Recount>> {
  const counts = new Map<string, Count>(
    options.plan.handoffs.map(({ id }) => [id, { kept: 0, missed: 0, released: 0, missedBy: new Set<string>() }]),
  );
  const clock = clockOf(options);
  const lost = new Set(options.lost.map(({ journey, sequence }) => `${journey} ${sequence}`));
  for (const [journey, steps] of await readCases(options)) {
    const seen = steps.filter((_, sequence) => !lost.has(`${journey} ${sequence}`));
    for (const handoff of options.plan.handoffs) {
      const count = counts.get(handoff.id);
      if (count === undefined) continue;
      const within = Math.max(1, Math.round(compress(handoff.within, options.timeScale)));
      const { runs } = recountHandoff(handoff, seen, recountDeadline(handoff, options.plan, within, clock));
      for (const { outcome } of runs) if (outcome !== 'standing') count[outcome] += 1;
      if (runs.some(({ outcome }) => outcome === 'missed')) count.missedBy.add(journey);
    }
  }
  return counts;
}

/** A migration runs from its start on, so many times as fast as its plan is written. */
function clockOf({ timeScale, began: { replay, migration } }: RecountOptions): PlansClock {
  return {
    toPlan: (at) => migration + (replay + at - migration) * timeScale,
    fromPlan: (at) => migration + Math.ceil((at - migration) / timeScale) - replay,
  };
}

async function readCases({ log, timeScale, seed, prefix }: RecountOptions): Promise<Map<string, LoggedStep[]>> {
  const cases = new Map<string, LoggedStep[]>();
  const keys = new Map<string, string>();
  let firstAt: number | undefined;
  for await (const { caseId, type, at } of readEventLog(log.path, log.columns)) {
    firstAt ??= at;
    if (at - firstAt >= log.days * 86_400_000) break;
    const key = keys.get(caseId) ?? deriveKey(prefix, seed, caseId);
    keys.set(caseId, key);
    const steps = cases.get(key) ?? [];
    cases.set(key, steps);
    // Its cases say nothing but what was done: no fields.
    steps.push({ type, at: Math.round(compress(at - firstAt, timeScale)) });
  }
  return cases;
}
