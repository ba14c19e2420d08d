import { MATCHING_MAY_LAG } from '../../domain/control/judge-control';
import type { Increment } from '../../domain/gates/gate-state';
import { NO_OUTCOMES, total, type Outcomes } from '../../domain/gates/sequential/outcomes';
import { sourceError } from '../../domain/metrics/outcome-answer';
import { compress } from '../../domain/time/time-scale';
import type { Database } from '../../store/database';
import { readMatchingLag } from '../../store/handoffs';
import {
  numberMatured,
  readFirst,
  readMatured,
  whichStarted,
  type NumberedGroup,
  type OutcomeGroup,
  type OutcomesAsked,
  type OutcomeSlice,
} from '../../store/matured-outcomes';
import { countEndedTwice } from '../../store/second-ends';
import type { Remembered } from './gate-memory';
import type { GateReading } from './gate-reading';
import type { WatchedGate } from './watched-step';

export interface GateToRead {
  gate: WatchedGate;
  known: Remembered;
}

/** Outcomes of the migration's own handoffs for all of these gates, in their order, in a few statements. */
export async function readOwnHandoffs(db: Database, gates: readonly GateToRead[]): Promise<GateReading[]> {
  if (gates.length === 0) return [];
  try {
    const lag = await readMatchingLag(db);
    if (lag > MATCHING_MAY_LAG) {
      const message = `Handoffs are matched ${Math.round(lag / 1_000)} s late. Look whether a worker is running and what its log says.`;
      return gates.map(() => sourceError(message));
    }
    const { more: toNumber } = await numberMatured(db, distinct(gates.map(groupOf)));
    const unnumbered = new Set(toNumber.map(nameOf));
    const slices = await readSlices(db, gates);
    const unseen = gates.filter(
      ({ known }, index) =>
        total(known.state.attempt.target) === 0 && !(slices[index] ?? []).some(({ target }) => total(target) > 0),
    );
    const started = await whichStarted(db, unseen.map(groupOf));
    const silent = new Set(unseen.filter((_, index) => started[index] !== true));
    const read = gates.map((one, index) => outcomesOf(one, slices[index] ?? []));
    const first = await readFirstOnes(db, gates, read);
    const twice = await readEndedTwice(db, gates);
    return gates.map((one, index): GateReading => {
      const { increments, more, ...outcomes } = read[index] ?? outcomesOf(one, []);
      const again = twice.get(one);
      return {
        ...outcomes,
        increments: again === undefined ? increments : [...increments, again],
        started: !silent.has(one),
        more: more || unnumbered.has(nameOf(groupOf(one))),
        ...(first.has(one) && { first: first.get(one) }),
      };
    });
  } catch {
    // What the driver says may hold values of the query.
    return gates.map(() => sourceError('Postgres did not answer. Look at its log and its connections.'));
  }
}

/** What is new for each gate, in their order. What several gates of one handoff count alike, and know up to the same number, is read once. */
async function readSlices(db: Database, gates: readonly GateToRead[]): Promise<OutcomeSlice[][]> {
  const asked = gates.map(askedOf);
  const names = asked.map((one) => JSON.stringify(one));
  const once = new Map(asked.map((one, index) => [names[index], one]));
  const slices = byIndex(await readMatured(db, [...once.values()]));
  const read = new Map([...once.keys()].map((name, index) => [name, slices.get(index) ?? []]));
  return names.map((name) => read.get(name) ?? []);
}

type OutcomesRead = Extract<GateReading, { kind: 'outcomes' }>;

