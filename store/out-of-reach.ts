import { types } from 'node:util';

/** Codes of Node for a server that cannot be reached, or is gone in the middle. */
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/**
 * States of Postgres in which it answers nobody, or not in time: lost connection (08), too many of something (53), shutting down or
 * starting (57P), a time limit (57014, 25P03, 25P04, 55P03), a restart or a standby taking over (25006), a conflict that a repeat solves (40).
 */
const STATES = /^(08...|53...|57P0.|57014|25P03|25P04|55P03|25006|40001|40P01)$/;

/** What pg says of a connection that ended or never came; such errors carry no code. */
const WITHOUT_CODE =
  /^(Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/** Whether a query failed because Postgres is out of reach for now: the same question may be answered later. */
export function isOutOfReach(error: unknown): boolean {
  // Not instanceof: an error of Node's own may come from another realm.
  if (!types.isNativeError(error)) return false;
  if ('errors' in error && Array.isArray(error.errors)) return error.errors.some(isOutOfReach);
  const code: unknown = 'code' in error ? error.code : undefined;
  // A server that is reached by a socket in a folder, which is gone while it is.
  if (code === 'ENOENT') return 'syscall' in error && error.syscall === 'connect';
  if (typeof code === 'string') return NETWORK.has(code) || STATES.test(code);
  return WITHOUT_CODE.test(error.message);
}
