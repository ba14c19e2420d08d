import type { Notifier } from '../activities/notify/notifier';
import type { OutwardRoute } from '../activities/traffic/outward-route';
import type { Carried, RouteCarrier } from '../activities/traffic/route-carrier';
import type { SplitKey } from '../activities/traffic/traffic-router';
import type { Milliseconds } from '../domain/time/duration';
import { describeFailure } from '../platform/describe-failure';
import type { Logger } from '../platform/logger';
import type { Database } from '../store/database';
import { epochInForce } from '../store/outward-routes';
import { AtMost } from './at-most';
import { repeatUntilStopped, type Repeating } from './repeat-until-stopped';

export interface RouteFollowerOptions {
  db: Database;
  carrier: RouteCarrier;
  keys: readonly SplitKey[];
  notifier: Notifier;
  logger: Logger;
  /** Told of each look at what is outside; only counts. */
  onCarried?: (kind: Carried['kind']) => void;
  /** Between two looks at the split, which is how long a change that nobody carried waits at most. */
  tick?: Milliseconds;
}

const TICK: Milliseconds = 250;
/**
 * Each looking holds one of the worker's connections to Postgres while it waits for what is outside; leases and rollbacks need the others. Those that
 * do not follow wait for each other alone: they keep nobody up who does.
 */
const LOOKS_AT_ONCE = 4;
const RETRIES_AT_ONCE = 4;
const FIRST_RETRY: Milliseconds = 500;
const LAST_RETRY: Milliseconds = 30_000;

/**
 * Keeps what routes outside at the splits in Postgres, whoever changed either: a lapse of control, a stop of everything, a restart or reload that
 * put old weights in force. Any number of workers may run it. It raises only to what is in force under a live lease.
 */
export function startRouteFollower(options: RouteFollowerOptions): Repeating {
  const lanes: Lanes = { looks: new AtMost(LOOKS_AT_ONCE), retries: new AtMost(RETRIES_AT_ONCE), stopping: false };
  const loops = options.keys.flatMap((key) => {
    const route = options.carrier.find(key);
    return route === undefined ? [] : [follow(options, key, route, lanes)];
  });
  return {
    stop: async () => {
      lanes.stopping = true;
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}

interface Lanes {
  looks: AtMost;
  retries: AtMost;
  /** Whoever still waits for a turn then takes none. */
  stopping: boolean;
}

function follow(options: RouteFollowerOptions, key: SplitKey, route: OutwardRoute, lanes: Lanes): Repeating {
  const { db, carrier, logger, onCarried, tick = TICK } = options;
  let seen = '';
  let lookAt = 0;
  let lane = lanes.looks;
  return repeatUntilStopped(
    async () => {
      const now = await epochInForce(db, key);
      // Nothing is routed before the phase is first prepared.
      if (now === undefined) return tick;
      const latest = `${now.epoch}/${now.lapsed}`;
      if (latest === seen && performance.now() < lookAt) return tick;
      const carried = await lane.run(() => (lanes.stopping ? Promise.resolve(undefined) : carrier.carry(key)));
      if (carried === undefined) return tick;
      seen = latest;
      lane = carried.kind === 'differs' ? lanes.retries : lanes.looks;
      lookAt = performance.now() + (carried.kind === 'differs' ? retryAfter(carried.attempts) : route.lookEvery);
      onCarried?.(carried.kind);
      await report(options, key, route, carried);
      return tick;
    },
    (error) => {
      logger.error(
        { ...key, failure: describeFailure(error) },
        'a route outside could not be looked after; trying again',
      );
    },
  );
}

function retryAfter(attempts: number): Milliseconds {
  return Math.min(FIRST_RETRY * 2 ** Math.min(attempts - 1, 10), LAST_RETRY);
}

async function report(
  { logger, notifier }: RouteFollowerOptions,
  key: SplitKey,
  { kind }: OutwardRoute,
  carried: Carried,
): Promise<void> {
  const { epoch } = carried;
  if (carried.kind === 'mended')
    logger.warn({ ...key, epoch, kind }, 'a route outside was not as it was left, and was put right');
  if (carried.kind !== 'differs') return;
  const { problem, attempts, givenUpAt } = carried;
  logger.warn({ ...key, epoch, kind, problem, attempts }, 'a route outside does not follow its split; trying again');
  if (givenUpAt === null) return;
  await notifier.send({
    onceKey: `${key.phase}/${key.cohort}/route/${epoch}/${givenUpAt.getTime()}`,
    ...key,
    kind: 'routeUndelivered',
    urgency: 'page',
    message: `What routes ${key.phase}, ${key.cohort} outside (${kind}) does not follow its split: ${problem}, after ${attempts} attempts. Arrivals may go to target there that should not. It is tried again; see \`handoff routes\`.`,
  });
}
