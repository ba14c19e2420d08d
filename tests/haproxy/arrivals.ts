import { errors, Pool } from 'undici';

/** Somebody with a browser: what the proxy gave them to send along, and the side they got. */
export interface Client {
  session: string;
  cookie: string | undefined;
  side: string;
}

export interface Arrivals {
  /** So many clients who were never here before, each with one request. */
  arrive(count: number): Promise<Client[]>;
  /** The side that each gets now, asked once more with what they were given. What they are given anew they keep. */
  askAgain(clients: readonly Client[]): Promise<string[]>;
  /** How many requests found their connection closed before an answer began; each was asked once more. */
  closedUnanswered(): number;
  stop(): Promise<void>;
}

/** Each has one request under way at most. */
export const CONNECTIONS = 16;

/** Clients of one backend, each request balanced on its own however few connections carry them. */
export function arrivalsAt(url: string): Arrivals {
  const pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1 });
  let sessions = 0;
  let closed = 0;
  const ask = async (session: string, cookie: string | undefined): Promise<Client> => {
    const sent = [`SESSION=${session}`, ...(cookie === undefined ? [] : [cookie])].join('; ');
    const request = { method: 'GET', path: '/', headers: { cookie: sent } } as const;
    const response = await pool.request(request).catch((error: unknown) => {
      // A process that goes closes idle connections, and a request may be on its way on one: a browser asks again (RFC 9110, 9.2.2).
      if (!(error instanceof errors.SocketError)) throw error;
      closed += 1;
      return pool.request(request);
    });
    const side = await response.body.text();
    const given = /^(SIDE=[^;]+)/.exec(String(response.headers['set-cookie'] ?? ''))?.[1];
    return { session, cookie: given ?? cookie, side };
  };
  return {
    arrive: (count) => atOnce(count, () => ask(`session-${(sessions += 1)}`, undefined)),
    askAgain: async (clients) => {
      const asked = await atOnce(clients.length, async (index) => {
        const client = clients[index];
        if (client === undefined) throw new Error('There is no such client.');
        const answered = await ask(client.session, client.cookie);
        client.cookie = answered.cookie;
        return answered.side;
      });
      return asked;
    },
    closedUnanswered: () => closed,
    stop: () => pool.close(),
  };
}

/** Does it so many times, as many at a time as there are connections. */
async function atOnce<Result>(count: number, one: (index: number) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      results[index] = await one(index);
    }
  };
  await Promise.all(Array.from({ length: 2 * CONNECTIONS }, work));
  return results;
}
