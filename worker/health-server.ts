import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

export interface HealthServer {
  url: string;
  stop(): Promise<void>;
}

/** Serves /metrics, /healthz and /readyz of a worker. @param ready what is missing, empty where nothing is */
export async function startHealthServer(options: {
  host: string;
  port: number;
  registry: Registry;
  ready: () => Promise<readonly string[]>;
}): Promise<HealthServer> {
  const { host, port, registry, ready } = options;
  const server = createServer((request, response) => {
    const answer = (status: number, type: string, body: string): void => {
      response.writeHead(status, { 'content-type': type }).end(body);
    };
    const unavailable = (): void => {
      answer(503, 'application/json', '{"status":"unavailable"}');
    };
    if (request.method !== 'GET') answer(405, 'application/json', '{"status":"method not allowed"}');
    else if (request.url === '/healthz') answer(200, 'application/json', '{"status":"ok"}');
    else if (request.url === '/readyz') {
      ready().then((missing) => {
        answer(missing.length === 0 ? 200 : 503, 'application/json', JSON.stringify({ missing }));
      }, unavailable);
    } else if (request.url === '/metrics') {
      registry.metrics().then((text) => {
        answer(200, registry.contentType, text);
      }, unavailable);
    } else answer(404, 'application/json', '{"status":"not found"}');
  });
  server.requestTimeout = 5_000;
  await listen(server, host, port);
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${bound}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
