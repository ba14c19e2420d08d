import { CLOCKS_APART, sideAt, wrongPhaseOf, type Sender } from '../domain/handoffs/event-sides';
import { unitKeyOf } from '../domain/handoffs/unit-key';
import { contradictionQueue } from '../domain/queues/contradiction-queue';
import type { Side } from '../domain/sides/side';
import type { UnitKeys } from '../domain/sides/units';
import { compress } from '../domain/time/time-scale';
import type { TwoSidedCase } from './exceptions';
import type { MigrationPlan } from './migration-plans';
import type { JourneyKey } from './occurrence-rows';
import type { UnitsInPhases } from './units-in-phases';
import type { FoundPlacement, UnitInPhase, WrongSideFinding } from './wrong-side-events';

interface SentEvent extends JourneyKey {
  source: string;
  id: string;
  type: string;
  subject: string;
  units: UnitKeys;
  time: number;
  identity: string;
}

/** All the events of a journey, and the plan that says where they come from. */
export interface JourneyToJudge {
  of: MigrationPlan;
  events: readonly SentEvent[];
}

/** What is wrong with some journeys. Each belongs to the journey that it names. */
export interface WrongSides {
  findings: WrongSideFinding[];
  cases: TwoSidedCase[];
}

/** An event of a system of one stack, with where its unit is in each phase that the type belongs to. */
export interface JudgedEvent {
  of: MigrationPlan;
  event: SentEvent;
  sender: Sender;
  phases: { phase: string; unit: number }[];
}

/** Those of journeys whose placements say something of them, and notes whose. */
export function eventsToJudge(journeys: readonly JourneyToJudge[], units: UnitsInPhases): JudgedEvent[] {
  return journeys.flatMap(({ of, events }) =>
    events.flatMap((event): JudgedEvent[] => {
      const sender = of.sides.senderOf(event.source);
      const phases = sender === undefined ? [] : of.sides.phasesOf(event.type);
      if (sender === undefined || phases.length === 0) return [];
      const named = phases.map((phase) => ({ phase, unit: units.numberOf(unitInPhase(of, phase, event, events)) }));
      return [{ of, event, sender, phases: named }];
    }),
  );
}

/**
 * Events from the side that their unit was not on when they happened; and the units that both sides act for: in one phase and one journey there is an
 * event of each side after the unit was placed. Whom a rollback took back in the middle has a case already.
 * @param placements of the units that `eventsToJudge` noted
 */
export function findWrongSides(
  judged: readonly JudgedEvent[],
  placements: readonly (FoundPlacement | null)[],
): WrongSides {
  const placed = ({ unit }: { unit: number }): FoundPlacement | null => placements[unit] ?? null;
  const findings: WrongSideFinding[] = [];
  const about = new Map<WrongSideFinding, { of: MigrationPlan; placement: FoundPlacement }>();
  for (const { of, event, sender, phases } of judged) {
    const standings = phases.map((one) => ({ phase: one.phase, side: sideOf(of, placed(one), event.time) }));
    const phase = wrongPhaseOf(sender.side, standings);
    const placement = placed(phases.find((one) => one.phase === phase) ?? { unit: -1 });
    if (phase === undefined || placement === null) continue;
    const finding = toFinding(event, sender, phase, placement);
    findings.push(finding);
    about.set(finding, { of, placement });
  }
  // Hardly any journey has one, and only then it matters what came from the right side.
  if (findings.length === 0) return { findings, cases: [] };
  const right = new Set<string>();
  for (const { of, event, sender, phases } of judged) {
    for (const one of phases) {
      const placement = placed(one);
      if (placement !== null && sideOf(of, placement, event.time) === sender.side)
        right.add(actsFor(event, one.phase, placement.unit));
    }
  }
  const cases = new Map<string, TwoSidedCase>();
  for (const [finding, { of, placement }] of about) {
    const key = actsFor(finding, finding.phase, finding.unit);
    if (right.has(key) && !placement.broughtBack && !cases.has(key)) cases.set(key, toCase(of, finding));
  }
  return { findings, cases: [...cases.values()] };
}

function sideOf({ timeScale }: MigrationPlan, placement: FoundPlacement | null, at: number): Side | null {
  return placement === null ? null : sideAt(placement, at, compress(CLOCKS_APART, timeScale));
}

function actsFor({ migration, journey }: JourneyKey, phase: string, unit: string): string {
  return `${migration} ${journey} ${phase} ${unit}`;
}

function unitInPhase(of: MigrationPlan, name: string, event: SentEvent, journey: readonly SentEvent[]): UnitInPhase {
  const phase = of.plan.phases.find(({ id }) => id === name);
  const { anonymousUnit } = phase ?? {};
  return {
    migration: of.id,
    phase: name,
    unit: phase === undefined ? undefined : unitKeyOf(phase.unit, event, journey),
    visitor: anonymousUnit === undefined ? undefined : unitKeyOf(anonymousUnit, event, journey),
  };
}

function toFinding(event: SentEvent, sender: Sender, phase: string, placement: FoundPlacement): WrongSideFinding {
  const { migration, source, id, type, journey, subject, time } = event;
  const placedSide: Side = sender.side === 'legacy' ? 'target' : 'legacy';
  const { unit, cohort } = placement;
  return { migration, source, id, type, journey, subject, time, ...sender, phase, cohort, unit, placedSide };
}

function toCase(of: MigrationPlan, finding: WrongSideFinding): TwoSidedCase {
  const queue = contradictionQueue(of, finding.phase);
  if (queue === undefined) throw new Error('A plan has no queue.');
  const { migration, phase, cohort, unit, placedSide: side, journey, subject } = finding;
  const { planHash } = of;
  return {
    ...{ migration, planHash, phase, cohort, unit, side, journey, subject },
    ...{ queue: queue.id, owner: queue.owner, sla: queue.sla },
  };
}
