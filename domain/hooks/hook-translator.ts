import type { VendorEvent, VendorId } from '../crosswalk/vendor-event';
import type { EventContract, EventData } from '../events/event-contract';
import { isRefused, type EventRefusal } from '../events/event-refusal';
import { CLOCK_AHEAD } from '../events/accept-event';
import type { HookEvent, Plan, PlanHook } from '../plan/plan-schema';
import { prefixOf } from '../sides/key-grammar';
import { UNIT_KINDS, type UnitKeys, type UnitKind } from '../sides/units';
import { Expression } from './expression';
import { HookRefused, type HookRefusal } from './hook-refusal';
import { foundIds } from './item-parts';
import { OtherVendor, readMoment } from './other-vendor';
import { leafPaths, textOf } from './payload';
import { isRefusedItem, type Delivery, type RefusedItem, type VendorItem, type VendorModule } from './vendor-item';
import { OTHER_VENDOR, VENDORS } from './vendors';

/**
 * What one thing that a vendor reports becomes.
 * - `events`: these, all of them.
 * - `unknown`: nothing; the plan does not say what its type is. It is acknowledged.
 * - `unmet`: nothing; its conditions do not hold. It is acknowledged.
 * - `refused`: nothing, and it says why.
 */
export type Translated =
  | { became: 'events'; type: string; events: readonly VendorEvent[] }
  | { became: 'unknown' | 'unmet'; type: string }
  | { became: 'refused'; type: string | undefined; refusal: HookRefusal | EventRefusal; event?: RefusedEvent };

/** What is kept of an item that was refused: nothing but codes. */
export interface RefusedEvent {
  id: string;
  data: EventData;
}

/** An item with what became of it, and what of it was dropped: names of fields alone. */
export interface TranslatedItem {
  translated: Translated;
  dropped: readonly string[];
}

/** What a hook makes of deliveries, by one version of a plan. Made once for it. */
export class HookTranslator {
  readonly source: string;
  private readonly module: VendorModule | undefined;
  private readonly other: OtherVendor | undefined;
  private readonly byType = new Map<string, Mapping[]>();
  private readonly pairs: readonly (readonly [string, string])[];

  constructor(
    private readonly hook: PlanHook,
    plan: Pick<Plan, 'systems' | 'keys' | 'events'>,
    private readonly contract: EventContract,
  ) {
    const system = plan.systems.find(({ id }) => id === hook.system);
    if (system === undefined) throw new TypeError('The hook names a system that the plan does not have.');
    this.source = system.source;
    this.module = hook.vendor === OTHER_VENDOR ? undefined : VENDORS[hook.vendor];
    this.other = hook.payload === undefined ? undefined : new OtherVendor(hook.payload);
    for (const event of hook.events) {
      const fields = plan.events.find(({ type }) => type === event.to)?.data ?? {};
      const mapping = new Mapping(event, hook.system, fields, plan.keys, this.module);
      this.byType.set(event.from, [...(this.byType.get(event.from) ?? []), mapping]);
    }
    const declared = (hook.pairs ?? []).map(([one = '', other = '']) => [one, other] as const);
    this.pairs = [...(this.module?.pairs ?? []), ...declared];
  }

  /** What a body of this vendor is read as. */
  get bodyKind(): VendorModule['body'] {
    return this.module?.body ?? 'json';
  }

  /**
   * @param now milliseconds since 1970, to refuse what has not happened yet
   * @throws HookRefused where the delivery is none of the vendor's
   */
  async translate(delivery: Delivery, now: number): Promise<TranslatedItem[]> {
    const items = (await this.other?.read(delivery)) ?? this.module?.read(delivery) ?? [];
    const done: TranslatedItem[] = [];
    for (const item of items) done.push(await this.translateItem(item, now));
    return done;
  }

