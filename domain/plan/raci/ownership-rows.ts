import { formatDuration } from '../../time/duration';
import { LAYER_TITLES } from '../graph/stack-map';
import { DATA } from '../journey';
import type { OwnershipRow, Plan } from '../plan-schema';
import { UNDECIDED } from '../schema/values';
import type { RaciRow } from './raci-row';

/** Layers: the team that owns the action does it and answers for it. One that is still to be decided is nobody yet. */
export function layerRows({ stackMap }: Plan): RaciRow[] {
  return stackMap.flatMap((row): RaciRow[] => {
    if ('notApplicable' in row) return [];
    const { layer, dataOwner, actionOwner, patientEvents } = row;
    const decided = actionOwner !== UNDECIDED;
    return [
      {
        area: 'layer',
        thing: `${LAYER_TITLES[layer]}: what is done about ${patientEvents.join(', ')} (data: ${ownersWords(dataOwner)})`,
        responsible: decided ? [actionOwner] : [],
        ...(decided && { accountable: actionOwner }),
        consulted: [],
        informed: [],
        from: `stackMap[${layer}]`,
      },
    ];
  });
}

/** Data: the escalation owner answers; the teams that act in the layers of the owning systems do the work. Without a matrix nobody does. */
export function datumRows(plan: Plan): RaciRow[] {
  if (plan.ownership === undefined) {
    return DATA.map((datum) => ({
      area: 'datum',
      thing: `${datum}: the plan has no ownership matrix`,
      responsible: [],
      consulted: [],
      informed: [],
      from: 'ownership',
    }));
  }
  return plan.ownership.map((row) => datumRow(plan, row));
}

function datumRow(plan: Plan, row: OwnershipRow): RaciRow {
  const { datum, stages, owner, handedOverBy, secondaryWriter, escalation } = row;
  const acting = actingOn(plan, [owner.legacy, owner.target]);
  return {
    area: 'datum',
    thing: `${datum} in ${stages === undefined ? 'every stage' : stages.join(', ')} (${ownersWords(owner)})`,
    responsible: acting.length === 0 ? [escalation] : acting,
    accountable: escalation,
    consulted: secondaryWriter === undefined ? [] : without(actingOn(plan, [secondaryWriter]), [...acting, escalation]),
    informed: [],
    ...(handedOverBy !== undefined && { due: `handed over by the commit of ${handedOverBy}` }),
    from: `ownership[${datum}]`,
  };
}

/** What the old owner still owes: the tail's team does it and answers for it, until its end. */
export function tailRows({ ownership = [] }: Plan): RaciRow[] {
  return ownership.flatMap(({ datum, handedOverBy, escalation, tails = [] }) =>
    tails.map(({ id, what, writer, owner, ends }) => ({
      area: 'tail' as const,
      thing: `${id}: ${what} (written by ${writer})`,
      responsible: [owner],
      accountable: owner,
      consulted: without([escalation], [owner]),
      informed: [],
      due: `${formatDuration(ends)} after the commit${handedOverBy === undefined ? '' : ` of ${handedOverBy}`}`,
      from: `ownership[${datum}].tails[${id}]`,
    })),
  );
}

/** The teams that act in the layers whose data these systems own. */
export function actingOn({ stackMap }: Plan, systems: readonly string[]): string[] {
  const teams = stackMap.flatMap((row) => {
    if ('notApplicable' in row || row.actionOwner === UNDECIDED) return [];
    const { legacy, target } = row.dataOwner;
    return systems.includes(legacy) || systems.includes(target) ? [row.actionOwner] : [];
  });
  return [...new Set(teams)];
}

export function without(names: readonly string[], others: readonly string[]): string[] {
  return [...new Set(names)].filter((name) => !others.includes(name));
}

function ownersWords({ legacy, target }: { legacy: string; target: string }): string {
  return legacy === target ? `${legacy}, before and after` : `${legacy}, then ${target}`;
}
