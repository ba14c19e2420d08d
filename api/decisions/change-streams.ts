import { randomBytes, randomInt } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Milliseconds } from '../../domain/time/duration';
import { TooManyStreams } from './evaluation-failure';
import type { SideAnswers } from './side-answers';

/** A comment this often keeps proxies from taking a quiet stream for a dead one. */
const QUIET_AT_MOST: Milliseconds = 15_000;

/** Each told client asks for its sides again: so many are told at a time, this far apart. */
const TOLD_AT_ONCE = 50;
const TOLD_EVERY: Milliseconds = 25;

/** Streams of one process. */
const STREAMS = 1_000;

/** How long a client is to wait before it comes back; each another time, so that they do not all come at once. */
const BACK_AFTER: readonly [Milliseconds, Milliseconds] = [1_000, 5_000];

interface Stream {
  response: ServerResponse;
  actor: string;
  /** The last change that it was told of. */
  told: number;
}

/**
 * Server-sent events of OFREP 0.3.0: "ask again", whenever a split has changed. Nothing of anybody is in them. A reader who does not
 * keep up is dropped, and told by the protocol itself to come back and ask again.
 */
export class ChangeStreams {
  private readonly streams = new Set<Stream>();
  /** Numbers changes as this process saw them; another process has numbers of its own. */
  private readonly incarnation = randomBytes(6).toString('hex');
  private changes = 0;
  private telling: NodeJS.Timeout | undefined;
  private readonly breathing: NodeJS.Timeout;
  private readonly unsubscribe: () => void;
  private stopped = false;

  /** @param mayStay whether the actor of that id may still ask for sides */
  constructor(
    sides: Pick<SideAnswers, 'onChange'>,
    private readonly mayStay: (actor: string) => Promise<boolean>,
    private readonly limit = STREAMS,
  ) {
    this.unsubscribe = sides.onChange(() => {
      this.changes += 1;
      this.telling ??= setTimeout(this.tell, 0);
    });
    this.breathing = setInterval(() => {
      void this.breathe();
    }, QUIET_AT_MOST).unref();
  }

  /** Streams that are open. */
  get count(): number {
    return this.streams.size;
  }

  /**
   * Opens a stream. A client that comes back and has missed nothing is told nothing; any other is told to ask again at once: what changed between its
   * last answer and this stream was told to nobody.
   * @throws TooManyStreams
   */
  open(request: IncomingMessage, response: ServerResponse, actor: string, headers: readonly string[]): void {
    if (this.stopped || this.streams.size >= this.limit) throw new TooManyStreams();
    const missedNothing = request.headers['last-event-id'] === this.id(this.changes);
    const stream: Stream = { response, actor, told: missedNothing ? this.changes : this.changes - 1 };
    this.streams.add(stream);
    response.on('close', () => {
      this.streams.delete(stream);
    });
    response.writeHead(200, [
      ...['Content-Type', 'text/event-stream', 'Cache-Control', 'no-store, no-transform'],
      // A connection that carried a stream carries nothing after it.
      ...['X-Content-Type-Options', 'nosniff', 'X-Accel-Buffering', 'no', 'Connection', 'close'],
      ...headers,
    ]);
    this.write(stream, `retry: ${randomInt(...BACK_AFTER)}\n\n`);
    this.tellOne(stream);
  }

  /** Ends every stream, and opens no other. Clients come back to another process. */
  stop(): void {
    this.stopped = true;
    this.unsubscribe();
    clearInterval(this.breathing);
    clearTimeout(this.telling);
    for (const { response } of this.streams) response.end();
  }

  private readonly tell = (): void => {
    this.telling = undefined;
    let told = 0;
    for (const stream of this.streams) {
      if (stream.told === this.changes) continue;
      if (told === TOLD_AT_ONCE) {
        this.telling = setTimeout(this.tell, TOLD_EVERY);
        return;
      }
      this.tellOne(stream);
      told += 1;
    }
  };

  private tellOne(stream: Stream): void {
    if (stream.told === this.changes) return;
    stream.told = this.changes;
    this.write(stream, `id: ${this.id(this.changes)}\nevent: message\ndata: {"type":"refetchEvaluation"}\n\n`);
  }

  private async breathe(): Promise<void> {
    for (const stream of [...this.streams]) {
      if (await this.mayStay(stream.actor)) this.write(stream, ':\n\n');
      else stream.response.end();
    }
  }

  /** What the reader does not take is held in memory: beyond what Node itself calls enough, it is given up. */
  private write({ response }: Stream, text: string): void {
    if (!response.write(text)) response.destroy();
  }

  private id(change: number): string {
    return `${this.incarnation}-${change}`;
  }
}
