import type { Request } from 'express';

/**
 * The pattern of the route that took a request, such as `/v1/migrations/:migration`; `none` where no route did. Never the path that was
 * asked for, which may hold anything. Every router is mounted at the root, so a route's own path is all of it.
 */
export function routePattern(request: Request): string {
  const path: unknown = (request.route as { path?: unknown } | undefined)?.path;
  return typeof path === 'string' ? path : 'none';
}
