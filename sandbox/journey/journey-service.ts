import type { Side } from '../../domain/sides/side';
import type { JourneyCase } from './journey-case';
import type { JourneyEventType } from './journey-events';
import type { SideDesk } from './side-desk';

/** What reaches a patient who waits for word from the stacks. */
export type JourneyNews = 'shipped' | 'refunded' | 'lost';

/** What both stacks know of a run of whole journeys. */
export interface JourneyService {
  desk: SideDesk;
  stackUrls: Readonly<Record<Side, string>>;
  /** The plan's event types with their fields; the stacks send no other. undefined: it speaks all of the vocabulary. */
  events: Readonly<Record<string, readonly string[]>> | undefined;
  /** Tells the patient. */
  tell(who: JourneyCase, news: JourneyNews): void;
  /** Work that leads to an event of this type goes from one stack to the other. */
  bridged(type: JourneyEventType, from: Side): void;
}
