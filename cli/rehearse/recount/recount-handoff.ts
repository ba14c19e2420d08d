import type { PlanHandoff } from '../../../domain/plan/plan-schema';

/** An event of one case, in order. */
export interface LoggedStep {
  type: string;
  /** In milliseconds, on any clock: the one of the deadlines. */
  at: number;
  data?: Readonly<Record<string, string | number | boolean>>;
}

/** A time in which the clock of a handoff stood still. */
export interface Standstill {
  from: number;
  until: number;
}

/** When a handoff must have ended that started then, given when its clock stood still. */
export type DeadlineOf = (startedAt: number, standstills: readonly Standstill[]) => number;

/** One run of a handoff in one case. */
export interface RecountedRun {
  startedAt: number;
  /** `standing`: nothing ended it, and its clock still stands. `missed` are all that nothing ended in time, whether or not that is final yet. */
  outcome: 'kept' | 'missed' | 'released' | 'standing';
  deadlineAt: number;
  /** What it lacked came after its deadline. */
  recovered: boolean;
  repeated: number;
  /** Ends that came again, where they must come once. */
  secondEnds: number;
}

/**
 * Every run of a handoff in one case, by the definition alone: written apart from the matcher, to be compared with it. A run is looked at as a whole: how far it
 * reaches, when its clock stood still before that, and which of the codes that it waits for came.
 * @returns with `unmatched`, ends that were of no run
 */
export function recountHandoff(
  handoff: PlanHandoff,
  steps: readonly LoggedStep[],
  deadlineOf: DeadlineOf,
): { runs: RecountedRun[]; unmatched: number } {
  const isEnd = ({ type }: LoggedStep): boolean => handoff.end.includes(type);
  const first = steps.findIndex(({ type }) => type === handoff.start);
  if (first < 0) return { runs: [], unmatched: steps.filter(isEnd).length };
  const runs: RecountedRun[] = [];
  let unmatched = steps.slice(0, first).filter(isEnd).length;
  for (let at = first; at < steps.length;) {
    const { run, closedAt } = oneRun(handoff, steps, at, deadlineOf);
    const following = steps.findIndex(({ type }, index) => index > closedAt && type === handoff.start);
    const next = following < 0 ? steps.length : following;
    const ends = steps
      .slice(at + 1, next)
      .flatMap((step, index) => (isEnd(step) ? [{ step, index: at + 1 + index }] : []));
    const told = tellEnds(handoff, steps[at], ends, { run, closedAt });
    run.recovered = told.recovered;
    run.secondEnds = told.secondEnds;
    unmatched += told.unmatched;
    runs.push(run);
    at = next;
  }
  return { runs, unmatched };
}

/** From its start to the step that closed it, or the last that came before its deadline. */
function oneRun(
  handoff: PlanHandoff,
  steps: readonly LoggedStep[],
  start: number,
  deadlineOf: DeadlineOf,
): { run: RecountedRun; closedAt: number } {
  const begun = steps[start];
  const startedAt = begun?.at ?? 0;
  const standstills: Standstill[] = [];
  const pauses = new Set<string>();
  const lacking = new Set(codesOf(handoff));
  let standsSince: number | undefined;
  let repeated = 0;
  let deadlineAt = deadlineOf(startedAt, standstills);
  const as = (outcome: RecountedRun['outcome'], closedAt: number): { run: RecountedRun; closedAt: number } => ({
    run: { startedAt, outcome, deadlineAt, recovered: false, repeated, secondEnds: 0 },
    closedAt,
  });
  for (let index = start + 1; index < steps.length; index += 1) {
    const step = steps[index];
    if (step === undefined) break;
    const { type, at } = step;
    if (standsSince === undefined && at > deadlineAt) return as('missed', index - 1);
    if (handoff.end.includes(type)) {
      const code = codeOf(handoff, step);
      if (code !== undefined && isAsItMust(handoff, begun, step)) lacking.delete(code);
      if (lacking.size === 0) return as('kept', index);
    } else if (handoff.unless.includes(type)) return as('released', index);
    else if (type === handoff.start) repeated += 1;
    else {
      for (const { id, until } of handoff.pausedWhile ?? []) if (until === type) pauses.delete(id);
      for (const { id, from } of handoff.pausedWhile ?? []) if (from === type) pauses.add(id);
      if (pauses.size > 0) standsSince ??= at;
      else if (standsSince !== undefined) {
        standstills.push({ from: standsSince, until: at });
        standsSince = undefined;
        deadlineAt = deadlineOf(startedAt, standstills);
      }
    }
  }
  return as(standsSince === undefined ? 'missed' : 'standing', steps.length - 1);
}

/** Which of the ends between one start and the next were the run's, which came after all, which once more, and which were none of it. */
function tellEnds(
  handoff: PlanHandoff,
  start: LoggedStep | undefined,
  ends: readonly { step: LoggedStep; index: number }[],
  { run, closedAt }: { run: RecountedRun; closedAt: number },
): { recovered: boolean; secondEnds: number; unmatched: number } {
  const came = new Map<string, number>();
  const told = { recovered: false, secondEnds: 0, unmatched: 0 };
  for (const { step, index } of ends) {
    const code = codeOf(handoff, step);
    const isOne =
      code !== undefined && isAsItMust(handoff, start, step) && (run.outcome !== 'released' || index < closedAt);
    if (!isOne) told.unmatched += 1;
    else if (!came.has(code)) came.set(code, index);
    else if (handoff.exactlyOnce === true) told.secondEnds += 1;
    else told.unmatched += 1;
  }
  told.recovered = run.outcome === 'missed' && came.size === codesOf(handoff).length;
  return told;
}

function codesOf({ forEach }: PlanHandoff): string[] {
  return forEach === undefined ? [''] : [...new Set(forEach.of)];
}

function codeOf(handoff: PlanHandoff, { data = {} }: LoggedStep): string | undefined {
  if (handoff.forEach === undefined) return '';
  const code = data[handoff.forEach.field];
  return codesOf(handoff).find((one) => code !== undefined && one === String(code));
}

/** R50: an end that is not as the plan says is none. */
function isAsItMust({ must = [] }: PlanHandoff, start: LoggedStep | undefined, end: LoggedStep): boolean {
  return must
    .filter((condition) => condition.end === undefined || condition.end === end.type)
    .every((condition) => {
      const value = end.data?.[condition.field];
      if (value === undefined) return false;
      if ('oneOf' in condition) return condition.oneOf.some((code) => code === String(value));
      const said = start?.data?.[condition.equalsStart];
      return said !== undefined && String(said) === String(value);
    });
}
