import type { EventData } from '../events/event-contract';
import type { EventRefusal } from '../events/event-refusal';
import type { UnitKeys, UnitKind } from '../sides/units';
import type { Milliseconds } from '../time/duration';

/**
 * An id that a vendor gave to something of a patient. Lives in the crosswalk and nowhere else: never put one into a log, an error, an event or a case.
 */
export interface VendorId {
  /** Whose id it is: the id of one of the plan's systems. Two accounts of one vendor are two systems. */
  vendor: string;
  /** What the vendor calls it, in lower case: `customer`, `subscription`, `invoice`, `user`. Never a contact detail: no email, no phone number. */
  kind: string;
  /** As the vendor writes it. */
  id: string;
  /**
   * The unit that it names: one `patient` (customer, user, contact), or one of a patient's: `episode` (order, prescription, appointment),
   * `subscription`, `login`, `visitor`. Whatever it names is one patient's alone.
   */
  names: UnitKind;
}

/** What a vendor's signed payload says of one patient, in the plan's words. Nothing else of the payload goes further. */
export interface VendorEvent {
  /** CloudEvents `source` of the plan's system that it comes from. */
  source: string;
  /**
   * The vendor's id of this event, the same whenever it is sent again, and of no other of the source. Where one payload becomes several events, each
   * has a suffix. Where the vendor gives events none, a hash of the payload. Never an id of a patient, or of something of theirs.
   */
  id: string;
  /** One of the plan's types; null: nothing happened that the plan listens to, and the payload only tells ids apart or together. */
  type: string | null;
  /** When it happened, in milliseconds since 1970; null: the vendor does not say. */
  time: number | null;
  /** Breaks ties of time; 0 unless given. */
  sequence?: number;
  /** The coded fields that the plan declares for the type. */
  data: EventData;
  /** Every id of the patient's in the payload. */
  ids: readonly VendorId[];
  /**
   * Kinds of `ids` of which one speaks for the other: seen together in this payload, they are one patient's. An id that is in no pair is linked only by
   * a key of ours.
   */
  pairs: readonly (readonly [kind: string, kind: string])[];
  /** Our own keys that the payload carries, in its metadata: they say whose every one of `ids` is. */
  keys?: UnitKeys;
}

/** Why nothing says whose an event is. */
export const UNLINKED_BECAUSE = [
  /** No id of it is linked to anybody. */
  'nobodysId',
  /** It is somebody's of whom no episode is known. */
  'noEpisode',
  /** It is somebody's of whom several episodes are open, or were. */
  'severalEpisodes',
  /** What it names are different patients', or different episodes'. */
  'contradiction',
] as const;
export type UnlinkedBecause = (typeof UNLINKED_BECAUSE)[number];

const MINUTE: Milliseconds = 60_000;
const HOUR: Milliseconds = 3_600_000;

/**
 * After how long it is judged again though none of its ids was linked: its patient may have an episode by then, two records may be one, or an episode or
 * a visitor that it names may be somebody's. That last may never be, so it is asked the more seldom the longer nobody's it was, down to once an hour.
 * @param namesUnit whether it names an episode or a visitor of ours
 * @param age how long it is held already
 */
export function judgedAgainAfter(
  because: UnlinkedBecause,
  { namesUnit, age }: { namesUnit: boolean; age: Milliseconds },
): Milliseconds | null {
  if (because === 'noEpisode' || because === 'contradiction') return MINUTE;
  return because === 'nobodysId' && namesUnit ? Math.min(Math.max(MINUTE, age / 10), HOUR) : null;
}

/**
 * What became of a vendor's event. All but `refused` are to be acknowledged: they are committed, and a repetition changes nothing.
 * - `stored`: it is an event of its patient's journey.
 * - `duplicate`: it was stored, or is held, already.
 * - `held`: nobody knows whose it is; it is stored when somebody does.
 * - `noted`: it has no type; what it says of ids was taken in.
 * - `refused`: it is not what the plan declares, or another event has its id.
 */
export type VendorEventOutcome =
  | { became: 'stored' | 'duplicate' | 'noted' }
  | { became: 'held'; because: UnlinkedBecause }
  | { became: 'refused'; refusal: EventRefusal };
