import { connect, type Socket } from 'node:net';
import type { Side } from '../../domain/sides/side';
import { contextOf, stateOf, unitKey, writeUnitKey } from './unit-keys';

export interface RawAnswer {
  status: number;
  /** undefined where the body tells none. */
  side: Side | undefined;
  /** Of an answer other than 200: whether it says when to ask again, in whole seconds. */
  saysWhen?: boolean;
  bodyBytes: number;
}

/** A server sent what this client does not read, or ended the connection. */
export class BrokenConnection extends Error {
  override readonly name = 'BrokenConnection';
}

const READ_BYTES = 64 * 1024;

/**
 * One keep-alive connection that asks one side question at a time. It costs as little as Node allows, so that it is the server that is measured:
 * the request is there already and only its key and state are written over, the socket reads into one buffer, and of the answer only the status,
 * the length and the side are looked at.
 */
export class RawConnection {
  /** The number of the unit that was asked for last. */
  index = 0;
  /** When that was, or should have been; by `performance.now()`. */
  askedAt = 0;
  private readonly request: Buffer;
  private readonly keyAt: number;
  private readonly stateAt: number;
  private rest = '';

  private constructor(
    private readonly socket: Socket,
    head: string,
    private readonly answered: (connection: RawConnection, answer: RawAnswer) => void,
    private readonly failed: (error: Error) => void,
  ) {
    this.request = Buffer.from(head, 'latin1');
    this.keyAt = head.indexOf(unitKey(0));
    this.stateAt = head.indexOf('"state":"') + '"state":"'.length;
  }

  static async open(
    to: { port: number; token: string; flag: string },
    answered: (connection: RawConnection, answer: RawAnswer) => void,
    failed: (error: Error) => void,
  ): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const read = Buffer.allocUnsafe(READ_BYTES);
      const socket = connect({
        host: '127.0.0.1',
        port: to.port,
        noDelay: true,
        onread: {
          buffer: read,
          callback: (bytes) => {
            opened.take(read.toString('latin1', 0, bytes));
            return true;
          },
        },
      });
      const opened = new RawConnection(socket, requestOf(to), answered, failed);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        socket.on('error', failed);
        socket.on('end', () => {
          failed(new BrokenConnection('The server ended a connection.'));
        });
        resolve(opened);
      });
    });
  }

  ask(index: number, at: number): void {
    this.index = index;
    this.askedAt = at;
    writeUnitKey(this.request, this.keyAt, index);
    const state = stateOf(index);
    this.request[this.stateAt] = state.charCodeAt(0);
    this.request[this.stateAt + 1] = state.charCodeAt(1);
    this.socket.write(this.request);
  }

  close(): void {
    this.socket.removeAllListeners('end');
    this.socket.destroy();
  }

  private take(text: string): void {
    const whole = this.rest === '' ? text : this.rest + text;
    const head = whole.indexOf('\r\n\r\n');
    if (head < 0) {
      this.rest = whole;
      return;
    }
    const bodyBytes = lengthIn(whole, head);
    if (bodyBytes === undefined) {
      this.failed(new BrokenConnection('An answer came without a Content-Length.'));
      return;
    }
    if (whole.length < head + 4 + bodyBytes) {
      this.rest = whole;
      return;
    }
    this.rest = '';
    const side = sideIn(whole, head);
    const status = Number(whole.slice(9, 12));
    const saysWhen = status !== 200 && /\r\nretry-after: \d+\r\n/i.test(whole.slice(0, head + 2));
    this.answered(this, { status, side, saysWhen, bodyBytes });
  }
}

function requestOf({ port, token, flag }: { port: number; token: string; flag: string }): string {
  const body = JSON.stringify({ context: contextOf(0) });
  return [
    `POST /ofrep/v1/evaluate/flags/${flag} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}

function lengthIn(answer: string, head: number): number | undefined {
  const name = answer.indexOf('ontent-Length: ');
  if (name < 0 || name > head) return undefined;
  const from = name + 'ontent-Length: '.length;
  return Number(answer.slice(from, answer.indexOf('\r\n', from)));
}

function sideIn(answer: string, head: number): Side | undefined {
  const at = answer.indexOf('"value":"', head);
  if (at < 0) return undefined;
  if (answer.startsWith('legacy"', at + 9)) return 'legacy';
  return answer.startsWith('target"', at + 9) ? 'target' : undefined;
}
