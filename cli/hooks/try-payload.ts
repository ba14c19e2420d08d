import { createHash } from 'node:crypto';
import { EventContract } from '../../domain/events/event-contract';
import { HookTranslator, type Translated } from '../../domain/hooks/hook-translator';
import { leafPaths } from '../../domain/hooks/payload';
import { readBody, type BodyKind } from '../../domain/hooks/read-body';
import { isRefusedItem, type Delivery, type VendorModule } from '../../domain/hooks/vendor-item';
import { VENDORS, type Vendor } from '../../domain/hooks/vendors';
import type { Plan, PlanHook } from '../../domain/plan/plan-schema';
import { prefixOf } from '../../domain/sides/key-grammar';

/** An id as it may be shown: its kind, what it names, and enough of it to know it again. */
export interface MaskedId {
  kind: string;
  id: string;
  names?: string;
}

/** What one of a payload's events becomes, or why nothing is made of it. */
export interface TriedEvent {
  from: string | null;
  became: 'event' | 'idsOnly' | 'unknown' | 'unmet' | 'refused' | 'read';
  /** The plan's event. */
  type?: string;
  /** RFC 3339; null: when it is received. */
  time?: string | null;
  ids?: MaskedId[];
  keys?: Record<string, string>;
  data?: Record<string, unknown>;
  /** Names of what the vendor says in codes, for a plan to choose from. */
  fields?: string[];
  refusal?: { code: string; message: string };
  /** Names of fields of which nothing is kept. */
  dropped: string[];
}

/** What a plan's hook makes of a payload. @throws HookRefused where the whole payload is refused */
export async function tryHook(plan: Plan, hook: PlanHook, bytes: Buffer, now: number): Promise<TriedEvent[]> {
  const translator = new HookTranslator(hook, plan, new EventContract(plan));
  const items = await translator.translate(deliveryOf(translator.bodyKind, bytes), now);
  return items.flatMap(({ translated, dropped }) => {
    const names = dropped.map(shownName);
    return translated.became === 'events' ? eventsOf(translated, names) : [nothingOf(translated, names)];
  });
}

/** What is understood of a vendor's payload before a plan says what it means. @throws HookRefused */
export function tryVendor(vendor: Vendor, bytes: Buffer): TriedEvent[] {
  const module: VendorModule = VENDORS[vendor];
  return module.read(deliveryOf(module.body, bytes)).map((item) => {
    if (isRefusedItem(item)) return { from: item.type ?? null, became: 'refused', refusal: item.refused, dropped: [] };
    const { type, time, ids, fields, derived = {}, payload } = item;
    return {
      from: type,
      became: 'read',
      time: time === null ? null : new Date(time).toISOString(),
      ids: ids.map(({ kind, id }) => ({ kind, id: masked(id) })),
      fields: [...Object.keys(derived), ...fields.keys()].sort(),
      dropped: [...leafPaths(payload.value)]
        .filter((path) => !isTaken(path, payload.takenPaths))
        .map(shownName)
        .sort(),
    };
  });
}

type Became<Kind extends Translated['became']> = Extract<Translated, { became: Kind }>;

function eventsOf({ type: from, events }: Became<'events'>, dropped: string[]): TriedEvent[] {
  return events.map(({ type, time, ids, keys = {}, data }) => ({
    from,
    became: type === null ? 'idsOnly' : 'event',
    ...(type !== null && { type }),
    time: time === null ? null : new Date(time).toISOString(),
    ids: ids.map(({ kind, id, names }) => ({ kind, id: masked(id), names })),
    keys: Object.fromEntries(Object.entries(keys).map(([kind, key]) => [kind, `${prefixOf(key) ?? ''}_…`])),
    data,
    dropped,
  }));
}

function nothingOf(translated: Exclude<Translated, Became<'events'>>, dropped: string[]): TriedEvent {
  const { became, type = null } = translated;
  return { from: type, became, ...(became === 'refused' && { refusal: translated.refusal }), dropped };
}

function deliveryOf(kind: BodyKind, bytes: Buffer): Delivery {
  // A form may be given as the map of its fields: nobody has forms in files.
  const asMap = kind === 'form' && bytes.subarray(0, 1).toString() === '{';
  return {
    body: readBody(asMap ? 'json' : kind, bytes),
    query: {},
    bodyDigest: createHash('sha256').update(bytes).digest('hex'),
  };
}

function isTaken(path: string, taken: ReadonlySet<string>): boolean {
  return [...taken].some((one) => one === path || path.startsWith(`${one}.`));
}

/** Enough to know it again by whoever has it before them. */
function masked(id: string): string {
  return id.length < 9 ? '…' : `${id.slice(0, 4)}…`;
}

/** Names of fields are developers'; what is none is not shown. */
function shownName(path: string): string {
  return path
    .split('.')
    .map((name) => (/^[A-Za-z0-9_$-]{1,64}$/.test(name) ? name : '(unnamed)'))
    .join('.');
}
