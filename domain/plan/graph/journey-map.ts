import type { Lane } from '../../handoffs/lane';
import { STAGES, type Stage } from '../journey';
import type { Plan, PlanHandoff } from '../plan-schema';

/** How people name the seven stages. */
export const STAGE_TITLES: Record<Stage, string> = {
  discovery: 'Discovery',
  intake: 'Intake',
  payment: 'Payment',
  'provider-review': 'Provider review',
  fulfillment: 'Fulfillment',
  'portal-visibility': 'Portal visibility',
  refills: 'Refills',
};

type SystemSide = Plan['systems'][number]['side'];

/** A stage that patients go through, or a phase that moves none of the seven. */
export interface JourneyStop {
  stage?: Stage;
  /** The phase that moves it; where none does, its systems stay as they are. */
  phase?: string;
  systems: Record<SystemSide, readonly string[]>;
}

/** A handoff where it starts. */
export interface JourneyHandoff {
  handoff: PlanHandoff;
  /** The team that works on a missed one; null where it opens no case. */
  owner: string | null;
  /** Where another phase than its own must end it: which, and the lane that there is while one of both is on target alone. */
  bridge?: { endPhase: string; lane: Lane };
}

export interface JourneyPhase {
  phase: string;
  /** From 1, in the plan's order. */
  number: number;
  stages: readonly Stage[];
  /** Those that start in this phase. */
  handoffs: readonly JourneyHandoff[];
}

export interface JourneyMap {
  /** In the patient's order; then phases that move no stage. */
  stops: readonly JourneyStop[];
  /** Stages that patients of this company do not have, with the reason. */
  missing: readonly { stage: Stage; notApplicable: string }[];
  phases: readonly JourneyPhase[];
}

/** The patient's journey (R3): stages with their systems on each side, and every handoff in the phase that it starts in. */
export function journeyMapOf(plan: Plan): JourneyMap {
  const rows = [...(plan.journey ?? [])].sort((one, other) => STAGES.indexOf(one.stage) - STAGES.indexOf(other.stage));
  const stages = rows.flatMap((row): JourneyStop[] =>
    'notApplicable' in row
      ? []
      : [
          {
            stage: row.stage,
            ...(row.phase !== undefined && { phase: row.phase }),
            systems: bySide(plan, row.systems),
          },
        ],
  );
  const moved = new Set(stages.map(({ phase }) => phase));
  const others = plan.phases
    .filter(({ id }) => !moved.has(id))
    .map(({ id }): JourneyStop => ({ phase: id, systems: { legacy: [], target: [], shared: [] } }));
  return {
    stops: [...stages, ...others],
    missing: rows.filter((row) => 'notApplicable' in row),
    phases: plan.phases.map(({ id }, index) => ({
      phase: id,
      number: index + 1,
      stages: stages.flatMap(({ stage, phase }) => (phase === id && stage !== undefined ? [stage] : [])),
      handoffs: plan.handoffs.filter(({ phase }) => phase === id).map((handoff) => whereItEnds(plan, handoff)),
    })),
  };
}

/** Every handoff that another phase must end than it started in. */
export function bridgesOf(plan: Plan): (JourneyHandoff & Required<Pick<JourneyHandoff, 'bridge'>>)[] {
  return plan.handoffs
    .map((handoff) => whereItEnds(plan, handoff))
    .filter((found): found is JourneyHandoff & Required<Pick<JourneyHandoff, 'bridge'>> => found.bridge !== undefined);
}

function whereItEnds({ phases, queues }: Plan, handoff: PlanHandoff): JourneyHandoff {
  const owner = queues.find(({ id }) => id === handoff.queue)?.owner ?? handoff.queue ?? null;
  const { phase, endPhase } = handoff;
  if (endPhase === undefined || endPhase === phase) return { handoff, owner };
  const order = phases.map(({ id }) => id);
  // I14: whoever is on legacy in one phase is on legacy in those after it. So only the phase that moved first can be on target alone.
  const lane = order.indexOf(phase) < order.indexOf(endPhase) ? 'target→legacy' : 'legacy→target';
  return { handoff, owner, bridge: { endPhase, lane } };
}

function bySide({ systems }: Plan, ids: readonly string[]): JourneyStop['systems'] {
  const on = (side: SystemSide): string[] =>
    ids.filter((id) => systems.some((system) => system.id === id && system.side === side));
  return { legacy: on('legacy'), target: on('target'), shared: on('shared') };
}
