import type { Draft } from '../plan/draft';
import type { JourneyKind, PhaseKind, Severity } from '../plan/journey';
import type { Plan, PlanDocument, PlanPhase } from '../plan/plan-schema';
import type { Side } from '../sides/side';
import type { UnitKind } from '../sides/units';
import type { BuiltInQueueId } from './built-in-queues';

type PhaseDocument = PlanDocument['phases'][number];

/** An event of the journey's vocabulary. Besides its own fields it may carry the plan's attributes, each as a code. */
export interface KindEvent {
  type: string;
  data?: Readonly<Record<string, KindField>>;
}

/** Of its own codes, or of the values of one of the plan's attributes: then only where the plan has that attribute. */
export type KindField = { codes: readonly string[] } | { codesOf: string };

/** A handoff that a phase of this kind has unless the plan declares the phase's own. As in a plan, but that phases are named by kind. */
export interface KindHandoff {
  id: string;
  start: string;
  end: readonly string[];
  within: string;
  unless?: readonly string[];
  endKind?: JourneyKind;
  severity: Severity;
  queue: BuiltInQueueId;
}

/** A place in the journey that a patient gets to by an event. */
export interface KindStage {
  id: string;
  reachedBy: string;
}

/** A page that patients of this part of the journey see, which wants a probe on each of these sides. */
export interface KindProbe {
  page: string;
  sides: readonly Side[];
}

/** A check that only phases of this kind have: run when a plan is linted, and again before the phase starts. */
export interface OwnCheck {
  /** Stable name, such as `payment-legs`. */
  id: string;
  /** The requirement it holds the plan to, such as `R14`. */
  requirement: string;
  /** What passing means, for the list of checks: such as `both legs after a payment are handed off.` */
  passes: string;
  /**
   * What to do about each failure; none where it passes. `plan` may have parts that could not be read, which count as there: they were
   * found wrong already.
   */
  check: (plan: Draft<Plan>, phase: Draft<PlanPhase>) => readonly string[];
}

/**
 * What is known of one part of the patient's journey, whatever the company. A plan's phase of this kind takes from here what it leaves
 * out; owners, rollback rules and approvals are no part of it: those are for people to decide.
 */
export interface KindDeclaration {
  kind: PhaseKind;
  /** What has a side in it. None for a part that only the plan knows. */
  unit?: UnitKind;
  /** In the patient's order. */
  stages: readonly KindStage[];
  events: readonly KindEvent[];
  handoffs: readonly KindHandoff[];
  gates: readonly NonNullable<PhaseDocument['gates']>[number][];
  /** Where its stuck cases usually go. */
  queues: readonly BuiltInQueueId[];
  probes: readonly KindProbe[];
  irreversible: readonly NonNullable<PhaseDocument['irreversible']>[number][];
  /** Whom nobody brings back by itself: those who got this far finish where they are. */
  milestones: readonly KindStage[];
  ownChecks: readonly OwnCheck[];
}
