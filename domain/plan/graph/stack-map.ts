import { LAYERS, type Layer, type Stage } from '../journey';
import type { Plan } from '../plan-schema';

/** How people name the eight layers. */
export const LAYER_TITLES: Record<Layer, string> = {
  'landing-and-attribution': 'Landing and attribution',
  'intake-and-registration': 'Intake and registration',
  'crm-and-routing': 'CRM and routing',
  'charting-and-ehr': 'Charting and EHR',
  'billing-and-subscriptions': 'Billing and subscriptions',
  'patient-communication': 'Patient communication',
  'pharmacy-lab-fulfillment': 'Pharmacy, lab and fulfillment',
  'patient-portal': 'Patient portal',
};

/** A layer as it is, and as it is to be. */
export interface MovedLayer {
  layer: Layer;
  /** The system that owns its data, as is and to be: the same one where nothing moves. */
  legacy: string;
  target: string;
  /** The team that owns its action. */
  actionOwner: string;
  patientEvents: readonly string[];
  /** The phases that move the stages that the owner to be serves; with the stages. */
  movedBy: readonly { phase: string; stages: readonly Stage[] }[];
}

export interface OtherLayer {
  layer: Layer;
  /** Why it has no part in the migration. */
  notApplicable: string;
}

/** A system that owns the data of no layer. */
export interface OtherSystem {
  id: string;
  side: Plan['systems'][number]['side'];
  stages: readonly Stage[];
}

export interface StackMap {
  /** In the order of the eight layers. */
  layers: readonly (MovedLayer | OtherLayer)[];
  others: readonly OtherSystem[];
}

/** The stack as is and to be (R1, R2): every layer, and every system that owns none. */
export function stackMapOf(plan: Plan): StackMap {
  const layers = [...plan.stackMap]
    .sort((one, other) => LAYERS.indexOf(one.layer) - LAYERS.indexOf(other.layer))
    .map((row): MovedLayer | OtherLayer => {
      if ('notApplicable' in row) return row;
      const { layer, dataOwner, actionOwner, patientEvents } = row;
      return { layer, ...dataOwner, actionOwner, patientEvents, movedBy: moversOf(plan, dataOwner) };
    });
  const owners = new Set(layers.flatMap((row) => ('notApplicable' in row ? [] : [row.legacy, row.target])));
  const others = plan.systems
    .filter(({ id }) => !owners.has(id))
    .map(({ id, side }) => ({ id, side, stages: stagesOf(plan, id) }));
  return { layers, others };
}

/** By the stages that the owner to be serves; in a plan that declares no journey, by the data that it is handed. */
function moversOf(plan: Plan, { legacy, target }: { legacy: string; target: string }): MovedLayer['movedBy'] {
  if (legacy === target) return [];
  const byPhase = new Map<string, Stage[]>();
  for (const row of plan.journey ?? []) {
    if ('notApplicable' in row || row.phase === undefined || !row.systems.includes(target)) continue;
    byPhase.set(row.phase, [...(byPhase.get(row.phase) ?? []), row.stage]);
  }
  if (byPhase.size === 0) {
    for (const { owner, handedOverBy } of plan.ownership ?? []) {
      if (handedOverBy !== undefined && owner.target === target) byPhase.set(handedOverBy, []);
    }
  }
  return plan.phases.flatMap(({ id }) => {
    const stages = byPhase.get(id);
    return stages === undefined ? [] : [{ phase: id, stages }];
  });
}

function stagesOf({ journey = [] }: Plan, system: string): Stage[] {
  return journey.flatMap((row) => ('systems' in row && row.systems.includes(system) ? [row.stage] : []));
}
