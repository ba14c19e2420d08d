import pino, { type Logger } from 'pino';

export type { Logger };

/**
 * Structured logs, one JSON object a line, to standard output. Callers log ids of migrations, phases, cohorts and epochs,
 * counts and codes. I15: never a patient's key, an event's data or a request's body.
 */
export function createLogger(process: string, level: string): Logger {
  return pino({ name: process, level, base: { name: process }, timestamp: pino.stdTimeFunctions.isoTime });
}
