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
