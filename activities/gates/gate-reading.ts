import type { Load } from '../../domain/gates/judge-load';
import type { Increment, LegacyPast, TakenBack } from '../../domain/gates/gate-state';
import type { Outcomes } from '../../domain/gates/sequential/outcomes';

/** What a gate is told at one look. */
export type GateReading =
  | {
      kind: 'outcomes';
      /** What is new since its state was reached, in the order of time. */
      increments: readonly Increment[];
      /** Of target's first ones, where the rule is about so many and they are known one by one: those that are new. */
      first?: Outcomes;
      /** How long legacy took, in the plan's time: where the gate has to know that first. What is new is for a later look then. */
      past?: LegacyPast;
      /** Number of the last of them; undefined where they are not numbered. */
      last?: string;
      /** When the newest of target's became final, by the database's clock; null where there is none or nobody knows. */
      newestAt: string | null;
      /** Whether anything has begun on target in this attempt. */
      started: boolean;
      /** Whether there is more to read than one look takes: nothing goes on before all of it was seen. */
      more: boolean;
    }
  /** How many are open, of what a team is there for. */
  | ({ kind: 'load' } & Load)
  /** Totals are lower than they were. */
  | { kind: 'takenBack'; much: TakenBack; message: string }
  | { kind: 'noData' | 'sourceError'; message: string };
