import { METHODS } from 'node:http';
import type { RequestHandler } from 'express';
import type { ApiMetrics } from '../platform/metrics';
import { routePattern } from './route-pattern';

/** Times every request by its route's pattern: a path may hold anything, so none ever becomes a label (I15). */
export function measureRequests(requests: ApiMetrics['requests']): RequestHandler {
  return (request, response, next) => {
    const stop = requests.startTimer();
    response.once('close', () => {
      stop({
        method: METHODS.includes(request.method) ? request.method : 'other',
        route: routePattern(request),
        // A client that hung up before the answer.
        status: response.writableFinished ? String(response.statusCode) : 'aborted',
      });
    });
    next();
  };
}
