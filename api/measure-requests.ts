import { METHODS } from 'node:http';
import type { Request, RequestHandler } from 'express';
import type { ApiMetrics } from '../platform/metrics';

/** Times every request by its route's pattern: a path may hold anything, so none ever becomes a label (I15). */
export function measureRequests(requests: ApiMetrics['requests']): RequestHandler {
  return (request, response, next) => {
    const stop = requests.startTimer();
    response.once('close', () => {
      stop({
        method: METHODS.includes(request.method) ? request.method : 'other',
        route: routeOf(request),
        // A client that hung up before the answer.
        status: response.writableFinished ? String(response.statusCode) : 'aborted',
      });
    });
    next();
  };
}

/** Routers are mounted at the root, so a route's own path is the whole pattern. */
function routeOf(request: Request): string {
  const path: unknown = (request.route as { path?: unknown } | undefined)?.path;
  return typeof path === 'string' ? path : 'none';
}
