import type { PlanPath } from '../plan-problem';
import type { Place } from '../yaml-nodes';

/** By which an entry of a list is known, the first that every entry of both lists has. */
const KEYS = ['id', 'type', 'layer', 'stage', 'datum', 'effect'] as const;

/** Fields that say that something is of another form: an entry that has one is taken whole. */
const WHOLE = ['notApplicable', 'byHand'] as const;

/**
 * What a plan writes, over what its template has. Maps are merged by name, lists of entries that have an id by it; anything else that
 * the plan writes stands for the whole of it. The plan's parts keep their places in its text.
 *
 * @param path where the plan wrote it
 * @param named whether it is an entry that both know by the same name
 */
export function mergePlaces(template: Place, plan: Place, path: PlanPath = [], named = false): Place {
  const written = { ...plan, written: path };
  if (isMap(template) && isMap(plan))
    return ofOtherForm(template, plan, named) ? written : mergeMaps(template, plan, path);
  if (!isList(template) || !isList(plan)) return written;
  const key = KEYS.find((name) =>
    [...itemsOf(template), ...itemsOf(plan)].every((item) => keyOf(item, name) !== undefined),
  );
  return key === undefined ? written : mergeLists(template, plan, key, path);
}

function mergeMaps(template: Place, plan: Place, path: PlanPath): Place {
  const children = new Map(template.children);
  for (const [name, child] of plan.children ?? []) {
    const below = children.get(name);
    children.set(
      name,
      below === undefined ? { ...child, written: [...path, name] } : mergePlaces(below, child, [...path, name]),
    );
  }
  const value = Object.fromEntries([...children].map(([name, child]) => [name, child.value]));
  return { ...plan, value, children, written: path };
}

/**
 * Entries of the template stay in its order, each as the plan changes it. One that only the plan has stands after the one before it in the
 * plan's list, else before the one after it, else at the end. Several of one key in the plan replace the template's.
 */
function mergeLists(template: Place, plan: Place, key: string, path: PlanPath): Place {
  const base = new Map(itemsOf(template).map((item) => [keyOf(item, key), item]));
  const byKey = new Map<string | undefined, Place[]>();
  const order = itemsOf(template).map((item) => keyOf(item, key));
  const names = itemsOf(plan).map((item) => keyOf(item, key));
  for (const [index, item] of itemsOf(plan).entries()) {
    const name = keyOf(item, key);
    const below = base.get(name);
    const alone = names.filter((other) => other === name).length === 1;
    const at = [...path, index];
    const merged = below === undefined || !alone ? { ...item, written: at } : mergePlaces(below, item, at, true);
    byKey.set(name, [...(byKey.get(name) ?? []), merged]);
  }
  for (const [index, name] of names.entries()) {
    if (order.includes(name)) continue;
    const before = names[index - 1];
    const next = names.slice(index + 1).find((other) => order.includes(other));
    const after = before === undefined ? -1 : order.indexOf(before);
    order.splice(after >= 0 ? after + 1 : next === undefined ? order.length : order.indexOf(next), 0, name);
  }
  const items = order.flatMap((name) => byKey.get(name) ?? base.get(name) ?? []);
  return { ...plan, value: items.map(({ value }) => value), children: new Map(items.entries()), written: path };
}

/** What has a name stays what it is when its kind changes; a rule or limit of another kind is another one. */
function ofOtherForm(template: Place, plan: Place, named: boolean): boolean {
  const kinds = [template, plan].map((place) => place.children?.get('kind')?.value);
  if (!named && kinds[0] !== undefined && kinds[1] !== undefined && kinds[0] !== kinds[1]) return true;
  return WHOLE.some((name) => (template.children?.has(name) === true) !== (plan.children?.has(name) === true));
}

function isMap({ value, children }: Place): boolean {
  return children !== undefined && !Array.isArray(value);
}

function isList({ value, children }: Place): boolean {
  return children !== undefined && Array.isArray(value);
}

export function itemsOf(list: Place): Place[] {
  return [...(list.children?.values() ?? [])];
}

function keyOf(item: Place, name: string): string | undefined {
  const key = isMap(item) ? item.children?.get(name)?.value : undefined;
  return typeof key === 'string' ? key : undefined;
}

/** What an entry of a list is called by. */
export function nameOfEntry(item: Place): string | undefined {
  return KEYS.map((key) => keyOf(item, key)).find((name) => name !== undefined);
}

/** The entry of a list that a template calls by this name, or the field of a map. */
export function partNamed(place: Place, name: string): string | number | undefined {
  if (isMap(place)) return place.children?.has(name) === true ? name : undefined;
  for (const [step, item] of place.children ?? []) {
    if (KEYS.some((key) => keyOf(item, key) === name)) return step;
  }
  return undefined;
}

/** The names by which the parts of a template are called. */
export function namesOfParts(place: Place): string[] {
  if (isMap(place)) return [...(place.children?.keys() ?? [])].map(String);
  return itemsOf(place).flatMap((item) => nameOfEntry(item) ?? []);
}

/** Without one of its parts. */
export function withoutPart(place: Place, [name, ...rest]: readonly (string | number)[]): Place {
  if (name === undefined) return place;
  const child = place.children?.get(name);
  if (child === undefined) return place;
  const entries = [...(place.children ?? [])].flatMap(([step, inner]): [string | number, Place][] => {
    if (step !== name) return [[step, inner]];
    return rest.length === 0 ? [] : [[step, withoutPart(child, rest)]];
  });
  if (isMap(place)) {
    return {
      ...place,
      value: Object.fromEntries(entries.map(([step, { value }]) => [step, value])),
      children: new Map(entries),
    };
  }
  const items = entries.map(([, inner]) => inner);
  return { ...place, value: items.map(({ value }) => value), children: new Map(items.entries()) };
}
