import { setTimeout as delay } from 'node:timers/promises';
import type { Milliseconds } from '../domain/time/duration';

/** What was asked for, where it comes within that time; else `late`, and whatever comes afterwards is dropped. @throws what it fails with in time */
export async function inTime<Value, Late>(
  asked: Promise<Value>,
  within: Milliseconds,
  late: Late,
): Promise<Value | Late> {
  const ended = new AbortController();
  try {
    return await Promise.race([asked, delay(within, late, { signal: ended.signal, ref: false }).catch(() => late)]);
  } finally {
    ended.abort();
    asked.catch(() => undefined);
  }
}