  private async translateItem(item: VendorItem | RefusedItem, now: number): Promise<TranslatedItem> {
    if (isRefusedItem(item)) {
      return { translated: { became: 'refused', type: item.type, refusal: item.refused }, dropped: [] };
    }
    let translated: Translated;
    try {
      translated = await this.judge(item, now);
    } catch (error) {
      if (!(error instanceof HookRefused)) throw error;
      translated = { became: 'refused', type: item.type, refusal: { code: error.code, message: error.message } };
    }
    const taken = [...item.payload.takenPaths];
    const dropped = [...leafPaths(item.payload.value)].filter(
      (path) => !taken.some((one) => one === path || path.startsWith(`${one}.`)),
    );
    return { translated, dropped: dropped.sort() };
  }

  private async judge(item: VendorItem, now: number): Promise<Translated> {
    const { type } = item;
    const refuse = (code: HookRefusal['code'], message: string, data?: EventData): Translated => ({
      ...{ became: 'refused', type, refusal: { code, message } },
      ...(data !== undefined && { event: { id: item.id, data } }),
    });
    const { accounts } = this.hook;
    if (accounts !== undefined && (item.account === undefined || !accounts.includes(item.account))) {
      return refuse(
        'hook-other-account',
        'The event is of an account that this hook does not take. Send it to the hook of its account, or declare the account.',
      );
    }
    const mappings = this.byType.get(type);
    if (mappings === undefined) return { became: 'unknown', type };
    if (item.contradicts === true) {
      return refuse(
        'hook-contradicts-itself',
        'The event says that something happened, and its object says that it did not. Look at it with the vendor; nothing was made of it.',
        {},
      );
    }
    const events: VendorEvent[] = [];
    for (const mapping of mappings) {
      if (!(await mapping.holds(item))) continue;
      const event = await mapping.event(item, { source: this.source, pairs: this.pairs });
      if (event === 'badTime') return refuse('hook-bad-time', 'The event says when it was in no time that there is.');
      if (event.time !== null && event.time > now + CLOCK_AHEAD) {
        return {
          became: 'refused',
          type,
          refusal: {
            code: 'event-from-the-future',
            message: `The event is more than ${CLOCK_AHEAD / 60_000} minutes ahead of this clock. Set the sender's clock, then let it be sent again.`,
          },
        };
      }
      const data = event.type === null ? {} : this.contract.readData(event.type, event.data);
      if (isRefused(data)) {
        const { code, message } = data.refused;
        return code === 'missing-field'
          ? refuse(
              'hook-field-missing',
              `${message} Say under the hook's 'data' what fills it, or let the stack send it.`,
            )
          : { became: 'refused', type, refusal: { code, message } };
      }
      events.push({ ...event, data });
    }
    if (events.length === 0) return { became: 'unmet', type };
    // The order of a plan's list says nothing, so none of several is the first.
    const told = (event: VendorEvent): VendorEvent => ({ ...event, id: `${event.id}~${event.type ?? 'ids'}` });
    return { became: 'events', type, events: events.length === 1 ? events : events.map(told) };
  }
}

type Fields = Plan['events'][number]['data'];
type Named = { field: string } | { from: string };

/** One entry of a hook's `events`. */
class Mapping {
  private readonly expressions = new Map<string, Expression>();

  constructor(
    private readonly rule: HookEvent,
    private readonly system: string,
    private readonly fields: Fields,
    private readonly prefixes: Plan['keys'],
    private readonly module: VendorModule | undefined,
  ) {}

  async holds(item: VendorItem): Promise<boolean> {
    for (const condition of this.rule.when ?? []) {
      const value = await this.valueOf(condition, item);
      const said = (Array.isArray(value) ? value : [value]).map((one) => codeText(one));
      if (!condition.oneOf.some((code) => said.includes(code))) return false;
    }
    return true;
  }

  async event(
    item: VendorItem,
    { source, pairs }: { source: string; pairs: VendorEvent['pairs'] },
  ): Promise<VendorEvent | 'badTime'> {
    const time = this.rule.time === undefined ? item.time : await this.timeOf(this.rule.time, item);
    if (time === undefined) return 'badTime';
    const ids = [
      ...item.ids.map(({ kind, id }) => this.vendorId(kind, id, this.module?.kinds[kind] ?? 'episode')),
      ...(await this.declaredIds(item)),
    ];
    const keys = await this.keysOf(item);
    const kinds = new Set(ids.map(({ kind }) => kind));
    return {
      source,
      id: item.id,
      type: this.rule.to ?? null,
      time,
      data: await this.dataOf(item),
      ids,
      pairs: pairs.filter(([one, other]) => kinds.has(one) && kinds.has(other)),
      ...(Object.keys(keys).length > 0 && { keys }),
    };
  }

