import type { Verdict } from '../gates/verdict';

/** `asked`: somebody else has to confirm it; `confirmed`: in force; `withdrawn`; `ended`: the split changed since. */
export const OVERRIDE_STATES = ['asked', 'confirmed', 'withdrawn', 'ended'] as const;
export type OverrideState = (typeof OVERRIDE_STATES)[number];

/** An override of a gate, as the API answers it and the CLI shows it. Dates are ISO texts. */
export interface GateOverride {
  /** By which it is confirmed and withdrawn. */
  id: string;
  phase: string;
  cohort: string;
  gate: string;
  /** Of the split that it is for. */
  epoch: number;
  /** By which the gate was judged. */
  planHash: string;
  state: OverrideState;
  /** What it overrides, as who asked saw it. */
  verdict: Verdict;
  message: string;
  evidence: string;
  reason: string;
  askedBy: string;
  askedAt: string;
  confirmedBy: string | null;
  confirmedAt: string | null;
  withdrawnBy: string | null;
  withdrawnAt: string | null;
}
