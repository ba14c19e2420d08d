import { HANDOFF_OF, type CountableOutcome, type WrittenState } from './written-states';

export interface JudgedStates {
  /** From the moment an outcome may be counted to the commit of the first verdict that counts it, for each gate that counts it: milliseconds, rising. Infinite where none does. */
  lags: number[];
  /** Verdicts whose counts were compared with the outcomes themselves. */
  checked: number;
  /** What is wrong with those that are. */
  wrong: string[];
}

/**
 * How long outcomes of a window waited to be counted, and whether each verdict was reached on just those outcomes that had a number by then.
 * @param states in the order of each gate's numbers @param outcomes in the order of the numbers of each handoff
 * @param window milliseconds since 1970
 */
export function judgeStates(
  states: readonly WrittenState[],
  outcomes: readonly CountableOutcome[],
  window: { from: number; until: number },
): JudgedStates {
  const lags: number[] = [];
  const wrong: string[] = [];
  const ofGate = groupBy(states, ({ migration, gate }) => `${migration} ${gate}`);
  const ofHandoff = groupBy(outcomes, ({ migration, handoff }) => `${migration} ${handoff}`);
  const gates = Object.keys(HANDOFF_OF);
  for (const migration of new Set(outcomes.map((outcome) => outcome.migration))) {
    for (const gate of gates) {
      const own = ofHandoff.get(`${migration} ${HANDOFF_OF[gate] ?? ''}`) ?? [];
      const counts: [number, number, number, number] = [0, 0, 0, 0];
      let next = 0;
      for (const state of ofGate.get(`${migration} ${gate}`) ?? []) {
        for (let outcome = own[next]; outcome !== undefined && isCounted(outcome, state); outcome = own[next]) {
          counts[placeOf(outcome)] += 1;
          if (isWithin(outcome, window)) lags.push(state.at - outcome.countableAt);
          next += 1;
        }
        if (counts.join() !== state.counts.join())
          wrong.push(
            `${migration} ${gate} counts ${state.counts.join()} up to ${state.last}, and not ${counts.join()}`,
          );
      }
      lags.push(...own.slice(next).flatMap((outcome) => (isWithin(outcome, window) ? [Infinity] : [])));
    }
  }
  return { lags: lags.sort((one, other) => one - other), checked: states.length, wrong };
}

function isCounted({ number }: CountableOutcome, { last }: WrittenState): boolean {
  return number !== null && number <= last;
}

function isWithin({ countableAt }: CountableOutcome, { from, until }: { from: number; until: number }): boolean {
  return countableAt >= from && countableAt < until;
}

function placeOf({ side, outcome }: CountableOutcome): 0 | 1 | 2 | 3 {
  if (side === 'target') return outcome === 'kept' ? 0 : 1;
  return outcome === 'kept' ? 2 : 3;
}

function groupBy<Item>(items: readonly Item[], nameOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(nameOf(item));
    if (group === undefined) groups.set(nameOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
