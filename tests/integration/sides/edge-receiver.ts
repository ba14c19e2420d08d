import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** As docs/routing.md describes what is posted. */
interface Posted {
  migration: string;
  phase: string;
  cohort: string;
  epoch: number;
  share: number;
  returning: boolean;
}

/** What goes wrong, until told otherwise; nothing where undefined. */
export type Trouble =
  | { answers: number }
  /** Takes a change and does what it was told before. */
  | 'ignores'
  /** Takes a change and cuts the connection before it answers. */
  | 'losesAnswers'
  | 'silent';

export interface EdgeReceiver {
  readonly url: string;
  /** Each POST that was taken in, with its idempotency key, repetitions included. */
  readonly posted: (Posted & { key: string })[];
  /** Requests whose signature did not hold. */
  readonly unsigned: number;
  trouble(what: Trouble | undefined): void;
  /** What somebody changes there by hand. */
  tamper(of: { phase: string; cohort: string }, share: number): void;
  /** Ends and begins again on the same port. What it was told is kept, as an edge system would keep it, unless it is to be lost. */
  restart(how?: { losing: boolean }): Promise<void>;
  stop(): Promise<void>;
}

/** An edge system written from the documentation alone: it checks signatures, keeps the last epoch and refuses older ones. */
export async function startEdgeReceiver(secret: string): Promise<EdgeReceiver> {
  const held = new Map<string, Posted>();
  const posted: (Posted & { key: string })[] = [];
  let unsigned = 0;
  let trouble: Trouble | undefined;
  const nameOf = ({ phase, cohort }: { phase: string; cohort: string }): string => `${phase}/${cohort}`;

  const receive = (request: IncomingMessage, body: string, response: ServerResponse): void => {
    const answer = (status: number, json: unknown = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
    };
    const text = request.method === 'GET' ? `GET ${request.url ?? ''}` : body;
    if (!signatureHolds(String(request.headers['handoff-signature']), text, secret)) {
      unsigned += 1;
      answer(401);
      return;
    }
    if (trouble === 'silent') return;
    if (typeof trouble === 'object') {
      answer(trouble.answers);
      return;
    }
    if (request.method === 'GET') {
      const { searchParams } = new URL(request.url ?? '', 'http://edge');
      const of = { phase: searchParams.get('phase') ?? '', cohort: searchParams.get('cohort') ?? '' };
      const route = held.get(nameOf(of));
      if (route === undefined) answer(404);
      else answer(200, { epoch: route.epoch, share: route.share, returning: route.returning });
      return;
    }
    const change = JSON.parse(body) as Posted;
    const before = held.get(nameOf(change));
    if (before !== undefined && before.epoch > change.epoch) {
      answer(409, { epoch: before.epoch });
      return;
    }
    posted.push({ ...change, key: String(request.headers['idempotency-key']) });
    if (trouble !== 'ignores') held.set(nameOf(change), change);
    if (trouble === 'losesAnswers') response.socket?.destroy();
    else answer(204);
  };

  let server = await listen(receive, 0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/routes?token=in-the-url`,
    posted,
    get unsigned() {
      return unsigned;
    },
    trouble: (what) => {
      trouble = what;
    },
    tamper: (of, share) => {
      const route = held.get(nameOf(of));
      if (route !== undefined) held.set(nameOf(of), { ...route, share });
    },
    restart: async ({ losing } = { losing: false }) => {
      await close(server);
      if (losing) held.clear();
      server = await listen(receive, port);
    },
    stop: () => close(server),
  };
}

function signatureHolds(header: string, text: string, secret: string): boolean {
  const { t = '', v1 = '' } = Object.fromEntries(header.split(',').map((part) => part.split('='))) as Record<
    string,
    string
  >;
  const expected = createHmac('sha256', secret).update(`${t}.${text}`).digest();
  const given = Buffer.from(v1, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function listen(
  receive: (request: IncomingMessage, body: string, response: ServerResponse) => void,
  port: number,
): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      receive(request, Buffer.concat(chunks).toString('utf8'), response);
    });
  });
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => {
      resolve(server);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
