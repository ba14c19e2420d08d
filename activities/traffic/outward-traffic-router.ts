import { isRaise } from '../../domain/sides/judge-split-change';
import { NotRoutable, RouteNotCarried } from '../../domain/sides/route-failures';
import type { Database } from '../../store/database';
import { readRouteStandings } from '../../store/outward-routes';
import type { OutwardRoute } from './outward-route';
import type { RouteCarrier } from './route-carrier';
import type { LeaseRenewal, ObservedSplit, SplitChange, SplitKey, TrafficRouter } from './traffic-router';

export interface OutwardTrafficRouterOptions {
  db: Database;
  /** Where the splits are, which decide. */
  splits: TrafficRouter;
  carrier: RouteCarrier;
}

/**
 * The splits in Postgres, followed by what routes outside. Every change is written in Postgres first, under its fence; then it is carried
 * outside and read back there. A write that was not read back as written is repeated: the split's part of it is in force already.
 */
export class OutwardTrafficRouter implements TrafficRouter {
  constructor(private readonly options: OutwardTrafficRouterOptions) {}

  async write(change: SplitChange): Promise<ObservedSplit> {
    const { splits, carrier } = this.options;
    const route = carrier.find(change);
    if (route === undefined) return splits.write(change);
    refuseWhatItCannotDo(route, change);
    const written = await splits.write(change);
    const carried = await carrier.carry(change);
    if (carried?.kind === 'differs') throw new RouteNotCarried(carried.problem);
    return (await this.readBack(change)) ?? written;
  }

  /** Postgres alone, with how far it was carried: what is outside is asked by carrying, never while somebody waits for the split. */
  async readBack(key: SplitKey): Promise<ObservedSplit | undefined> {
    const [split] = await this.withStandings([await this.options.splits.readBack(key)]);
    return split;
  }

  async renew(renewal: LeaseRenewal): Promise<ObservedSplit | undefined> {
    const [split] = await this.withStandings([await this.options.splits.renew(renewal)]);
    return split;
  }

  async readBackAll(keys: readonly SplitKey[]): Promise<(ObservedSplit | undefined)[]> {
    return this.withStandings(await this.options.splits.readBackAll(keys));
  }

  async renewAll(renewals: readonly LeaseRenewal[]): Promise<(ObservedSplit | undefined)[]> {
    return this.withStandings(await this.options.splits.renewAll(renewals));
  }

  private async withStandings(splits: readonly (ObservedSplit | undefined)[]): Promise<(ObservedSplit | undefined)[]> {
    const { db, carrier } = this.options;
    const outside = splits.filter((split) => split !== undefined).filter((split) => carrier.find(split) !== undefined);
    const standings = await readRouteStandings(db, outside);
    const standingOf = new Map(outside.map((split, place) => [split, standings[place]]));
    return splits.map((split) => {
      if (split === undefined || !standingOf.has(split)) return split;
      const standing = standingOf.get(split);
      const confirmed = standing?.confirmedEpoch === split.epoch && standing.problem === null;
      return { ...split, outside: { confirmed, undelivered: standing?.undelivered ?? false } };
    });
  }
}

/** Raises alone: a lowering is never refused. What a plan asks of it beyond that is checked before the phase starts. */
function refuseWhatItCannotDo(route: OutwardRoute, { share, perDay, maxOpen, cause }: SplitChange): void {
  if (!isRaise(cause)) return;
  if (perDay !== null || (maxOpen ?? null) !== null)
    throw new NotRoutable('it cannot count units; give its steps as shares');
  if (route.nearest(share) === undefined) throw new NotRoutable('the share is too fine for it');
}
