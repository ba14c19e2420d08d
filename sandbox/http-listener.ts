import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A local HTTP server that can be closed for a while and opened again on the same port, as a stack that goes down and comes back. */
export class HttpListener {
  private server: Server | undefined;

  constructor(
    private readonly handler: RequestListener,
    private port: number,
  ) {}

  get isOpen(): boolean {
    return this.server !== undefined;
  }

  /** Known once it was open; 0 as port takes a free one then and keeps it. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** @throws Error with code EADDRINUSE where something else has the port */
  async open(): Promise<void> {
    if (this.server !== undefined) return;
    const server = createServer(this.handler);
    this.server = server;
    try {
      server.listen(this.port, '127.0.0.1');
      await once(server, 'listening');
    } catch (error) {
      this.server = undefined;
      throw error;
    }
    this.port = (server.address() as AddressInfo).port;
  }

  /** Refuses connections from now on and cuts those that are open. */
  async close(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }
}
