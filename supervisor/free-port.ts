import { createServer } from 'node:net';
import { StartFailure } from './start-failure';

const LOOPBACK = '127.0.0.1';

/** Another program listens on a port that was asked for. */
export class PortTaken extends StartFailure {
  readonly code = 'port-taken';
  constructor(part: string, port: number, variable: string) {
    super(
      `Port ${port}, wanted for ${part}, is taken by another program. End that program, or set ${variable} to a free port.`,
    );
  }
}

/** A port of the loopback address that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const port = await listenBriefly(0);
  if (port === undefined) throw new Error('The machine has no free port.');
  return port;
}

/** @throws PortTaken naming the variable that changes the port */
export async function requireFreePort(part: string, port: number, variable: string): Promise<void> {
  if ((await listenBriefly(port)) === undefined) throw new PortTaken(part, port, variable);
}

async function listenBriefly(port: number): Promise<number | undefined> {
  const server = createServer();
  const listening = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => {
      resolve(true);
    });
  });
  if (!listening) return undefined;
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : undefined;
}
