import { NotRoutable, RouteAway } from '../../domain/sides/route-failures';
import type { RouteProblem } from '../../domain/sides/route-problem';
import { StaleEpoch } from '../../domain/sides/stale-epoch';
import { DomainError } from '../../domain/domain-error';
import type { Milliseconds } from '../../domain/time/duration';
import type { Database } from '../../store/database';
import { confirmRoute, holdRoute, noteUnconfirmed, recordMended, type RouteToCarry } from '../../store/outward-routes';
import type { FindRoute, HeldRoute, OutwardRoute } from './outward-route';
import type { SplitKey } from './traffic-router';

/** What became of carrying a split outside. `mended`: it was not as it was left, and was put right. */
export type Carried =
  | { kind: 'asWanted' | 'carried' | 'mended'; epoch: number; share: number }
  | { kind: 'differs'; epoch: number; share: number; problem: RouteProblem; attempts: number; givenUpAt: Date | null };

export interface RouteCarrierOptions {
  db: Database;
  find: FindRoute;
  /** How long an epoch may go unconfirmed before it counts as undelivered and a person is needed. */
  giveUpAfter?: Milliseconds;
}

/** Below it a proxy's restart and a health check's flap pass without anybody being woken. */
const GIVE_UP_AFTER: Milliseconds = 60_000;

/**
 * Makes what routes outside follow the splits in Postgres: one carrier at a time for a split, which reads the split after it got its turn, so
 * that an older epoch is never carried knowingly. A carrier that was frozen in the middle and wakes up may still write once: what is
 * outside refuses that by the epoch where it can, and the next look puts it right where it cannot.
 */
export class RouteCarrier {
  readonly find: FindRoute;

  constructor(private readonly options: RouteCarrierOptions) {
    this.find = options.find;
  }

  /** Looks at what is outside, changes it where it is to be changed, and reads it back. undefined where nothing follows this split. */
  async carry(key: SplitKey): Promise<Carried | undefined> {
    const route = this.options.find(key);
    if (route === undefined) return undefined;
    const { db, giveUpAfter = GIVE_UP_AFTER } = this.options;
    return db.transaction(async (connection) => {
      const wanted = await holdRoute(connection, key);
      if (wanted === undefined) return undefined;
      const { epoch, share } = wanted;
      const found = await follow(route, wanted);
      if (typeof found === 'string') {
        const { attempts, givenUpAt } = await noteUnconfirmed(connection, wanted, found, giveUpAfter);
        return { kind: 'differs', epoch, share, problem: found, attempts, givenUpAt };
      }
      await confirmRoute(connection, wanted);
      if (found.changedFrom === undefined) return { kind: 'asWanted', epoch, share };
      // What had this epoch already was changed by somebody else since, or forgot it.
      if (wanted.confirmedEpoch !== epoch) return { kind: 'carried', epoch, share };
      await recordMended(connection, wanted, { epoch, share, found: found.changedFrom });
      return { kind: 'mended', epoch, share };
    });
  }
}

/** What was outside before it was changed, if it was; or why it is not as it should be. */
async function follow(
  route: OutwardRoute,
  wanted: RouteToCarry,
): Promise<{ changedFrom?: HeldRoute[] } | RouteProblem> {
  const share = route.nearest(wanted.share);
  if (share === undefined) return 'notRoutable';
  const isAsWanted = (held: HeldRoute): boolean =>
    held.epoch === wanted.epoch && held.share === share && held.returning === wanted.returning;
  try {
    const before = await route.readBack(wanted).catch(async (error: unknown) => {
      await lowerOthers(route, wanted, share);
      throw error;
    });
    if (before.every(isAsWanted)) return {};
    const left = (held: HeldRoute): boolean => whyLeft(held, wanted.epoch, share) !== undefined;
    const problem = before.map((held) => whyLeft(held, wanted.epoch, share)).find((why) => why !== undefined);
    // One that is left as it is keeps no other from being told.
    if (problem === undefined || !before.every((held) => isAsWanted(held) || left(held)))
      await route.apply(wanted, left);
    if (problem !== undefined) return problem;
    const after = await route.readBack(wanted);
    return after.every(isAsWanted) ? { changedFrom: before } : 'differs';
  } catch (error) {
    return problemOf(error);
  }
}

/** Why an instance is not to be told; undefined where it may be. */
function whyLeft(held: HeldRoute, epoch: number, share: number): 'laterEpoch' | 'loweredOutside' | undefined {
  if (held.epoch !== null && held.epoch > epoch) return 'laterEpoch';
  // Whoever took arrivals from target by hand, or a target that is ill, is not overruled: a raise is a person's.
  return held.epoch === epoch && held.share < share ? 'loweredOutside' : undefined;
}

/** An instance that cannot be seen keeps no other from being lowered: a rollback is for everybody who can be reached. */
async function lowerOthers(route: OutwardRoute, wanted: RouteToCarry, share: number): Promise<void> {
  // What was confirmed once may have been lowered by hand since.
  if (wanted.confirmedEpoch === wanted.epoch && wanted.share > 0) return;
  const takesNoMore = (held: HeldRoute): boolean => held.share <= share && held.returning === wanted.returning;
  await route.apply(wanted, takesNoMore).catch(problemOf);
}

/** @throws whatever is no failure of what is outside */
function problemOf(error: unknown): RouteProblem {
  if (error instanceof StaleEpoch) return 'laterEpoch';
  if (error instanceof RouteAway) return 'away';
  if (error instanceof NotRoutable) return 'notRoutable';
  if (error instanceof DomainError) return 'refused';
  throw error;
}