/** Of rules about the first so many, what is new of them: no more than was read. */
async function readFirstOnes(
  db: Database,
  gates: readonly GateToRead[],
  read: readonly Pick<OutcomesRead, 'last'>[],
): Promise<Map<GateToRead, Outcomes>> {
  const asked = gates.flatMap((one, index) => {
    const { rule } = one.gate.gate;
    if (rule.kind !== 'zeroTolerance' || rule.ofFirst === undefined) return [];
    return [{ one, last: read[index]?.last, limit: rule.ofFirst - total(one.known.state.first) }];
  });
  const found = asked.map(({ one }) => [one, NO_OUTCOMES] as const);
  const missing = asked.filter(({ limit, last }) => limit > 0 && last !== undefined);
  const rows = await readFirst(
    db,
    missing.map(({ one, limit }) => ({ ...askedOf(one), limit })),
  );
  const counted = new Map<GateToRead, Outcomes>(found);
  for (const { index, number, outcome } of rows) {
    const { one, last } = missing[index] ?? {};
    if (one === undefined || last === undefined || isMore(number, last)) continue;
    const before = counted.get(one) ?? NO_OUTCOMES;
    counted.set(one, { ...before, [outcome]: before[outcome] + 1 });
  }
  return counted;
}

/** Of rules about second ends, those that are new. What matured counts as kept there: whether it was in time is another gate's. */
async function readEndedTwice(db: Database, gates: readonly GateToRead[]): Promise<Map<GateToRead, Increment>> {
  const asked = gates.filter(countsSecondEnds);
  const twice = await countEndedTwice(db, asked.map(groupOf));
  return new Map(
    asked.map((one, index) => {
      const missed = Math.max(0, (twice[index] ?? 0) - one.known.state.attempt.target.missed);
      return [one, { of: 'current', target: { kept: 0, missed }, legacy: NO_OUTCOMES }];
    }),
  );
}

function countsSecondEnds({ gate: { gate } }: GateToRead): boolean {
  return gate.rule.kind === 'zeroTolerance' && gate.rule.counts === 'secondEnds';
}

/** No condition has this name, so that none has failed it. */
const NO_CONDITION = '';

function outcomesOf({ gate }: GateToRead, slices: readonly OutcomeSlice[]): Omit<OutcomesRead, 'started'> {
  const increments = slices.map(({ epoch, target, legacy }): Increment => ({
    of: epoch < gate.step.watch.epoch ? 'earlier' : 'current',
    target,
    legacy,
  }));
  // Text of numbers: the longer is the larger.
  const last = slices.reduce<string | undefined>(
    (most, slice) => (isMore(slice.last, most) ? slice.last : most),
    undefined,
  );
  const newest = slices.reduce<number>((most, { newestAt }) => Math.max(most, newestAt.getTime()), -Infinity);
  return {
    kind: 'outcomes',
    increments,
    ...(last !== undefined && { last }),
    newestAt: Number.isFinite(newest) ? new Date(newest).toISOString() : null,
    more: slices.some(({ more }) => more),
  };
}

function isMore(one: string, other: string | undefined): boolean {
  return other === undefined || BigInt(one) > BigInt(other);
}

function byIndex(slices: readonly OutcomeSlice[]): Map<number, OutcomeSlice[]> {
  const found = new Map<number, OutcomeSlice[]>();
  for (const slice of slices) {
    const known = found.get(slice.index);
    if (known === undefined) found.set(slice.index, [slice]);
    else known.push(slice);
  }
  return found;
}

function groupOf({ gate: { step, gate, attemptEpoch } }: GateToRead): OutcomeGroup {
  const { migration, phase, cohort } = step.watch;
  return { migration, phase, cohort, handoff: gate.handoff, fromEpoch: attemptEpoch };
}

function askedOf(one: GateToRead): OutcomesAsked {
  const { rule } = one.gate.gate;
  return {
    ...groupOf(one),
    after: one.known.state.last,
    ...(rule.kind === 'latency' && { within: compress(rule.within, one.gate.step.watch.timeScale) }),
    ...(rule.kind === 'zeroTolerance' && rule.condition !== undefined && { condition: rule.condition }),
    ...(rule.kind === 'ratio' && { event: rule.event }),
    ...(countsSecondEnds(one) && { condition: NO_CONDITION }),
  };
}

function nameOf({ migration, phase, cohort, handoff }: NumberedGroup): string {
  return JSON.stringify([migration, phase, cohort, handoff]);
}

/** Two gates of one handoff are of one group. */
function distinct(groups: readonly OutcomeGroup[]): OutcomeGroup[] {
  return [...new Map(groups.map((group) => [JSON.stringify(group), group])).values()];
}
