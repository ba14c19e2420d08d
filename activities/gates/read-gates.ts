import { MATCHING_MAY_LAG } from '../../domain/control/judge-control';
import type { Increment } from '../../domain/gates/gate-state';
import { NO_OUTCOMES, total, type Outcomes } from '../../domain/gates/sequential/outcomes';
import { sourceError } from '../../domain/metrics/outcome-answer';
import { compress } from '../../domain/time/time-scale';
import type { Database } from '../../store/database';
import { readMatchingLag } from '../../store/handoffs';
import { numberMatured, readFirst, readMatured, whichStarted, type OutcomeSlice } from '../../store/matured-outcomes';
import type { Remembered } from './gate-memory';
import type { GateReading } from './gate-reading';
import type { MetricSource } from './metric-source';
import { readLoads } from './read-loads';
import { sinceLast } from './since-last';
import type { WatchedGate } from './watched-step';

export interface GateToRead {
  gate: WatchedGate;
  known: Remembered;
}

/** What gates are told at one look, all of them in a few statements: in their order. Never throws for a source that is away. */
export type ReadGates = (gates: readonly GateToRead[]) => Promise<GateReading[]>;

/** The migration's own handoffs for gates without a source, the source for those with one. */
export function readGates(db: Database, sources: MetricSource): ReadGates {
  return async (gates) => {
    const loads = gates.filter(({ gate }) => gate.gate.rule.kind === 'capacity');
    const own = gates.filter(({ gate }) => gate.gate.source === undefined && gate.gate.rule.kind !== 'capacity');
    const [ofOwn, ofLoads, ofOthers] = await Promise.all([
      readOwn(db, own),
      readLoads(db, loads),
      Promise.all(
        gates.map(async (one) => (one.gate.gate.source === undefined ? undefined : readSource(sources, one))),
      ),
    ]);
    const answers = new Map([
      ...own.map((one, index) => [one, ofOwn[index]] as const),
      ...loads.map((one, index) => [one, ofLoads[index]] as const),
    ]);
    return gates.map((one, index) => ofOthers[index] ?? answers.get(one) ?? sourceError('It was not read.'));
  };
}

/** By totals, as everything outside counts. */
export async function readSource(source: MetricSource, { gate, known }: GateToRead): Promise<GateReading> {
  const { step, attemptEpoch } = gate;
  const { migration, phase, cohort, epoch } = step.watch;
  const answer = await source.read({
    ...{ migration, phase, cohort, gate: gate.gate.id, handoff: gate.gate.handoff, epoch, attemptEpoch },
    ...(gate.gate.source !== undefined && { source: gate.gate.source }),
  });
  if (answer.kind !== 'reading') return answer;
  const { reading } = answer;
  return { kind: 'outcomes', increments: sinceLast(known.state, reading), newestAt: reading.newestAt, started: true };
}

async function readOwn(db: Database, gates: readonly GateToRead[]): Promise<GateReading[]> {
  if (gates.length === 0) return [];
  try {
    const lag = await readMatchingLag(db);
    if (lag > MATCHING_MAY_LAG) {
      const message = `Handoffs are matched ${Math.round(lag / 1_000)} s late. Look whether a worker is running and what its log says.`;
      return gates.map(() => sourceError(message));
    }
    await numberMatured(db, distinct(gates.map(groupOf)));
    const slices = byIndex(await readMatured(db, gates.map(askedOf)));
    const unseen = gates.filter(
      ({ known }, index) =>
        total(known.state.attempt.target) === 0 && !(slices.get(index) ?? []).some(({ target }) => total(target) > 0),
    );
    const started = await whichStarted(db, unseen.map(groupOf));
    const silent = new Set(unseen.filter((_, index) => started[index] !== true));
    const first = await readFirstOnes(db, gates);
    return gates.map((one, index) => ({
      ...outcomesOf(one, slices.get(index) ?? []),
      started: !silent.has(one),
      ...(first.has(one) && { first: first.get(one) }),
    }));
  } catch {
    // What the driver says may hold values of the query.
    return gates.map(() => sourceError('Postgres did not answer. Look at its log and its connections.'));
  }
}

type OutcomesRead = Extract<GateReading, { kind: 'outcomes' }>;

/** Of rules about the first so many, what is new of them. */
async function readFirstOnes(db: Database, gates: readonly GateToRead[]): Promise<Map<GateToRead, Outcomes>> {
  const asked = gates.flatMap((one) => {
    const { rule } = one.gate.gate;
    if (rule.kind !== 'zeroTolerance' || rule.ofFirst === undefined) return [];
    return [{ one, limit: rule.ofFirst - total(one.known.state.first) }];
  });
  const found = asked.map(({ one }) => [one, NO_OUTCOMES] as const);
  const missing = asked.filter(({ limit }) => limit > 0);
  const rows = await readFirst(
    db,
    missing.map(({ one, limit }) => ({ ...askedOf(one), limit })),
  );
  const counted = new Map<GateToRead, Outcomes>(found);
  for (const { index, outcome } of rows) {
    const one = missing[index]?.one;
    if (one === undefined) continue;
    const before = counted.get(one) ?? NO_OUTCOMES;
    counted.set(one, { ...before, [outcome]: before[outcome] + 1 });
  }
  return counted;
}

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

interface Group {
  migration: string;
  phase: string;
  cohort: string;
  handoff: string;
  fromEpoch: number;
}

function groupOf({ gate: { step, gate, attemptEpoch } }: GateToRead): Group {
  const { migration, phase, cohort } = step.watch;
  return { migration, phase, cohort, handoff: gate.handoff, fromEpoch: attemptEpoch };
}

function askedOf(one: GateToRead): Parameters<typeof readMatured>[1][number] {
  const { rule } = one.gate.gate;
  return {
    ...groupOf(one),
    after: one.known.state.last,
    ...(rule.kind === 'latency' && { within: compress(rule.within, one.gate.step.watch.timeScale) }),
    ...(rule.kind === 'zeroTolerance' && rule.condition !== undefined && { condition: rule.condition }),
  };
}

/** Two gates of one handoff are of one group. */
function distinct(groups: readonly Group[]): Group[] {
  return [...new Map(groups.map((group) => [JSON.stringify(group), group])).values()];
}
