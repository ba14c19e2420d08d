import { connect, type Socket } from 'node:net';
import { until } from '../../setup/until';

/** A connection on which a test says what it likes, byte by byte. */
export class RawConnection {
  received = '';
  closed = false;

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => (this.received += chunk.toString()));
    socket.on('close', () => (this.closed = true));
    socket.on('error', () => undefined);
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const connection = new RawConnection(connect(Number(port), hostname));
    await until('the connection is open', () => !connection.socket.connecting);
    return connection;
  }

  /** A question's head; what follows is the caller's. */
  ask(path: string, token: string, ...headers: string[]): void {
    const lines = [`POST ${path} HTTP/1.1`, 'Host: api', `Authorization: Bearer ${token}`, ...headers];
    this.socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  }

  /** The statuses answered so far. */
  statuses(): number[] {
    return [...this.received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  }
}
