import type { Plan } from '../plan-schema';
import { byHandRows } from './by-hand-rows';
import { datumRows, layerRows, tailRows } from './ownership-rows';
import { checkRows, coverageRows, decisionRows, queueRows, taskRows, waiverRows } from './people-rows';
import type { RaciRow } from './raci-row';
import { declaredGateRows, queueRuleRows, rollbackRuleRows } from './rule-rows';

/**
 * Who owns what (R40): a row for each thing of the plan that somebody has a part in. Exactly one team or role answers for each; a row that has nobody says so. What the letters
 * mean for each kind of thing is in docs/plan-pictures.md.
 */
export function raciOf(plan: Plan): RaciRow[] {
  return [
    ...layerRows(plan),
    ...datumRows(plan),
    ...tailRows(plan),
    ...queueRows(plan),
    ...rollbackRuleRows(plan),
    ...queueRuleRows(plan),
    ...declaredGateRows(plan),
    ...decisionRows(plan),
    ...checkRows(plan),
    ...coverageRows(plan),
    ...taskRows(plan),
    ...waiverRows(plan),
    ...byHandRows(plan),
  ];
}

/** Rows that nobody answers for. */
export function unowned(rows: readonly RaciRow[]): RaciRow[] {
  return rows.filter(({ accountable }) => accountable === undefined);
}
