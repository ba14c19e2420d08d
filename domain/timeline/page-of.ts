import type { Plan } from '../plan/plan-schema';

/** Where a vendor shows what an id of its stands for; null: the plan does not say. For whoever may see the id: it is in the address. */
export function pageOf(
  { systems }: Pick<Plan, 'systems'>,
  { vendor, kind, id }: { vendor: string; kind: string; id: string },
): string | null {
  const template = systems.find((system) => system.id === vendor)?.pages?.[kind];
  return template === undefined ? null : template.replaceAll('{id}', encodeURIComponent(id));
}
