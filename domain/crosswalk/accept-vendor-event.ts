import { readContent, readOrigin, type EventContent } from '../events/accept-event';
import { contentHash } from '../events/content-hash';
import type { EventContract } from '../events/event-contract';
import { isRefused, type Refused } from '../events/event-refusal';
import type { UnitKeys } from '../sides/units';
import type { VendorEvent, VendorId } from './vendor-event';
import { isVendorId } from './vendor-id-grammar';

/** A vendor's event that its migration's plan lets in, whosever it is. */
export interface AcceptedVendorEvent extends EventContent {
  source: string;
  id: string;
  type: string | null;
  /** Without what may be no id: contact details are left out. */
  ids: readonly VendorId[];
  pairs: VendorEvent['pairs'];
  stated: UnitKeys;
  /**
   * Tells a repeated event from another one under the same id: by what happened. Not by whose it is, which may have become known between the two.
   */
  contentHash: string;
}

/** Judges one vendor's event by its plan's contract. @param now milliseconds since 1970, to refuse what has not happened yet */
export function acceptVendorEvent(
  event: VendorEvent,
  contract: EventContract,
  now: number,
): AcceptedVendorEvent | Refused {
  const { source, id, type, pairs } = event;
  const stated = contract.readKeys(attributesOf(event.keys));
  if (isRefused(stated)) return stated;
  const origin = readOrigin({ source, id }, contract);
  if (isRefused(origin)) return origin;
  const { time, sequence } = event;
  const sent = new Map<string, unknown>([
    ...(time === null ? [] : ([['time', timestampOf(time)]] as const)),
    ...(sequence === undefined ? [] : ([['sequence', sequence]] as const)),
  ]);
  const content = readContent(type, sent, type === null ? undefined : event.data, contract, now);
  if (isRefused(content)) return content;
  const ids = event.ids.filter(isVendorId);
  return { source, id, type, ...content, ids, pairs, stated, contentHash: contentHash({ type, ...content }) };
}

function attributesOf({ patient, episode, ...others }: UnitKeys = {}): ReadonlyMap<string, unknown> {
  return new Map(Object.entries({ subject: patient, journey: episode, ...others }));
}

/** The latest moment that there is, in milliseconds since 1970. */
const LAST_MOMENT = 8.64e15;

/** What is no moment is refused as no timestamp. */
function timestampOf(time: number): string {
  return Math.abs(time) <= LAST_MOMENT ? new Date(time).toISOString() : '';
}
