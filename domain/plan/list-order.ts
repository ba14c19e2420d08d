import { canonicalJson } from './canonical-json';
import { isMapOfNames } from './schema-walk';

/** Lists in which what stands first, or comes next, has a meaning. Of any other the order has none. */
const ORDERED: readonly string[] = ['phases', 'cohorts', 'milestones', 'path', 'ramp', 'sizes', 'lists', 'escalation'];
/** By which an entry of a list is named, the first that all of them have. */
const NAMES = ['id', 'type', 'layer', 'effect', 'stage', 'datum', 'name', 'key', 'kind', 'from', 'field'];
/** Lists of which the order says nothing and no entry has a name: told apart by all that they say. */
const NAMELESS: readonly string[] = ['pairs', 'when'];

type Names = Record<string, unknown>;

/** Whether the order of a list that stands under this name says something. */
export function isOrdered(name: string): boolean {
  return ORDERED.includes(name);
}

/** Whether the entries of a list that stands under this name are told apart by all that they say. */
export function isNameless(name: string): boolean {
  return NAMELESS.includes(name);
}

/** The entries of a list by their names; undefined where they have none that tells them apart. */
export function named(list: readonly unknown[]): Map<string, Names> | undefined {
  const maps = list.filter(isMapOfNames);
  if (maps.length < list.length) return undefined;
  const key = NAMES.find((name) => maps.every((one) => typeof one[name] === 'string'));
  if (key === undefined) return maps.length === 0 ? new Map() : undefined;
  for (const nameOf of [
    (one: Names) => String(one[key]),
    (one: Names) => `${String(one[key])} ${stagesOf(one)}`,
    (one: Names) => `${String(one[key])} ${String(one['to'])}`,
    (one: Names) => `${String(one[key])} ${String(one['to'])} ${canonicalJson(inOneOrder(one['when'] ?? [], 'when'))}`,
  ]) {
    const entries = new Map(maps.map((one) => [nameOf(one), one]));
    if (entries.size === list.length) return entries;
  }
  return undefined;
}

/** Values in an order that is the same however they were written. */
export function sorted(list: readonly unknown[]): unknown[] {
  return list
    .map((value) => [canonicalJson(value), value] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, value]) => value);
}

/** A value of a plan with every list whose order says nothing in one order: two of the same meaning are equal then. */
export function inOneOrder(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => inOneOrder(item));
    if (isOrdered(name)) return items;
    if (isNameless(name)) return sorted(items);
    if (items.every((item) => typeof item !== 'object')) return sorted(items);
    const entries = named(items);
    return entries === undefined
      ? items
      : [...entries].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, entry]) => entry);
  }
  if (!isMapOfNames(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inOneOrder(inner, key)]));
}

/**
 * A place as lint writes it, `stackMap[4].actionOwner`, with the names of entries instead of their numbers, where order says nothing: it is the same place however the
 * list is written.
 */
export function namedPlace(plan: unknown, place: string): string {
  let at: unknown = plan;
  let list = '';
  return place.replace(/([^.[\]]+)|\[(\d+)\]/g, (step: string, name: string | undefined, index: string | undefined) => {
    if (name !== undefined) {
      list = name;
      at = isMapOfNames(at) ? at[name] : undefined;
      return step;
    }
    const items = Array.isArray(at) ? (at as unknown[]) : [];
    at = items[Number(index)];
    const entries = isOrdered(list) ? undefined : named(items);
    const [entry] = [...(entries ?? [])].find(([, one]) => one === at) ?? [];
    return entry === undefined ? step : `[${entry}]`;
  });
}

/** A datum may have several owners, each in stages of its own. */
function stagesOf({ stages }: Names): string {
  return Array.isArray(stages) ? sorted(stages).join('+') : '';
}
