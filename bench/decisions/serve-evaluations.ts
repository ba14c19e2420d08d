import { createServer, type ServerResponse } from 'node:http';

const PREFIX = '/ofrep/v1/evaluate/flags/';

/**
 * The barest server that takes OFREP's question: Node's own `http`, the body parsed as JSON, an answer with its length. What `evaluate` gives is sent.
 * The port is the process's first argument.
 */
export function serveEvaluations(evaluate: (flag: string, body: unknown) => string | Buffer): void {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      try {
        const body: unknown = JSON.parse((chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))?.toString() ?? '');
        const url = request.url ?? '';
        send(response, 200, evaluate(url.startsWith(PREFIX) ? url.slice(PREFIX.length) : '', body));
      } catch {
        send(response, 400, '{}');
      }
    });
  });
  server.listen(Number(process.argv[2]), '127.0.0.1');
  process.once('SIGTERM', () => {
    process.exit(0);
  });
}

function send(response: ServerResponse, status: number, body: string | Buffer): void {
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}
