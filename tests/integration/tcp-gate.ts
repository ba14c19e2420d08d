import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP port that leads to a server, or to nothing. */
export interface TcpGate {
  address: string;
  /** Lets connections through to this address from now on. */
  open(address: string): void;
  /** Ends what goes through, and lets nothing more through. */
  shut(): void;
  close(): Promise<void>;
}

export async function startTcpGate(): Promise<TcpGate> {
  let target: string | undefined;
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    if (target === undefined) {
      socket.destroy();
      return;
    }
    const [host, port] = target.split(':');
    const beyond = connect(Number(port), host);
    for (const [one, other] of [
      [socket, beyond],
      [beyond, socket],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    socket.pipe(beyond).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    open: (address) => {
      target = address;
    },
    shut: () => {
      target = undefined;
      for (const socket of sockets) socket.destroy();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      }),
  };
}
