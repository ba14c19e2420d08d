import { createServer, IncomingMessage, ServerResponse, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { ChangeStreams } from '../../../api/decisions/change-streams';
import { StreamTokens } from '../../../api/decisions/stream-tokens';
import { until } from '../../setup/until';

const LIMIT = 60;

/** Changes happen when a test says so. */
class Changes {
  private readonly listeners = new Set<() => void>();

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  happen(): void {
    for (const listener of this.listeners) listener();
  }
}

let changes: Changes;
let streams: ChangeStreams;
let server: Server;
let readers: Reader[];
const refused: unknown[] = [];

beforeEach(async () => {
  changes = new Changes();
  streams = new ChangeStreams(changes, () => Promise.resolve(true), LIMIT);
  readers = [];
  refused.length = 0;
  server = createServer((request, response) => {
    try {
      streams.open(request, response, 'stacks', []);
    } catch (error) {
      refused.push(error);
      response.writeHead(503).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  streams.stop();
  for (const { socket } of readers) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

interface Reader {
  socket: Socket;
  /** Ids of the events that came. */
  ids(): string[];
}

/** Listens as a browser does. */
async function listen(lastEventId?: string): Promise<Reader> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString()));
  socket.on('error', () => undefined);
  const head = lastEventId === undefined ? '' : `Last-Event-ID: ${lastEventId}\r\n`;
  socket.write(`GET / HTTP/1.1\r\nHost: api\r\n${head}\r\n`);
  const reader = { socket, ids: () => [...text.matchAll(/^id: (\S+)$/gm)].map(([, id]) => id ?? '') };
  readers.push(reader);
  await until('the stream is open', () => text.includes('retry: ') || text.includes(' 503 '));
  return reader;
}

/** A connection whose other end takes no byte any more. */
function readerThatTakesNothing(): { request: IncomingMessage; response: ServerResponse } {
  const socket = new Duplex({ read: () => undefined, write: () => undefined }) as unknown as Socket;
  const request = new IncomingMessage(socket);
  const response = new ServerResponse(request);
  response.assignSocket(socket);
  return { request, response };
}

describe('the stream of changes', () => {
  it('tells every reader of a change', async () => {
    for (let count = 0; count < LIMIT; count += 1) await listen();
    await until('each was told to ask', () => readers.every((reader) => reader.ids().length === 1));
    changes.happen();
    await until('each was told of the change', () => readers.every((reader) => reader.ids().length === 2));
    expect(new Set(readers.flatMap((reader) => reader.ids())).size).toBe(2);
  });

  it('tells a reader that comes back only of what it has missed', async () => {
    const first = await listen();
    await until('it was told', () => first.ids().length === 1);
    const [last = ''] = first.ids();
    const back = await listen(last);
    changes.happen();
    await until('it was told of the change', () => back.ids().length > 0);
    expect(back.ids()).toHaveLength(1);
    const missed = await listen(last);
    const elsewhere = await listen('ffffffffffff-1');
    await until('both are told to ask', () => missed.ids().length === 1 && elsewhere.ids().length === 1);
  });

  it('is refused to more readers than a process holds, and opens again when one has left', async () => {
    for (let count = 0; count < LIMIT; count += 1) await listen();
    await listen();
    expect(refused).toMatchObject([{ code: 'too-many-streams', status: 503 }]);
    readers[0]?.socket.destroy();
    await until('there is room', () => streams.count < LIMIT);
    await listen();
    expect(refused).toHaveLength(1);
  });

  it('drops a reader that does not read, and holds nothing for it', async () => {
    const reading = await listen();
    const stuck = readerThatTakesNothing();
    streams.open(stuck.request, stuck.response, 'stacks', []);
    let told = 0;
    for (; streams.count === 2 && told < 1_000; told += 1) {
      changes.happen();
      await until('the reading one is told', () => reading.ids().length > told + 1);
    }
    expect(streams.count).toBe(1);
    expect(stuck.response.writableLength).toBeLessThan(32 * 1024);
  });

  it('ends with the process, and opens no more', async () => {
    const reader = await listen();
    const ended = new Promise<boolean>((resolve) =>
      reader.socket.once('end', () => {
        resolve(true);
      }),
    );
    streams.stop();
    expect(await ended).toBe(true);
    await listen();
    expect(refused).toMatchObject([{ code: 'too-many-streams' }]);
  });
});

describe('the address of a stream', () => {
  const HOUR = 3_600_000;
  const at = (hours: number, secret = 'ab'.repeat(32)): StreamTokens =>
    new StreamTokens(secret, { now: () => new Date(hours * HOUR) });

  it('is good for half a day at least and a day at most, in every process with the same key', () => {
    const made = at(100).make('web-portal');
    expect(at(112).actorOf(made)).toBe('web-portal');
    expect(at(124).actorOf(made)).toBeUndefined();
    expect(at(101).make('web-portal')).toBe(made);
    expect(at(100).make('web-shop')).not.toBe(made);
    expect(at(100, 'cd'.repeat(32)).actorOf(made)).toBeUndefined();
  });

  it.each(['', 'A', 'AAAA', 'A'.repeat(22), '%00', '🙂'.repeat(20)])('that was made up opens nothing: %j', (token) => {
    expect(at(1).actorOf(token)).toBeUndefined();
  });
});
