import type { UnitKind } from '../sides/units';
import type { HookRefusal } from './hook-refusal';
import type { Payload, PayloadPath } from './payload';
import type { BodyKind } from './read-body';

/** What one vendor's delivery is read from, after its signature was verified: nothing but what is signed. No vendor signs a header that says what happened. */
export interface Delivery {
  /** The body, as JSON or as a form's fields. */
  body: unknown;
  /** What the address was called with, where the signature covers it; else nothing. */
  query: Readonly<Record<string, string>>;
  /** sha256 of the body, in hexadecimal: for events that the vendor gives no id. */
  bodyDigest: string;
}

/** An id that the vendor's own documentation calls by that kind. */
export interface FoundId {
  kind: string;
  id: string;
}

/** One thing that a vendor reports. A delivery may hold many. */
export interface VendorItem {
  /** The same whenever it is sent again. Never an id of a patient, nor of something of theirs. */
  id: string;
  /** What the vendor calls it: one of its codes, of VENDOR_TYPE. */
  type: string;
  /** Whose it is, where the vendor says it: an account, a portal, an organization. */
  account?: string;
  /** Milliseconds since 1970; null where the vendor does not say. */
  time: number | null;
  ids: readonly FoundId[];
  /** Where keys of ours may be, which a stack gave the vendor to carry: metadata, external ids. What is no key there is not taken. */
  carried: readonly PayloadPath[];
  /** What it says in codes, by the name that a plan calls it; read only where the plan asks for it. */
  fields: ReadonlyMap<string, PayloadPath>;
  /** What the vendor puts together itself, by name: no part of the payload. */
  derived?: Readonly<Record<string, string>>;
  /** It says two things of which only one can be true. */
  contradicts?: true;
  payload: Payload;
}

/** An item that cannot be one: it lacks what every one of the vendor has. */
export interface RefusedItem {
  refused: HookRefusal;
  /** As far as it could be read. */
  type?: string;
}

/** What becomes of a vendor's type unless the plan says otherwise; only where the plan declares that event. */
export interface DefaultMapping {
  from: string;
  /** Names of `fields` or `derived`, each with the codes that it must have one of. */
  when?: Readonly<Record<string, readonly string[]>>;
  /** The plan's event; without one the type only tells ids apart or together. */
  to?: string;
  /** Codes of the plan's event that are the same for all. */
  always?: Readonly<Record<string, string>>;
}

export interface VendorModule {
  /** How people know it. */
  title: string;
  body: BodyKind;
  /** @throws HookRefused where the delivery is none of this vendor's */
  read(delivery: Delivery): (VendorItem | RefusedItem)[];
  /** The names of `fields` and `derived` that items have by themselves. */
  fields: readonly string[];
  /** Whether a stack can give the vendor more fields to carry: metadata, custom arguments. */
  carriesFields: boolean;
  /** What each kind of id names. */
  kinds: Readonly<Record<string, UnitKind>>;
  /** Kinds of which one speaks for the other where they are in one item. */
  pairs: readonly (readonly [string, string])[];
  defaults: readonly DefaultMapping[];
}

/** Codes of vendors: no space and no `@`, so that no sentence and no address is one. */
export const VENDOR_TYPE = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$/;

export function isRefusedItem(item: VendorItem | RefusedItem): item is RefusedItem {
  return 'refused' in item;
}
