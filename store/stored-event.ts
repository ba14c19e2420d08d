import type { JourneyEvent } from '../domain/handoffs/match-handoffs';
import type { UnitKeys } from '../domain/sides/units';
import type { JourneyKey } from './occurrence-rows';

/** An event as it lies in the database, for whoever matches it. */
export interface StoredEvent extends JourneyEvent, JourneyKey {
  seq: string;
  source: string;
  id: string;
  subject: string;
  units: UnitKeys;
  /** No matcher has looked at the journey since some event of it came. */
  pending: boolean;
  /** A matcher has to say what it does. */
  undecided: boolean;
}

/** An event as far as it tells which units a journey is of. */
export type NamingEvent = Pick<StoredEvent, 'units' | 'time' | 'identity'>;
