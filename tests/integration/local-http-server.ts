import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface LocalAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

/** How the server meets a request. */
export type OneBehaviour =
  | LocalAnswer
  /** Takes the request and never answers. */
  | 'silent'
  /** Takes the request and cuts the connection. */
  | 'hangUp'
  /** Answers 200 and never ends the body. */
  | 'endlessBody';

/** How it meets each request until told otherwise. */
export type Behaviour = OneBehaviour | ((request: ReceivedRequest) => OneBehaviour);

export interface LocalHttpServer {
  url: string;
  received: ReceivedRequest[];
  behave(behaviour: Behaviour): void;
  /** Stops listening and cuts what is open: from then on connections are refused. */
  stop(): Promise<void>;
}

/** A real HTTP server on a port of its own, for whatever the product sends out. */
export async function startLocalHttpServer(): Promise<LocalHttpServer> {
  let behaviour: Behaviour = { status: 200 };
  const received: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      received.push(one);
      answer(response, typeof behaviour === 'function' ? behaviour(one) : behaviour);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    behave: (next) => {
      behaviour = next;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function answer(response: ServerResponse, behaviour: OneBehaviour): void {
  if (behaviour === 'silent') return;
  if (behaviour === 'hangUp') {
    response.socket?.destroy();
    return;
  }
  if (behaviour === 'endlessBody') {
    response.writeHead(200).write('a beginning');
    return;
  }
  response.writeHead(behaviour.status, behaviour.headers).end(behaviour.body);
}
