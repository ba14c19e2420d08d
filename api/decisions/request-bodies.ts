import type { IncomingMessage } from 'node:http';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import type { Milliseconds } from '../../domain/time/duration';
import type { DomainError } from '../../domain/domain-error';
import { ContextTooLarge, ContextTooSlow, MalformedEvaluation } from './evaluation-failure';

/** A context of 64 KiB, and the braces around it. */
export const BODY_LIMIT = 64 * 1024 + 64;

/** Bodies under way are looked at this often; one that has been seen this many times is given up. */
const LOOK_EVERY: Milliseconds = 1_000;
const LOOKS = 5;

/** What became of a body. `gone`: whoever sent it hung up. */
export type ReadBody = Buffer | DomainError | 'gone';

interface UnderWay {
  seen: number;
  giveUp(): void;
}

const UNPACK = { gzip: gunzipSync, 'x-gzip': gunzipSync, deflate: inflateSync, br: brotliDecompressSync } as const;

/** Reads the bodies of one server, each within a size and a time, and keeps nothing of those that pass either. */
export class RequestBodies {
  private readonly underWay = new Set<UnderWay>();
  private looking: NodeJS.Timeout | undefined;

  /** Calls `done` once. After a failure nothing more of the body is kept; whoever answers it lets go of the connection. */
  read(request: IncomingMessage, done: (body: ReadBody) => void): void {
    // A refused body is still under way: whoever refuses it must close the connection.
    if (request.destroyed) {
      done('gone');
      return;
    }
    if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT) {
      done(new ContextTooLarge());
      return;
    }
    let first: Buffer | undefined;
    let all: Buffer[] | undefined;
    let length = 0;
    const finish = (body: ReadBody): void => {
      if (!this.underWay.delete(waiting)) return;
      if (!Buffer.isBuffer(body)) all = first = undefined;
      done(body);
    };
    const waiting = {
      seen: 0,
      giveUp: () => {
        finish(new ContextTooSlow());
      },
    };
    this.underWay.add(waiting);
    this.looking ??= setInterval(this.look, LOOK_EVERY).unref();
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > BODY_LIMIT) finish(new ContextTooLarge());
      else if (first === undefined) first = chunk;
      else (all ??= [first]).push(chunk);
    });
    request.on('end', () => {
      const packed = all === undefined ? (first ?? NOTHING) : Buffer.concat(all);
      const encoding = request.headers['content-encoding'];
      finish(encoding === undefined ? packed : unpacked(packed, encoding));
    });
    request.on('close', () => {
      finish('gone');
    });
  }

  /** Bodies that are not here yet. */
  get count(): number {
    return this.underWay.size;
  }

  private readonly look = (): void => {
    if (this.underWay.size === 0) {
      clearInterval(this.looking);
      this.looking = undefined;
      return;
    }
    for (const body of this.underWay) {
      body.seen += 1;
      if (body.seen > LOOKS) body.giveUp();
    }
  };
}

const NOTHING = Buffer.alloc(0);

/** Never larger than a body may be, whatever it says it holds. */
function unpacked(packed: Buffer, encoding: string): Buffer | DomainError {
  const name = encoding.trim().toLowerCase();
  if (name === 'identity') return packed;
  if (!Object.hasOwn(UNPACK, name)) return new MalformedEvaluation();
  try {
    return UNPACK[name as keyof typeof UNPACK](packed, { maxOutputLength: BODY_LIMIT });
  } catch (error) {
    const tooLarge = error instanceof RangeError || (error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE';
    return tooLarge ? new ContextTooLarge() : new MalformedEvaluation();
  }
}
