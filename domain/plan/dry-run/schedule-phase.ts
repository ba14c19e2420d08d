import { calendarOf } from '../../calendar/calendar-of';
import type { Plan, PlanPhase } from '../plan-schema';
import { judgeGates, type GateAtVolume } from './judge-gates';
import { latest, later, openingOf } from './openings';
import { scheduleCohort, type CohortSchedule } from './schedule-cohort';
import { scheduleWaves, type WavesSchedule } from './schedule-waves';
import { wayBackOf, type WayBack } from './way-back';

/** A phase at the earliest. */
export interface PhaseSchedule {
  phase: string;
  kind: PlanPhase['kind'];
  unit: PlanPhase['unit'];
  /** The calendar that it goes on by; null where it goes on at any hour. */
  calendar: string | null;
  /** When the one before is stable: it is checked, and people are asked for the go. */
  asked: Date | null;
  /** The first step of any cohort. */
  begins: Date | null;
  cohorts: CohortSchedule[];
  /** What must have come round besides the soak's time. */
  soakCycles: NonNullable<PlanPhase['soakCycles']>;
  /** When the soak of every cohort is over, and people are asked for the commit. */
  soaked: Date | null;
  commits: Date | null;
  /** When the next phase may start; null after the last. */
  stable: Date | null;
  approvals: PlanPhase['approvals'];
  gates: GateAtVolume[];
  waves: WavesSchedule | null;
  wayBack: WayBack;
  irreversible: PlanPhase['irreversible'];
  armedEffects: NonNullable<PlanPhase['armedEffects']>;
  /** Limits that people watch. */
  watched: string[];
  coverage: NonNullable<Plan['coverage']>;
  /** What its commit hands over. */
  handsOver: { datum: string; from: string; to: string }[];
  /** What the old owners still owe after the commit. */
  tails: { id: string; datum: string; what: string; owner: string; ends: Date | null }[];
}

/** @param from when the phase before is stable, or the migration's start */
export function schedulePhase(plan: Plan, phase: PlanPhase, from: Date | null): PhaseSchedule {
  const opening = openingOf(plan, phase);
  const cohorts = phase.cohorts.map((cohort) => scheduleCohort(phase, cohort, opening, from));
  const moved = cohorts.filter(({ staysOnLegacy }) => staysOnLegacy === null);
  const soaked = latest(moved.map((cohort) => cohort.soaked));
  const commits = opening(soaked);
  const handed = (plan.ownership ?? []).filter(({ handedOverBy }) => handedOverBy === phase.id);
  return {
    phase: phase.id,
    kind: phase.kind,
    unit: phase.unit,
    calendar: calendarOf(plan, phase.id)?.id ?? null,
    asked: from,
    begins: opening(from),
    cohorts,
    soakCycles: phase.soakCycles ?? [],
    soaked,
    commits,
    stable: plan.phases.at(-1)?.id === phase.id ? null : later(commits, phase.dwell),
    approvals: phase.approvals,
    gates: judgeGates(plan, phase),
    // Those who are here already move after the ramp.
    waves: scheduleWaves(plan, phase, opening, latest(moved.map(({ soaks }) => soaks))),
    wayBack: wayBackOf(plan, phase, commits),
    irreversible: phase.irreversible,
    armedEffects: phase.armedEffects ?? [],
    watched: (plan.declaredGates ?? [])
      .filter(({ phases }) => phases?.includes(phase.id) !== false)
      .map(({ id }) => id),
    coverage: (plan.coverage ?? []).filter((row) => row.phase === phase.id),
    handsOver: handed.map(({ datum, owner }) => ({ datum, from: owner.legacy, to: owner.target })),
    tails: handed.flatMap(({ datum, tails = [] }) =>
      tails.map(({ id, what, owner, ends }) => ({ id, datum, what, owner, ends: later(commits, ends) })),
    ),
  };
}
