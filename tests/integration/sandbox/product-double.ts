import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Side } from '../../../domain/sides/side';

export interface ReceivedEvent {
  id: string;
  source: string;
  type: string;
  time: string;
  subject: string;
  journey: string;
  sequence: string;
  migration: string;
  subscription?: string;
  data: Record<string, unknown>;
}

export interface AskedSide {
  flag: string;
  context: Record<string, string>;
  answered: Side;
}

/** How a message of events is met, by its number from 0. `loseAnswer` stores it and cuts the connection before saying so. */
export type Reception = 'take' | 'loseAnswer' | 'unavailable';

/**
 * What the stacks see of the product, over real HTTP, with what a network does to them: only the sandbox's own behaviour is
 * tested against it. What the real API makes of it is tested against the real API.
 */
export class ProductDouble {
  /** By source and id, each once, in the order of arrival. */
  readonly stored = new Map<string, ReceivedEvent>();
  readonly asked: AskedSide[] = [];
  messages = 0;
  reception: (message: number) => Reception = () => 'take';
  refuses: (event: ReceivedEvent) => string | undefined = () => undefined;
  sideOf: (asked: number) => Side | 'unavailable' = (asked) => (asked % 2 === 0 ? 'legacy' : 'target');
  /** Answers of `GET`, by path. */
  readonly answers = new Map<string, unknown>();

  private readonly server = createServer((request, response) => void this.handle(request, response));

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get events(): ReceivedEvent[] {
    return [...this.stored.values()];
  }

  async close(): Promise<void> {
    await new Promise((resolve) => {
      this.server.close(resolve);
      this.server.closeAllConnections();
    });
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const path = request.url ?? '';
    if (request.headers.authorization !== 'Bearer stack-token') answer(response, 401, { code: 'unknown-token' });
    else if (request.method === 'GET') {
      const known = this.answers.get(path);
      answer(response, known === undefined ? 404 : 200, known ?? { code: 'no-such-route' });
    } else if (path === '/v1/events') this.receive(JSON.parse(body) as ReceivedEvent[], response);
    else this.answerSide(path.replace('/ofrep/v1/evaluate/flags/', ''), body, response);
  }

  private receive(events: readonly ReceivedEvent[], response: ServerResponse): void {
    const reception = this.reception(this.messages++);
    if (reception === 'unavailable') {
      answer(response, 503, { code: 'unavailable' });
      return;
    }
    let stored = 0;
    const refused: { index: number; code: string }[] = [];
    events.forEach((event, index) => {
      const code = this.refuses(event);
      const key = `${event.source} ${event.id}`;
      if (code !== undefined) refused.push({ index, code });
      else if (!this.stored.has(key)) {
        this.stored.set(key, event);
        stored += 1;
      }
    });
    if (reception === 'loseAnswer') {
      response.socket?.destroy();
      return;
    }
    const duplicates = events.length - refused.length - stored;
    const status = refused.length === 0 ? 200 : refused.length === events.length ? 400 : 207;
    answer(response, status, { stored, duplicates, refused });
  }

  private answerSide(flag: string, body: string, response: ServerResponse): void {
    const side = this.sideOf(this.asked.length);
    if (side === 'unavailable') {
      answer(response, 503, { code: 'unavailable' });
      return;
    }
    const { context } = JSON.parse(body) as { context: Record<string, string> };
    this.asked.push({ flag, context, answered: side });
    answer(response, 200, { key: flag, value: side, variant: side, reason: 'SPLIT' });
  }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
