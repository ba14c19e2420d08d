import { beginGate, beginGateAgain, moveToEpoch, type GateState, type JudgedRule } from '../../domain/gates/gate-state';
import type { Queryable } from '../../store/database';
import { readGateStates, saveGateStates, type GateKey } from '../../store/gate-states';
import type { WatchedGate } from './watched-step';

/** What a gate is remembered as, and by whom it was written last. */
export interface Remembered {
  /** 0: nobody has written it yet. */
  revision: number;
  attemptEpoch: number;
  state: GateState;
}

interface Stored extends GateState {
  /** What the state was reached by: under another rule it begins again, from the attempt's first outcome. */
  by: string;
  /** What was counted: of another handoff, or by another source, it begins again as well. Absent where an earlier release wrote it. */
  of?: string;
}

type Known = Remembered & Pick<Stored, 'by' | 'of'>;

/**
 * The states of gates that this process watches. What is in memory counts only while nobody else has written: saving says so, and what was not saved is
 * read again and decides nothing.
 */
export class GateMemory {
  private readonly known = new Map<string, Known>();

  /** As of the epoch that is watched, in their order. Nothing is written. */
  async recall(connection: Queryable, gates: readonly WatchedGate[]): Promise<Remembered[]> {
    const unknown = gates.filter((gate) => !this.known.has(nameOf(gate)));
    if (unknown.length > 0) {
      const rows = await readGateStates(connection, unknown.map(keyOf));
      for (const [index, gate] of unknown.entries()) this.remember(gate, rows[index]);
    }
    return gates.map((gate) => this.asOf(gate));
  }

  /**
   * Of those that changed, in order. @returns which of all gates are as they were given: what was not saved was written by somebody else meanwhile
   */
  async save(
    connection: Queryable,
    changes: readonly { gate: WatchedGate; was: Remembered; is: GateState }[],
  ): Promise<boolean[]> {
    const changed = changes.filter(({ was, is }) => was.state !== is || was.revision === 0);
    if (changed.length === 0) return changes.map(() => true);
    const saved = await saveGateStates(
      connection,
      changed.map(({ gate, was, is }) => ({
        key: keyOf(gate),
        attemptEpoch: gate.attemptEpoch,
        revision: was.revision,
        state: { ...is, by: fingerprint(gate.rule), of: countedBy(gate) } satisfies Stored,
      })),
    );
    const kept = new Map(changed.map((change, index) => [change, saved[index] ?? false]));
    return changes.map((change) => kept.get(change) ?? true);
  }

  /** Once the transaction that saved it is committed. */
  keep(gate: WatchedGate, was: Remembered, is: GateState): void {
    const written = was.state !== is || was.revision === 0;
    this.known.set(nameOf(gate), {
      revision: was.revision + (written ? 1 : 0),
      attemptEpoch: gate.attemptEpoch,
      state: is,
      by: fingerprint(gate.rule),
      of: countedBy(gate),
    });
  }

  /** It is read again at the next look. */
  forget(gate: WatchedGate): void {
    this.known.delete(nameOf(gate));
  }

  private remember(
    gate: WatchedGate,
    row: { attemptEpoch: number; revision: number; state: unknown } | undefined,
  ): void {
    if (row === undefined) return;
    const { by, of, ...state } = row.state as Stored;
    this.known.set(nameOf(gate), {
      revision: row.revision,
      attemptEpoch: row.attemptEpoch,
      state,
      by,
      ...(of !== undefined && { of }),
    });
  }

  private asOf(gate: WatchedGate): Remembered {
    const { rule, attemptEpoch, step } = gate;
    const known = this.known.get(nameOf(gate));
    const revision = known?.revision ?? 0;
    const state = stateOf(gate, known) ?? beginGate(rule, step.watch.epoch);
    return { revision, attemptEpoch, state: moveToEpoch(state, step.watch.epoch) };
  }
}

/** What goes on of what is known of a gate; undefined where nothing does. */
function stateOf(gate: WatchedGate, known: Known | undefined): GateState | undefined {
  const { rule, attemptEpoch, step } = gate;
  if (known?.attemptEpoch !== attemptEpoch || isCountedAnew(known.state, step.watch.epoch)) return undefined;
  if (known.of !== undefined && known.of !== countedBy(gate)) return undefined;
  return known.by === fingerprint(rule) ? known.state : beginGateAgain(rule, known.state, step.watch.epoch);
}

function countedBy({ gate: { handoff, source } }: WatchedGate): string {
  return JSON.stringify([handoff, source ?? null]);
}

/** Raised with each change of what a state holds: one of another shape begins again, from the attempt's first outcome. */
const SHAPE = 1;

/** Rules are looked at every second, and are objects of their own for as long as a step is watched. */
const fingerprints = new WeakMap<JudgedRule, string>();

function fingerprint(rule: JudgedRule): string {
  const known = fingerprints.get(rule);
  if (known !== undefined) return known;
  const text = JSON.stringify([SHAPE, rule]);
  fingerprints.set(rule, text);
  return text;
}

/** Whose source took back what it had counted is told its totals anew, once the split has changed. */
function isCountedAnew({ takenBack, splitEpoch }: GateState, epoch: number): boolean {
  return takenBack !== undefined && splitEpoch !== epoch;
}

function keyOf({ step: { watch }, gate }: WatchedGate): GateKey {
  return { migration: watch.migration, phase: watch.phase, cohort: watch.cohort, gate: gate.id };
}

function nameOf(gate: WatchedGate): string {
  return JSON.stringify(Object.values(keyOf(gate)));
}
