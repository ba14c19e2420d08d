/** What the decision plane serves, ahead of every other route, by method and pattern. */
export const OFREP_ROUTES = [
  'POST /ofrep/v1/evaluate/flags/:key',
  'POST /ofrep/v1/evaluate/flags',
  'GET /ofrep/v1/changes',
] as const;

/** One flag, all flags of a context, or the stream that tells of changes. */
export type OfrepRoute = { kind: 'one'; key: string } | { kind: 'all' } | { kind: 'changes'; access: string };

export const CHANGES = '/ofrep/v1/changes';
const FLAGS = '/ofrep/v1/evaluate/flags';
const ONE = `${FLAGS}/`;

/** A path that is no well-formed percent-encoding; it names no flag. */
export class UndecodablePath extends Error {}

/**
 * Which operation of OFREP a request's target names; undefined where it is none of them.
 * @throws UndecodablePath
 */
export function ofrepRoute(target: string): OfrepRoute | undefined {
  const path = pathOf(target);
  if (path.startsWith(ONE) && path.length > ONE.length) {
    const named = path.endsWith('/') ? path.slice(ONE.length, -1) : path.slice(ONE.length);
    return named.includes('/') ? undefined : { kind: 'one', key: decoded(named) };
  }
  if (path === FLAGS || path === ONE) return { kind: 'all' };
  if (path !== CHANGES) return undefined;
  const query = target.indexOf('?');
  return { kind: 'changes', access: new URLSearchParams(query === -1 ? '' : target.slice(query)).get('access') ?? '' };
}

/** Without the query, and without the host that a proxy may name in front. */
function pathOf(target: string): string {
  const query = target.indexOf('?');
  const path = query === -1 ? target : target.slice(0, query);
  return path.startsWith('/') ? path : path.replace(/^https?:\/\/[^/]*/i, '');
}

function decoded(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new UndecodablePath();
  }
}
