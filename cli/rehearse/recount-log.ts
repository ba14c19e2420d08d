import type { Plan, PlanHandoff } from '../../domain/plan/plan-schema';
import { compress } from '../../domain/time/time-scale';
import { deriveKey } from '../../sandbox/patients/derive-key';
import { readEventLog, type LogColumns } from '../../sandbox/recorded/event-log';

/** What a handoff came to by the log alone. `missed` are all that no event ended in time, whether or not that is final yet. */
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
  seed: string;
  /** Prefix of an episode's key. */
  prefix: string;
  /** Events that never left their stack. */
  lost: readonly { journey: string; sequence: number }[];
}

type Count = Recount & { missedBy: Set<string> };

interface Step {
  type: string;
  /** Milliseconds of the wall clock since the replay began. */
  at: number;
}

/**
 * Counts what each handoff must have come to, from the log and apart from everything that the product did: case by case, with
 * nothing but the definition of a handoff. The product's own counts are compared with it.
 */
export async function recountLog(options: RecountOptions): Promise<Map<string, Recount>> {
  const counts = new Map<string, Count>(
    options.plan.handoffs.map(({ id }) => [id, { kept: 0, missed: 0, released: 0, missedBy: new Set<string>() }]),
  );
  const lost = new Set(options.lost.map(({ journey, sequence }) => `${journey} ${sequence}`));
  for (const [journey, steps] of await readCases(options)) {
    const seen = steps.filter((_, sequence) => !lost.has(`${journey} ${sequence}`));
    for (const handoff of options.plan.handoffs) {
      const count = counts.get(handoff.id);
      if (count === undefined) continue;
      const before = count.missed;
      countHandoff(handoff, seen, compress(handoff.within, options.timeScale), count);
      if (count.missed > before) count.missedBy.add(journey);
    }
  }
  return counts;
}

async function readCases({ log, timeScale, seed, prefix }: RecountOptions): Promise<Map<string, Step[]>> {
  const cases = new Map<string, Step[]>();
  const keys = new Map<string, string>();
  let firstAt: number | undefined;
  for await (const { caseId, type, at } of readEventLog(log.path, log.columns)) {
    firstAt ??= at;
    if (at - firstAt >= log.days * 86_400_000) break;
    const key = keys.get(caseId) ?? deriveKey(prefix, seed, caseId);
    keys.set(caseId, key);
    const steps = cases.get(key) ?? [];
    cases.set(key, steps);
    steps.push({ type, at: Math.round(compress(at - firstAt, timeScale)) });
  }
  return cases;
}

function countHandoff(handoff: PlanHandoff, steps: readonly Step[], within: number, count: Count): void {
  let startedAt: number | undefined;
  for (const { type, at } of steps) {
    if (startedAt !== undefined && at > startedAt + within) {
      count.missed += 1;
      startedAt = undefined;
    }
    if (startedAt === undefined) {
      if (type === handoff.start) startedAt = at;
    } else if (handoff.end.includes(type)) {
      count.kept += 1;
      startedAt = undefined;
    } else if (handoff.unless.includes(type)) {
      count.released += 1;
      startedAt = undefined;
    }
  }
  if (startedAt !== undefined) count.missed += 1;
}
