import pino from 'pino';
import type { Status } from '../domain/phase/transition';

export function logLine(status: Status): void {
  pino().info({ status });
}
