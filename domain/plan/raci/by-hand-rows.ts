import type { Plan } from '../plan-schema';
import type { RaciRow } from './raci-row';

/**
 * What people must do that the plan gives no team for: its language has no field for one. Each is a row without anybody accountable, so that it is seen, and agreed on
 * elsewhere.
 */
export function byHandRows({ phases }: Plan): RaciRow[] {
  return phases.flatMap(({ id: phase, irreversible, armedEffects = [], waves }) => [
    ...irreversible.map(({ effect, undo }) =>
      nobody(`after a rollback, ${effect}: ${undo}`, `phases[${phase}].irreversible[${effect}]`),
    ),
    ...armedEffects.map(({ effect, disarm }) =>
      nobody(`disarm ${effect}: ${disarm}`, `phases[${phase}].armedEffects[${effect}]`),
    ),
    ...(waves?.exclusions ?? []).map(({ id, who, why }) =>
      nobody(`excluded from every wave: ${who} ${why}`, `phases[${phase}].waves.exclusions[${id}]`),
    ),
    ...(waves?.lists ?? []).flatMap((list) =>
      'byHand' in list
        ? [nobody(`moved by hand, ${list.existing}: ${list.byHand}`, `phases[${phase}].waves.lists[${list.id}]`)]
        : [],
    ),
    ...(waves?.notice === undefined
      ? []
      : [nobody(`told before a wave: ${waves.notice}`, `phases[${phase}].waves.notice`)]),
  ]);
}

function nobody(thing: string, from: string): RaciRow {
  return { area: 'by hand', thing, responsible: [], consulted: [], informed: [], from };
}
