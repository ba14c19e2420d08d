import type { Crossing } from '../gates/past-crossings';
import type { Signature } from '../gates/signatures';
import type { SideCounts } from '../gates/stored-evidence';
import type { Verdict } from '../gates/verdict';
import type { Severity } from '../plan/journey';
import type { RollbackAction } from '../rollback/rollback-action';
import type { GateOverride } from './gate-override';

/** Why each gate of a phase says what it says, as the API answers it and the CLI shows it. Dates are ISO texts. */
export interface GatesOfPhase {
  migration: string;
  phase: string;
  /** In the plan's order, each with its cohorts. */
  gates: GateOfCohort[];
}

/** One gate of one cohort. */
export interface GateOfCohort {
  gate: string;
  cohort: string;
  severity: Severity;
  /** The version of the plan that the cohort goes by. */
  planHash: string;
  handoff: { id: string; start: string; end: readonly string[] };
  agreed: AgreedRule;
  signed: Signature[];
  /** null: nobody has looked yet. */
  found: FoundVerdict | null;
  /** Of any epoch, the latest first. */
  overrides: GateOverride[];
  /** Limits that were crossed before, the latest first, and what was done. */
  past: PastCrossing[];
}

/** The agreed text. */
export interface AgreedRule {
  /** `kept on target under 95%, on evidence; goes on after 20 outcomes or more`. */
  rule: string;
  /** What a crossed limit does of itself; null, which no plan has: it pauses. */
  then: { rule: string; action: string; agreedBy: readonly string[] } | null;
}

export interface FoundVerdict {
  verdict: Verdict;
  message: string;
  /** All of it in one sentence. */
  sentence: string;
  epoch: number;
  /** Whether the split is still at that epoch. */
  isCurrent: boolean;
  /** Since when the verdict stands without a break. */
  since: string;
  /** When it was last looked at. */
  evaluatedAt: string;
  /** When the newest outcome became final. */
  newestAt: string | null;
  /** Outcomes of the attempt. */
  target: SideCounts | null;
  legacy: SideCounts | null;
  /** `1 in 4,100`, against the agreed `1 in 20`; null: a plain limit, or a count of cases. */
  against: { shown: string; agreed: string | null } | null;
  /** What an override names, where it is of exactly this. */
  evidence: string;
}

export interface PastCrossing extends Crossing {
  /** Its verdict in one sentence; null where what it rested on is not kept. */
  sentence: string | null;
  /** What the rollback did, in order; empty where it was none. */
  actions: { action: RollbackAction; done: boolean; moved: number | null }[];
}
