import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { StartFailure } from './start-failure';

const LOOPBACK = '127.0.0.1';
/** Below what systems hand out to outgoing connections: one of those could take the port before our program listens on it. */
const RANGE = { from: 15_000, to: 32_000 };
const ATTEMPTS = 200;

/** Another program listens on a port that was asked for. */
export class PortTaken extends StartFailure {
  readonly code = 'port-taken';
  constructor(part: string, port: number, variable: string) {
    super(
      `Port ${port}, wanted for the ${part}, is taken by another program. End that program, or set ${variable} to a free port.`,
    );
  }
}

/** A port of the loopback address that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(RANGE.from, RANGE.to);
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port was found between ${RANGE.from} and ${RANGE.to}.`);
}

/** @throws PortTaken naming the variable that changes the port */
export async function requireFreePort(part: string, port: number, variable: string): Promise<void> {
  if (!(await isFree(port))) throw new PortTaken(part, port, variable);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const free = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      // A port that this user may not have (below 1024) is no more use than a taken one.
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    });
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => {
      resolve(true);
    });
  });
  if (free) await new Promise((resolve) => server.close(resolve));
  return free;
}
