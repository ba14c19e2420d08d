import { METHODS } from 'node:http';
import type { RequestHandler } from 'express';
import type { ApiMetrics } from '../platform/metrics';
import { routePattern } from './route-pattern';

/** Times every request by its route's pattern: a path may hold anything, so none ever becomes a label (I15). */
export function measureRequests(requests: ApiMetrics['requests']): RequestHandler {
  return (request, response, next) => {
    const since = performance.now();
    response.once('close', () => {
      const method = METHODS.includes(request.method) ? request.method : 'other';
      // A client that hung up before the answer.
      const status = response.writableFinished ? String(response.statusCode) : 'aborted';
      requests.of(method, routePattern(request), status).add((performance.now() - since) / 1_000);
    });
    next();
  };
}
