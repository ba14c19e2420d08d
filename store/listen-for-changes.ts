import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { Milliseconds } from '../domain/time/duration';

const CHANNEL = 'handoff_sides';
const FIRST_RETRY: Milliseconds = 100;
const LAST_RETRY: Milliseconds = 2_000;
const FAREWELL: Milliseconds = 500;

export interface ChangeListener {
  stop(): Promise<void>;
}

/**
 * Calls `onChange` soon after each change of a side is committed, and each time the connection is there anew, since something may have been
 * missed. A connection that ends is made again. It only makes things fast: whoever listens must look by itself too.
 */
export function listenForSideChanges(options: {
  url: string;
  applicationName: string;
  onChange: () => void;
  onFailure: (error: unknown) => void;
}): ChangeListener {
  let stopped = false;
  let client: Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let retry = FIRST_RETRY;

  const again = (error?: unknown): void => {
    if (error !== undefined) options.onFailure(error);
    if (stopped || timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      void connect();
    }, retry);
    retry = Math.min(retry * 2, LAST_RETRY);
  };

  async function connect(): Promise<void> {
    const { url: connectionString, applicationName } = options;
    const next = new Client({
      ...{ connectionString, application_name: applicationName },
      ...{ connectionTimeoutMillis: 5_000, keepAlive: true },
    });
    client = next;
    next.on('notification', () => {
      options.onChange();
    });
    let ended = false;
    const end = (error?: Error): void => {
      if (ended) return;
      ended = true;
      void next.end().catch(() => undefined);
      if (!stopped) again(error);
    };
    next.on('error', end);
    next.on('end', () => {
      end();
    });
    try {
      await next.connect();
      await next.query(`LISTEN ${CHANNEL}`);
      retry = FIRST_RETRY;
      options.onChange();
    } catch (error) {
      end(error instanceof Error ? error : undefined);
    }
  }

  void connect();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      // A farewell that cannot be sent is answered by nobody.
      await Promise.race([client?.end().catch(() => undefined), delay(FAREWELL, undefined, { ref: false })]);
    },
  };
}
