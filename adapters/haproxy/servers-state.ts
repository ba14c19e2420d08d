import { RouteRefused } from '../../domain/sides/route-failures';

/** A server as `show servers state` has it. */
export interface ServerState {
  id: number;
  weight: number;
  /** Whether its checks, if it has any, let it take traffic. */
  up: boolean;
  /** Administrative flags; 0 is ready. */
  admin: number;
}

/** Any way of being in maintenance: by command, by the file, inherited, by name resolution. */
const IN_MAINTENANCE = 0x01 | 0x02 | 0x04 | 0x20 | 0x40;
/** Any way of draining. */
const DRAINING = 0x08 | 0x10;

/** The two servers of a backend out of the answer to `show servers state`. @throws RouteRefused where they are not there */
export function readServersState(
  answer: string,
  { backend, legacy, target }: { backend: string; legacy: string; target: string },
): { legacy: ServerState; target: ServerState } {
  const lines = answer.split('\n').map((line) => line.split(' '));
  const header = lines.find(([first]) => first === '#')?.slice(1) ?? [];
  const at = (name: string): number => header.indexOf(name);
  const find = (server: string): ServerState => {
    const row = lines.find((line) => line[at('be_name')] === backend && line[at('srv_name')] === server);
    if (row === undefined) throw new RouteRefused('its backend, or one of the two servers, is not there');
    const number = (name: string): number => Number(row[at(name)]);
    const read = { id: number('srv_id'), weight: number('srv_uweight'), admin: number('srv_admin_state') };
    if (Object.values(read).some(Number.isNaN))
      throw new RouteRefused('its answer is not that of HAProxy 2.4 or later');
    return { ...read, up: number('srv_op_state') !== 0 };
  };
  return { legacy: find(legacy), target: find(target) };
}

/** The weight by which it takes arrivals now, whatever keeps it from taking any. */
export function weightInForce({ weight, up, admin }: ServerState): number {
  return up && (admin & (IN_MAINTENANCE | DRAINING)) === 0 ? weight : 0;
}

export function isInMaintenance({ admin }: ServerState): boolean {
  return (admin & IN_MAINTENANCE) !== 0;
}
