import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Figures } from './gate-source-conformance';

type Answering = (request: IncomingMessage, response: ServerResponse) => void;

export interface Report {
  asOf: unknown;
  sides: { side: string; kept: unknown; seen: unknown }[];
}

/** A service that reports outcomes by the window that it is asked for. */
export class ReportService {
  private readonly added: (Figures & { at: Date })[] = [];
  answering: Answering = (request, response) => {
    this.send(response, this.reportFor(request));
  };
  readonly asked: IncomingMessage[] = [];
  private readonly server = createServer((request, response) => {
    this.asked.push(request);
    this.answering(request, response);
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/reports/`;
  }

  add(figures: Figures): void {
    this.added.push({ ...figures, at: new Date() });
  }

  reportFor(request: IncomingMessage): Report {
    const since = new Date(new URL(request.url ?? '', 'http://localhost').searchParams.get('since') ?? '');
    const within = this.added.filter(({ at }) => at >= since);
    const sides = (['target', 'legacy'] as const).map((side) => ({
      side,
      kept: within.reduce((sum, figures) => sum + figures[side].kept, 0),
      seen: within.reduce((sum, figures) => sum + figures[side].kept + figures[side].missed, 0),
    }));
    return { asOf: new Date().toISOString(), sides };
  }

  /** Answers with the report, changed. */
  change(how: (report: Report) => unknown): void {
    this.answering = (request, response) => {
      this.send(response, how(this.reportFor(request)));
    };
  }

  send(response: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}): void {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }
}
