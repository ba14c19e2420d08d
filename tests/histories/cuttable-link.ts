import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';

/** The way of one process to Postgres, which can be cut. */
export interface CuttableLink {
  /** The address to reach Postgres by, in place of its own. */
  url: string;
  /** `refused`: connections break, and new ones are refused. `silent`: nothing comes through, and nobody is told. */
  cut(how: 'refused' | 'silent'): void;
  /** What was held back comes through; after `refused`, by new connections. */
  mend(): void;
  close(): Promise<void>;
}

/** The straight way, for a process that nothing is to happen to. */
export function straightLink(databaseUrl: string): CuttableLink {
  const never = (): never => {
    throw new Error('This link is not to be cut.');
  };
  return { url: databaseUrl, cut: never, mend: never, close: () => Promise.resolve() };
}

/** Of the socket that is looked for in a folder. */
const PORT = 5432;

/** A relay in front of Postgres, for one process alone. @param folder of its own; holds the socket that it listens on */
export async function openCuttableLink(databaseUrl: string, folder: string): Promise<CuttableLink> {
  const behind = addressOf(databaseUrl);
  const pairs = new Set<readonly [Socket, Socket]>();
  let state: 'open' | 'refused' | 'silent' = 'open';
  const server = createServer({ pauseOnConnect: true }, (near) => {
    if (state === 'refused') {
      near.destroy();
      return;
    }
    const far = connect(behind);
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [one, other] of [pair, [far, near] as const]) {
      one.on('data', (chunk: Buffer) => {
        if (other.write(chunk)) return;
        one.pause();
        other.once('drain', () => state !== 'silent' && one.resume());
      });
      one.on('end', () => other.end());
      one.on('error', () => other.destroy());
      one.on('close', () => {
        other.destroy();
        pairs.delete(pair);
      });
    }
    if (state === 'open') near.resume();
    else far.pause();
  });
  await new Promise<void>((resolve) => server.listen(join(folder, `.s.PGSQL.${PORT}`), resolve));
  const url = new URL(databaseUrl);
  url.port = String(PORT);
  url.searchParams.set('host', folder);
  return {
    url: url.href,
    cut: (how) => {
      state = how;
      for (const socket of [...pairs].flat()) {
        if (how === 'silent') socket.pause();
        else socket.destroy();
      }
    },
    mend: () => {
      state = 'open';
      for (const socket of [...pairs].flat()) socket.resume();
    },
    close: async () => {
      state = 'refused';
      for (const socket of [...pairs].flat()) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** By a socket in a folder where the address names one, else by the network. */
function addressOf(databaseUrl: string): { path: string } | { host: string; port: number } {
  const { hostname, port, searchParams } = new URL(databaseUrl);
  const folder = searchParams.get('host');
  if (folder !== null) return { path: join(folder, `.s.PGSQL.${port}`) };
  return { host: hostname, port: Number(port) };
}
