import express, { type RequestHandler } from 'express';
import { UnsupportedMediaType } from './problems';

/** Refuses a body of another media type; lets a request without a body pass. */
export function takesBody(mediaTypes: string[]): RequestHandler {
  return (request, _response, next) => {
    // null: there is no body. An empty one says nothing, whatever its type.
    if (request.is(mediaTypes) === false && request.headers['content-length'] !== '0')
      throw new UnsupportedMediaType(mediaTypes);
    next();
  };
}

/** A body of JSON of at most that size, such as `16kb`. */
export function json(limit: string): RequestHandler[] {
  return [takesBody(['application/json']), express.json({ limit })];
}
