import { createHash } from 'node:crypto';
import { parseTimestamp } from '../events/rfc3339';
import { HookRefused, type HookRefusal } from './hook-refusal';
import { isMap, type Payload, type PayloadPath } from './payload';
import { VENDOR_TYPE, type FoundId, type RefusedItem, type VendorItem } from './vendor-item';

/** Events of one delivery at most: vendors send some hundreds. */
export const ITEMS_LIMIT = 1_000;

/** As the receiver of events takes them. */
const EVENT_ID = /^[A-Za-z0-9][A-Za-z0-9._:/|=+~#-]{0,127}$/;

export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** An id of an event that the vendor gives none, or one that says whose it is: the same for the same parts. */
export function derivedId(...parts: readonly (string | undefined)[]): string {
  return sha256(JSON.stringify(parts.map((part) => part ?? null))).slice(0, 40);
}

/** The parts of a delivery that may be one or a list. @throws HookRefused where there are too many */
export function itemsOf(body: Payload): Payload[] {
  const items = Array.isArray(body.value) ? body.each() : [body];
  if (items.length > ITEMS_LIMIT) {
    throw new HookRefused('hook-too-many-events', `Send at most ${ITEMS_LIMIT} events at once.`);
  }
  return items;
}

/** @throws HookRefused unless the payload is a map, as all of the vendor's are */
export function requireMap(payload: Payload, title: string): void {
  if (!isMap(payload.value)) throw notOfVendor(title);
}

export function notOfVendor(title: string): HookRefused {
  return new HookRefused(
    'hook-not-of-vendor',
    `This is no delivery of ${title}. Check which of the vendor's addresses sends to this hook.`,
  );
}

/** Milliseconds since 1970 of whole or broken seconds; undefined for anything that is no time. */
export function fromSeconds(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && /^\d{1,12}(\.\d{1,9})?$/.test(value) ? Number(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 && seconds < LAST_SECOND
    ? Math.floor(seconds * 1_000)
    : undefined;
}

export function fromMilliseconds(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value < LAST_SECOND * 1_000
    ? value
    : undefined;
}

export function fromTimestamp(value: unknown): number | undefined {
  const time = typeof value === 'string' ? parseTimestamp(value) : undefined;
  return time !== undefined && time >= 0 ? time : undefined;
}

/** The year 9999 ends. */
const LAST_SECOND = 253_402_300_800;

/** Everything of an item, before it is known to be one. `time` is undefined where it is said and is none. */
export interface ItemParts extends Omit<VendorItem, 'id' | 'type' | 'time' | 'carried' | 'fields'> {
  id: string | undefined;
  type: string | undefined;
  time: number | null | undefined;
  carried?: readonly PayloadPath[];
  fields?: ReadonlyMap<string, PayloadPath>;
}

/** An item, or why it is none. */
export function item(parts: ItemParts): VendorItem | RefusedItem {
  const { id, type, time } = parts;
  if (type === undefined || !VENDOR_TYPE.test(type)) {
    return refusedItem({
      code: 'hook-event-without-type',
      message: 'An event of the delivery has no type, or one that is no code.',
    });
  }
  if (id === undefined || !EVENT_ID.test(id)) {
    return refusedItem(
      { code: 'hook-event-without-id', message: 'An event of the delivery has no id, or one that is no id.' },
      type,
    );
  }
  if (time === undefined) {
    return refusedItem(
      { code: 'hook-bad-time', message: 'An event of the delivery says when it was in no time that there is.' },
      type,
    );
  }
  return { ...parts, id, type, time, carried: parts.carried ?? [], fields: parts.fields ?? new Map() };
}

export function refusedItem(refused: HookRefusal, type?: string): RefusedItem {
  return { refused, ...(type !== undefined && { type }) };
}

/** Ids that there are, each once. An address, a phone number or a sentence is none, whatever the vendor calls it. */
export function foundIds(...pairs: readonly (readonly [kind: string, id: string | undefined])[]): FoundId[] {
  const found = new Map<string, FoundId>();
  for (const [kind, id] of pairs) if (id !== undefined && isVendorId(id)) found.set(`${kind} ${id}`, { kind, id });
  return [...found.values()];
}

const VENDOR_ID = /^[A-Za-z0-9][A-Za-z0-9._:/|=+~#-]{0,127}$/;
const PHONE = /^(\+?1[.-]?)?\(?\d{3}\)?[.-]\d{3}[.-]\d{4}$/;

export function isVendorId(id: string): boolean {
  return VENDOR_ID.test(id) && !PHONE.test(id);
}

/** The fields of a map by the names that plans can call them: `zip_code` is `zipCode`. What has no such name has none. */
export function fieldsUnder(payload: Payload, ...path: PayloadPath): Map<string, PayloadPath> {
  const fields = new Map<string, PayloadPath>();
  for (const name of payload.names(...path)) {
    const called = planName(name);
    if (called !== undefined && !fields.has(called)) fields.set(called, [...path, name]);
  }
  return fields;
}

function planName(name: string): string | undefined {
  const called = name
    .replace(/[^A-Za-z0-9]+([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase())
    .replace(/^[A-Z]/, (letter) => letter.toLowerCase());
  return /^[a-z][A-Za-z0-9]{0,62}$/.test(called) ? called : undefined;
}

/** Where the texts of a map are: a stack may have given the vendor keys of ours to carry. */
export function textsUnder(payload: Payload, ...path: PayloadPath): PayloadPath[] {
  return payload
    .names(...path)
    .filter((name) => typeof payload.peek(...path, name) === 'string')
    .map((name) => [...path, name]);
}

/** Words of a name at most: what is longer is a sentence. */
const NAME_WORDS = 5;

/** A code out of words, such as a name that developers gave a type; undefined where they are none, or a sentence. */
export function codeOf(words: unknown): string | undefined {
  if (typeof words !== 'string' || /[@\n]/.test(words)) return undefined;
  if (words.trim().split(/\s+/).length > NAME_WORDS) return undefined;
  const code = words
    .trim()
    .replace(/[^A-Za-z0-9._:/-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|-+$/g, '');
  return code === '' || code.length > 80 ? undefined : code;
}

/** A name as kinds are written: `FormAnswerGroup` is `form-answer-group`. */
export function kindName(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .toLowerCase();
}
