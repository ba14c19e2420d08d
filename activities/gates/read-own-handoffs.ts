import { MATCHING_MAY_LAG } from '../../domain/control/judge-control';
import type { Increment, LegacyPast } from '../../domain/gates/gate-state';
import { mainOf } from '../../domain/gates/sequential/cut-points';
import { NO_OUTCOMES, total, type BothSides, type Outcomes } from '../../domain/gates/sequential/outcomes';
import { sourceError } from '../../domain/metrics/outcome-answer';
import { compress, stretch } from '../../domain/time/time-scale';
import type { Database } from '../../store/database';
import { readMatchingLag } from '../../store/handoffs';
import { readLegacyTimes } from '../../store/legacy-past';
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
        total(known.state.attempt.target) === 0 &&
        !(mainOf(slices[index] ?? []) ?? []).some(({ target }) => total(target) > 0),
    );
    const started = await whichStarted(db, unseen.map(groupOf));
    const silent = new Set(unseen.filter((_, index) => started[index] !== true));
    const read = gates.map((one, index) => outcomesOf(one, slices[index] ?? []));
    const first = await readFirstOnes(db, gates, read);
    const twice = await readEndedTwice(db, gates);
    const pasts = await readPasts(db, gates);
    return gates.map((one, index): GateReading => {
      const { increments, more, ...outcomes } = read[index] ?? outcomesOf(one, []);
      const again = twice.get(one);
      const past = pasts.get(one);
      return {
        ...outcomes,
        increments: again === undefined ? increments : [...increments, again],
        started: !silent.has(one),
        more: more || unnumbered.has(nameOf(groupOf(one))),
        ...(first.has(one) && { first: first.get(one) }),
        ...(past !== undefined && { past }),
      };
    });
  } catch {
    // What the driver says may hold values of the query.
    return gates.map(() => sourceError('Postgres did not answer. Look at its log and its connections.'));
  }
}

/**
 * What is new for each gate, in their order, by what it asks for: one alone, or each of legacy's times. What several gates of one handoff count alike, and know up to the
 * same number, is read once.
 */
async function readSlices(db: Database, gates: readonly GateToRead[]): Promise<OutcomeSlice[][][]> {
  const asked = gates.map((one) => askedOf(one).map((each) => ({ name: JSON.stringify(each), each })));
  const once = new Map(asked.flat().map(({ name, each }) => [name, each]));
  const slices = byIndex(await readMatured(db, [...once.values()]));
  const read = new Map([...once.keys()].map((name, index) => [name, slices.get(index) ?? []]));
  return asked.map((each) => each.map(({ name }) => read.get(name) ?? []));
}

/**
 * Of so many gates it is looked how long legacy took, by one look: each may read a few thousand outcomes, once an attempt. Leases are renewed when a look ends, so where more begin
 * at once, chance says which are first.
 */
const PASTS_AT_ONCE = 25;

/** Of gates that compare with legacy's own times and do not know them yet: how long legacy took. */
async function readPasts(db: Database, gates: readonly GateToRead[]): Promise<Map<GateToRead, LegacyPast>> {
  const waiting = gates.filter(({ known: { state } }) => state.slower?.cuts.length === 0);
  const first = waiting.length > PASTS_AT_ONCE ? Math.floor(Math.random() * waiting.length) : 0;
  const asked = [...waiting.slice(first), ...waiting.slice(0, first)].slice(0, PASTS_AT_ONCE);
  const times = await readLegacyTimes(db, asked.map(groupOf));
  return new Map(
    asked.flatMap((one, index) => {
      const found = times[index];
      if (found === undefined) return [];
      const inPlan = (took: number): number => stretch(took, one.gate.step.watch.timeScale);
      return [[one, { ...found, before: found.before.map(inPlan), since: found.since.map(inPlan) }] as const];
    }),
  );
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
    missing.flatMap(({ one, limit }) => askedOf(one).map((each) => ({ ...each, limit }))),
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

/** @param asked by what was asked for; each has the same slices, which only count otherwise */
function outcomesOf({ gate }: GateToRead, asked: readonly (readonly OutcomeSlice[])[]): Omit<OutcomesRead, 'started'> {
  const slices = mainOf(asked) ?? [];
  const byCut = gate.gate.rule.kind === 'slowerThanLegacy';
  const increments = slices.map(({ epoch, target, legacy }, place): Increment => ({
    of: epoch < gate.step.watch.epoch ? 'earlier' : 'current',
    ...{ target, legacy },
    ...(byCut && { byCut: asked.flatMap((each) => each.slice(place, place + 1).map(sidesOf)) }),
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

function sidesOf({ target, legacy }: OutcomeSlice): BothSides {
  return { target, legacy };
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

/** One, but of legacy's own times each; none while they are not known. */
function askedOf(one: GateToRead): OutcomesAsked[] {
  const { rule } = one.gate.gate;
  const { timeScale } = one.gate.step.watch;
  const { last, slower } = one.known.state;
  const asked = { ...groupOf(one), after: last };
  if (rule.kind === 'slowerThanLegacy') {
    const within = slower?.cuts.map((cut) => cut.within) ?? [];
    return within.map((time) => ({ ...asked, ...(time !== null && { within: compress(time, timeScale) }) }));
  }
  return [
    {
      ...asked,
      ...(rule.kind === 'latency' && { within: compress(rule.within, timeScale) }),
      ...(rule.kind === 'zeroTolerance' && rule.condition !== undefined && { condition: rule.condition }),
      ...(rule.kind === 'ratio' && { event: rule.event }),
      ...(countsSecondEnds(one) && { condition: NO_CONDITION }),
    },
  ];
}

function nameOf({ migration, phase, cohort, handoff }: NumberedGroup): string {
  return JSON.stringify([migration, phase, cohort, handoff]);
}

/** Two gates of one handoff are of one group. */
function distinct(groups: readonly OutcomeGroup[]): OutcomeGroup[] {
  return [...new Map(groups.map((group) => [JSON.stringify(group), group])).values()];
}