  private vendorId(kind: string, id: string, names: UnitKind): VendorId {
    return { vendor: this.system, kind, id, names };
  }

  private async declaredIds(item: VendorItem): Promise<VendorId[]> {
    const found: VendorId[] = [];
    for (const [kind, { from, names }] of Object.entries(this.rule.ids ?? {})) {
      const [id] = foundIds([kind, textOf(await this.read(from, item))]);
      if (id !== undefined) found.push(this.vendorId(kind, id.id, names));
    }
    return found;
  }

  private async timeOf(from: string, item: VendorItem): Promise<number | null | undefined> {
    const value = await this.read(from, item);
    return value === undefined ? null : readMoment(value);
  }

  /** Where the plan says, or wherever the vendor carries something: what is no key of the plan's is not taken. */
  private async keysOf(item: VendorItem): Promise<UnitKeys> {
    const keys: UnitKeys = {};
    for (const kind of UNIT_KINDS) {
      const from = this.rule.keys?.[kind];
      if (from === undefined) continue;
      const key = await this.read(from, item);
      if (typeof key === 'string' && this.kindOf(key) === kind) keys[kind] = key;
    }
    if (this.rule.keys !== undefined) return keys;
    for (const path of item.carried) {
      const key = item.payload.peek(...path);
      const kind = typeof key === 'string' ? this.kindOf(key) : undefined;
      if (kind === undefined || keys[kind] !== undefined) continue;
      keys[kind] = item.payload.get(...path) as string;
    }
    return keys;
  }

  private kindOf(key: string): UnitKind | undefined {
    const prefix = prefixOf(key);
    return prefix === undefined ? undefined : UNIT_KINDS.find((kind) => this.prefixes[kind] === prefix);
  }

  /** Of a field's value, what the plan's kind of field can hold; anything else is left out. */
  private async dataOf(item: VendorItem): Promise<EventData> {
    const data: EventData = {};
    for (const [name, field] of Object.entries(this.fields)) {
      const filling = this.rule.data?.[name] ?? (this.module === undefined ? undefined : { field: name });
      if (filling === undefined) continue;
      if ('always' in filling) {
        data[name] = filling.always;
        continue;
      }
      const { codes } = filling;
      const value = await this.valueOf(filling, item);
      const text = codeText(value);
      const coded =
        codes === undefined ? value : text !== undefined && Object.hasOwn(codes, text) ? codes[text] : undefined;
      const fitting = fit(coded, field);
      if (fitting !== undefined) data[name] = fitting;
    }
    return data;
  }

  private async valueOf(named: Named, item: VendorItem): Promise<unknown> {
    if ('from' in named) return this.read(named.from, item);
    const derived = item.derived?.[named.field];
    if (derived !== undefined) return derived;
    const path = item.fields.get(named.field);
    return path === undefined ? undefined : item.payload.get(...path);
  }

  private async read(text: string, item: VendorItem): Promise<unknown> {
    let expression = this.expressions.get(text);
    if (expression === undefined) {
      expression = new Expression(text);
      this.expressions.set(text, expression);
    }
    for (const path of expression.paths) item.payload.note(path.split('.'));
    return expression.evaluate(item.payload.value);
  }
}

function codeText(value: unknown): string | undefined {
  return typeof value === 'boolean' ? String(value) : textOf(value);
}

/** R7: a value passes only where it is what the plan declares; words, lists and maps never do. */
function fit(value: unknown, field: Fields[string]): string | number | boolean | undefined {
  switch (field.kind) {
    case 'code': {
      const code = codeText(value);
      return code !== undefined && field.codes?.includes(code) === true ? code : undefined;
    }
    case 'integer':
      return Number.isSafeInteger(value) ? (value as number) : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'timestamp': {
      const time = value === undefined ? undefined : readMoment(value);
      return time === undefined ? undefined : new Date(time).toISOString();
    }
  }
}
