import { createHash } from 'node:crypto';
import type { HeldRoute, OutwardRoute, WantedRoute } from '../../activities/traffic/outward-route';
import { NotRoutable, RouteRefused } from '../../domain/sides/route-failures';
import { StaleEpoch } from '../../domain/sides/stale-epoch';
import type { Milliseconds } from '../../domain/time/duration';
import { askRuntimeApi, type RuntimeSocket } from './runtime-api';
import { isInMaintenance, readServersState, weightInForce, type ServerState } from './servers-state';
import { shareOf, weightsFor } from './weights';

/**
 * What keeps a client on its server. `cookie`: HAProxy's own, which nothing takes back; `dynamicCookie`: the same with `dynamic`, whose
 * key is changed when people are brought back, so that no older cookie holds; `stickTable`: entries that are cleared then.
 */
export type Stickiness = { kind: 'cookie' } | { kind: 'dynamicCookie' } | { kind: 'stickTable'; table: string };

export interface HaproxyRouteOptions {
  /** Every HAProxy that routes this cohort. */
  instances: readonly RuntimeSocket[];
  backend: string;
  /** The names of the two servers in the backend. */
  legacy: string;
  target: string;
  stickiness: Stickiness;
  /** For each exchange with one instance. */
  timeout?: Milliseconds;
}

interface Instance {
  held: HeldRoute;
  /** What it was last told; undefined where it knows of nothing, as after a restart or a reload. */
  told: { epoch: number; returnedEpoch: number; returning: boolean } | undefined;
  servers: { legacy: ServerState; target: ServerState };
}

const LOOK_EVERY: Milliseconds = 1_000;

/**
 * Two servers of a HAProxy backend, weighted through its Runtime API. The epoch stands in a variable of the process, so that an older one is
 * refused, and a restart or reload, which puts the weights of the file in force again, is seen by the variable being gone.
 */
export class HaproxyRoute implements OutwardRoute {
  readonly kind = 'haproxy';
  readonly lookEvery = LOOK_EVERY;
  readonly sendsBack: 'nobody' | 'all';

  constructor(private readonly options: HaproxyRouteOptions) {
    this.sendsBack = options.stickiness.kind === 'cookie' ? 'nobody' : 'all';
  }

  nearest(share: number): number | undefined {
    const weights = weightsFor(share);
    return weights === undefined ? undefined : shareOf(weights);
  }

  async readBack(route: WantedRoute): Promise<HeldRoute[]> {
    const instances = await Promise.all(this.options.instances.map((at) => this.look(at, route)));
    return instances.map(({ held }) => held);
  }

  async apply(route: WantedRoute, leave: (held: HeldRoute) => boolean = () => false): Promise<void> {
    const told = await Promise.allSettled(this.options.instances.map((at) => this.applyTo(at, route, leave)));
    for (const one of told) if (one.status === 'rejected') throw one.reason;
  }

  private async look(at: RuntimeSocket, route: WantedRoute): Promise<Instance> {
    const { backend, legacy, target, timeout } = this.options;
    const commands = [`get var ${variableOf(route)}`, `show servers state ${backend}`];
    const answer = await askRuntimeApi(at, commands, timeout);
    const servers = readServersState(answer, { backend, legacy, target });
    const told = /value=<(\d+)\/(\d+)\/(open|returning)>/.exec(answer);
    const inForce = { legacy: weightInForce(servers.legacy), target: weightInForce(servers.target) };
    const [, epoch, returnedEpoch, mode] = told ?? [];
    return {
      servers,
      told:
        told === null
          ? undefined
          : { epoch: Number(epoch), returnedEpoch: Number(returnedEpoch), returning: mode === 'returning' },
      held: {
        epoch: told === null ? null : Number(epoch),
        share: shareOf(inForce),
        returning: isInMaintenance(servers.target) && mode === 'returning',
      },
    };
  }

  private async applyTo(at: RuntimeSocket, route: WantedRoute, leave: (held: HeldRoute) => boolean): Promise<void> {
    const { told, servers, held } = await this.look(at, route);
    if (leave(held)) return;
    if (told !== undefined && told.epoch > route.epoch) throw new StaleEpoch(route.epoch, told.epoch);
    const answer = await askRuntimeApi(at, this.commandsFor(route, told, servers), this.options.timeout);
    if (answer.includes('Permission denied')) throw new RouteRefused('its socket is not of level admin');
  }

  private commandsFor(route: WantedRoute, told: Instance['told'], servers: Instance['servers']): string[] {
    const { backend, legacy, target } = this.options;
    const weights = weightsFor(route.share);
    if (weights === undefined) throw new NotRoutable('the share is too fine for its weights');
    const lowering = shareOf(weights) <= shareOf({ legacy: servers.legacy.weight, target: servers.target.weight });
    const weigh = [
      `set server ${backend}/${target} weight ${weights.target}`,
      `set server ${backend}/${legacy} weight ${weights.legacy}`,
    ];
    const mode = route.returning ? 'returning' : 'open';
    return [
      // Cookies and entries do not hold while target is in maintenance; those of before are void when it is back.
      ...(route.returning ? [`set server ${backend}/${target} state maint`] : []),
      ...(lowering ? weigh : weigh.reverse()),
      ...this.forget(route, told, servers),
      // Only maintenance that this adapter put it into is ended; after a restart the file's may be what nobody meant to keep.
      ...(!route.returning && (told === undefined || told.returning)
        ? [`set server ${backend}/${target} state ready`]
        : []),
      // Last: an apply that broke off in the middle is seen by its epoch not being there.
      `experimental-mode on`,
      `set var ${variableOf(route)} str(${route.epoch}/${route.returnedEpoch}/${mode})`,
    ];
  }

  /** Makes what held people on target until the last bringing back hold nobody any more. */
  private forget(route: WantedRoute, told: Instance['told'], { target }: Instance['servers']): string[] {
    const { backend, stickiness } = this.options;
    switch (stickiness.kind) {
      case 'cookie':
        return [];
      case 'dynamicCookie':
        // The same epoch always gives the same key: after a restart the cookies given since then hold again. Each time, since which key is in force
        // cannot be read: a restart since the look would have put the file's in force, by which those given before hold.
        return route.returnedEpoch > 0
          ? [`set dynamic-cookie-key backend ${backend} ${hashOf(route, String(route.returnedEpoch))}`]
          : [];
      case 'stickTable':
        // Once more when it ends: a request that was under way when it began may have written its entry since.
        return route.returning || told?.returning === true
          ? [`clear table ${stickiness.table} data.server_id eq ${target.id}`]
          : [];
    }
  }
}

function variableOf(route: WantedRoute): string {
  return `proc.handoff_${hashOf(route).slice(0, 16)}`;
}

function hashOf({ migration, phase, cohort }: WantedRoute, more = ''): string {
  return createHash('sha256').update([migration, phase, cohort, more].join('/')).digest('hex');
}
