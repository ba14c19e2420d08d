import type { PlanHook } from '../plan/plan-schema';
import { Expression } from './expression';
import { fromMilliseconds, fromSeconds, fromTimestamp, item, ITEMS_LIMIT } from './item-parts';
import { HookRefused } from './hook-refusal';
import { Payload, textOf } from './payload';
import type { Delivery, RefusedItem, VendorItem } from './vendor-item';

type PayloadRule = NonNullable<PlanHook['payload']>;

/** Reads the payloads of a system that is none of the vendors, as its plan says. */
export class OtherVendor {
  private readonly items: Expression | undefined;
  private readonly id: Expression;
  private readonly type: Expression;
  private readonly time: Expression | undefined;
  private readonly account: Expression | undefined;

  constructor(rule: PayloadRule) {
    const optional = (text: string | undefined): Expression | undefined =>
      text === undefined ? undefined : new Expression(text);
    this.items = optional(rule.items);
    this.id = new Expression(rule.id);
    this.type = new Expression(rule.type);
    this.time = optional(rule.time);
    this.account = optional(rule.account);
  }

  /** @throws HookRefused */
  async read({ body }: Delivery): Promise<(VendorItem | RefusedItem)[]> {
    const found = this.items === undefined ? body : await this.items.evaluate(body);
    const items: unknown[] = found === undefined ? [] : Array.isArray(found) ? found : [found];
    if (items.length > ITEMS_LIMIT)
      throw new HookRefused('hook-too-many-events', `Send at most ${ITEMS_LIMIT} events at once.`);
    const read: (VendorItem | RefusedItem)[] = [];
    for (const one of items) read.push(await this.readOne(new Payload(one)));
    return read;
  }

  private async readOne(payload: Payload): Promise<VendorItem | RefusedItem> {
    const { value } = payload;
    const take = async (expression: Expression | undefined): Promise<unknown> => {
      for (const path of expression?.paths ?? []) payload.note(path.split('.'));
      return expression?.evaluate(value);
    };
    const time = await take(this.time);
    const account = textOf(await take(this.account));
    return item({
      id: textOf(await take(this.id)),
      type: textOf(await take(this.type)),
      ...(account !== undefined && { account }),
      time: time === undefined ? null : readMoment(time),
      ids: [],
      payload,
    });
  }
}

/** From here on a number is of milliseconds: as seconds it would be the year 5138. */
const MILLISECONDS_FROM = 100_000_000_000;

/** Milliseconds since 1970 of RFC 3339, of seconds or of milliseconds; undefined for anything else. */
export function readMoment(value: unknown): number | undefined {
  if (typeof value !== 'number' && (typeof value !== 'string' || !/^\d/.test(value))) return undefined;
  if (typeof value === 'string' && value.includes('-')) return fromTimestamp(value);
  const number = Number(value);
  return number >= MILLISECONDS_FROM ? fromMilliseconds(number) : fromSeconds(number);
}
