import type { Request, RequestHandler } from 'express';

const MOUNT = Symbol('mount');
type Mounted = Request & { [MOUNT]?: string };

/** Notes where a router is mounted, as declared: `request.baseUrl` holds what was asked for, which may be anything. */
export function mountedAt(path: string): RequestHandler {
  return (request, _response, next) => {
    (request as Mounted)[MOUNT] = path;
    next();
  };
}

/** The pattern of the route that a request was taken by, such as `/v1/migrations/:migration`; `none` where no route took it. */
export function routePattern(request: Request): string {
  const route: unknown = (request.route as { path?: unknown } | undefined)?.path;
  const mount = (request as Mounted)[MOUNT] ?? '';
  if (typeof route !== 'string') return mount === '' ? 'none' : mount;
  return mount === '' ? route : `${mount}${route}`.replace(/\/$/, '');
}
