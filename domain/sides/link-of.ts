import type { DomainError } from '../domain-error';
import type { Plan } from '../plan/plan-schema';
import type { KeyLink } from './judge-links';
import { KeyOutsideGrammar, prefixOf } from './key-grammar';
import { KindsNotLinked, TestUnitLinked } from './link-failures';
import type { UnitKind } from './units';

/** A link as somebody sends it. */
export interface GivenLink {
  kind: UnitKind;
  alias: string;
  unit: string;
}

/**
 * What a link means in a plan; or why these two keys are not linked.
 * @param where names it in errors, such as `links.3`
 * @throws KeyOutsideGrammar
 */
export function linkOf(
  { keys, testUnits }: Pick<Plan, 'keys' | 'testUnits'>,
  { kind, alias, unit }: GivenLink,
  where: string,
): KeyLink | DomainError {
  const prefix = keys[kind];
  if (prefix === undefined || prefixOf(alias) !== prefix) throw new KeyOutsideGrammar(`'${where}.alias'`, prefix);
  const unitPrefix = prefixOf(unit);
  const unitKind = Object.entries(keys).find(([, of]) => of === unitPrefix)?.[0];
  if (unitPrefix === undefined || unitKind === undefined) throw new KeyOutsideGrammar(`'${where}.unit'`);
  if (testUnits?.includes(alias) === true || testUnits?.includes(unit) === true) return new TestUnitLinked();
  if (unitKind === kind) return { kind, alias, unit, unitKind: kind };
  if (kind === 'visitor' && unitKind === 'patient') return { kind, alias, unit, unitKind };
  return new KindsNotLinked();
}
