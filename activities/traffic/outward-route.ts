import type { SplitKey } from './traffic-router';

/** A split as what routes outside is to follow it. */
export interface WantedRoute extends SplitKey {
  epoch: number;
  /** Share of arriving units, in buckets of 100,000; 0 where the split's lease has run out. */
  share: number;
  /** Whether those who are on target already are to be sent to legacy too. */
  returning: boolean;
  /** The last epoch in which they were; 0 where never. What held people on target before that must not hold them after it. */
  returnedEpoch: number;
}

/** What one instance outside really does. */
export interface HeldRoute {
  /** The epoch it was last given; null where it does not know, as after a restart. */
  epoch: number | null;
  /** Share of arriving units that it sends to target now, in buckets, whatever the reason. */
  share: number;
  /** Whether it sends those who are on target already to legacy. */
  returning: boolean;
}

/**
 * Something outside that routes the arrivals of one (phase, cohort): it follows the split in Postgres and decides nothing. Every method
 * may be called again with the same arguments.
 */
export interface OutwardRoute {
  readonly kind: string;
  /** Whom it can send back to legacy when people are brought back: nobody who is on target already, or all of the cohort. */
  readonly sendsBack: 'nobody' | 'all';
  /** How often it may be read where nothing changes, in milliseconds. */
  readonly lookEvery: number;
  /** The share that it does for one that is wanted: the nearest that is not above it. undefined where there is none near. */
  nearest(share: number): number | undefined;
  /**
   * Tells every instance that can be told, whichever cannot. Where there are several, each is looked at first, and left as it is where `leave` says so.
   * @throws StaleEpoch where one was given a later epoch; RouteAway; RouteRefused
   */
  apply(route: WantedRoute, leave?: (held: HeldRoute) => boolean): Promise<void>;
  /** One for each instance; what it really does now, never what it was last told. @throws RouteAway; RouteRefused */
  readBack(route: WantedRoute): Promise<HeldRoute[]>;
}

/** Finds what routes a cohort outside; undefined where Postgres' split is all there is. */
export type FindRoute = (key: SplitKey) => OutwardRoute | undefined;
