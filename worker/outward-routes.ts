import type { FindRoute, OutwardRoute } from '../activities/traffic/outward-route';
import type { SplitKey } from '../activities/traffic/traffic-router';
import { HaproxyRoute } from '../adapters/haproxy/haproxy-route';
import { WebhookRoute } from '../adapters/webhook/webhook-route';
import { BadConfiguration } from '../platform/configuration';
import { systemClock } from '../platform/system-clock';
import { readRoutesFile, type RouteEntry } from './routes-file';

export interface OutwardRoutes {
  keys: readonly SplitKey[];
  find: FindRoute;
}

/** What routes outside, as the routes file declares it; nothing where there is none. @throws BadConfiguration */
export function outwardRoutes(configured: { file: string; secret?: string } | undefined): OutwardRoutes {
  const entries = configured === undefined ? [] : readRoutesFile(configured.file);
  const routes = new Map(entries.map((entry) => [nameOf(entry), routeFor(entry, configured?.secret)]));
  return {
    keys: entries.map(({ migration, phase, cohort }) => ({ migration, phase, cohort })),
    find: (key) => routes.get(nameOf(key)),
  };
}

function routeFor({ haproxy, webhook }: RouteEntry, secret: string | undefined): OutwardRoute {
  if (haproxy !== undefined) {
    const { sockets: instances, ...options } = haproxy;
    return new HaproxyRoute({ instances, ...options });
  }
  if (webhook === undefined || secret === undefined) {
    throw new BadConfiguration('worker', ['HANDOFF_ROUTES_SECRET: Set it: a route by webhook is signed.']);
  }
  return new WebhookRoute({ url: webhook.url, secret, clock: systemClock });
}

function nameOf({ migration, phase, cohort }: SplitKey): string {
  return [migration, phase, cohort].join('/');
}
