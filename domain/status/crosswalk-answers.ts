import type { UnlinkedBecause } from '../crosswalk/vendor-event';
import type { UnitKind } from '../sides/units';
import type { LinkResult } from './key-links';

/** What came of linking ids of vendors; results in the order of what was given. */
export interface VendorLinkAnswer {
  linked: number;
  alreadyLinked: number;
  refused: number;
  results: LinkResult[];
}

/** How the crosswalk stands. No key's secret and no id. */
export interface CrosswalkStatus {
  keys: { id: string; origin: 'payload' | 'environment'; writing: boolean; createdAt: string; createdBy: string }[];
  /** Ids by the system that they are from and their kind, and how many of them are somebody's. */
  ids: { vendor: string; kind: string; names: UnitKind; ids: number; linked: number }[];
  /** Events that are held, by why. */
  held: { because: UnlinkedBecause; events: number; oldestAt: string }[];
  /** Events that two people gave up for lost. */
  givenUp: number;
}

/** An event of a vendor's that is held, by what it says of itself and nothing of a patient but their key. */
export interface HeldEventEntry {
  /** By which it is filed. */
  number: string;
  source: string;
  /** The vendor's id of the event. */
  id: string;
  /** null: nothing happened, it only tells ids together. */
  type: string | null;
  /** When it happened; when it was received where the vendor does not say. */
  at: string;
  receivedAt: string;
  because: UnlinkedBecause;
  /** Number of its case; null: it has none. */
  case: string | null;
  /** Whose it is, by the key that stays; null: nobody knows, or it names two. */
  patient: string | null;
  /** The episode that somebody filed it under: it is stored there within seconds. */
  filedUnder: string | null;
}

export interface HeldPage {
  /** The longest held first. */
  events: HeldEventEntry[];
  /** The `after` of the page that follows; null where this is the last. */
  next: string | null;
}

/** What came of filing held events under an episode. */
export interface FiledAnswer {
  /** By the key that stays. */
  episode: string;
  patient: string;
  /** That were filed by this request. They are stored within seconds, each once. */
  filed: number;
  /** That were filed there before, whether they are stored by now or not. */
  alreadyFiled: number;
  /** Others that name the id and stay held: it is not this patient's episode that they wait for, or they were too many for one request. */
  left: number;
}

/** What became of a rotation, or of hashing what is left. */
export interface RotationAnswer {
  /** Under which ids are hashed now. */
  writing: string;
  /** Ids that were hashed under it by this request. */
  hashed: number;
  /** Ids that are not yet. */
  left: number;
}

/** What a merge or a split would touch, counted when it was asked for. */
export interface CrosswalkPreview {
  /** The patient that it is taken from, then the one that it goes to, where there is one. */
  patients: { key: string; keys: number; episodes: number; vendorIds: number; openCases: number }[];
  /** Phases in which the two are in the middle of a journey on different sides: each key keeps its own, and a case is opened for a person (I1). */
  contradicting: string[];
  /**
   * Of a split: other ids that are the patient's only since they were seen together with an id of theirs, at the time that this one was linked or later. Whatever was
   * wrong of this one may be of them; they stay. By kind, never the ids.
   */
  seenTogether: { vendor: string; kind: string; ids: number }[];
  /** Events that are held and name the id of a split, or that contradict each other and may be stored since. */
  held: number;
}

/** What one person asks for in the crosswalk, and another one decides. */
export interface CrosswalkChange {
  id: string;
  change: 'merge' | 'split';
  /** The patient whose key goes, or whose the id was linked to. */
  subject: string;
  /** The patient who stays, or whose the id is instead; null: nobody's for now. */
  unit: string | null;
  /** Of a split, the system that the id is from, and its kind; never the id. */
  vendor: string | null;
  idKind: string | null;
  reason: string;
  preview: CrosswalkPreview;
  askedBy: string;
  askedAt: string;
  state: 'asked' | 'approved' | 'refused';
  decidedBy: string | null;
  decidedAt: string | null;
}
