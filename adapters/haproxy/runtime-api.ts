import { createConnection, type NetConnectOpts, type Socket } from 'node:net';
import { RouteAway } from '../../domain/sides/route-failures';
import type { Milliseconds } from '../../domain/time/duration';

/** A stats socket of level admin: a path, or a host and port that nobody else may reach. */
export type RuntimeSocket = { path: string } | { host: string; port: number };

const TIMEOUT: Milliseconds = 1_500;
/** More than the state of any backend; an endless answer is no answer. */
const LONGEST_ANSWER = 4 * 1024 * 1024;

/**
 * Sends commands on one line and gives what HAProxy answered, up to the end of its answer: they are carried out in their order. HAProxy
 * answers a command that it does not carry out in words, so what matters is read back.
 * @throws RouteAway
 */
export async function askRuntimeApi(
  at: RuntimeSocket,
  commands: readonly string[],
  timeout: Milliseconds = TIMEOUT,
): Promise<string> {
  const options: NetConnectOpts = 'path' in at ? { path: at.path } : { host: at.host, port: at.port };
  return new Promise((resolve, reject) => {
    const socket = createConnection(options);
    const deadline = setTimeout(() => {
      end(socket, () => {
        reject(new RouteAway(`did not answer within ${timeout} ms`));
      });
    }, timeout);
    const settle = (how: () => void): void => {
      clearTimeout(deadline);
      end(socket, how);
    };
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(`${commands.join('; ')}\n`));
    socket.on('data', (text: string) => {
      answer += text;
      if (answer.length > LONGEST_ANSWER) {
        settle(() => {
          reject(new RouteAway('answered without end'));
        });
      }
    });
    socket.on('end', () => {
      settle(() => {
        resolve(answer);
      });
    });
    socket.on('error', () => {
      settle(() => {
        reject(new RouteAway('could not be reached'));
      });
    });
    socket.on('close', () => {
      settle(() => {
        reject(new RouteAway('cut the connection'));
      });
    });
  });
}

function end(socket: Socket, how: () => void): void {
  how();
  socket.destroy();
}
