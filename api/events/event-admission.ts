import type { RequestHandler, Response } from 'express';
import { DomainError } from '../../domain/domain-error';

/** More events came than can be stored as fast. Nothing of this message was read. */
export class TooManyEvents extends DomainError {
  readonly code = 'too-many-events';
  readonly status = 503;
  constructor() {
    super(
      'More events came than this process can store as fast, and nothing of this message was read. Send it again after the seconds in Retry-After.',
    );
  }
}

/** The body is longer than is taken. Nothing of it was read. */
export class EventsTooLarge extends DomainError {
  readonly code = 'body-too-large';
  readonly status = 413;
  constructor() {
    super('The body is larger than this operation takes (1 MiB), and nothing of it was read. Send less at a time.');
  }
}

/** A body of so many bytes is taken, a batch included. */
export const BODY_LIMIT = 1024 * 1024;
/** Of bodies that are being read, judged and stored. What is made of one while it is looked at is some ten times as large. */
const BYTES_AT_ONCE = 32 * BODY_LIMIT;

/**
 * Takes on no more bodies at a time than memory holds, whatever comes; the others are told to come again before a byte of them is read. A connection
 * whose body was not read is ended with its answer.
 */
export class EventAdmission {
  private bytes = 0;
  private readonly taken = new WeakMap<Response, { bytes: number; holders: number }>();

  constructor(private readonly most = BYTES_AT_ONCE) {}

  readonly take: RequestHandler = (request, response, next) => {
    const { 'content-length': length, 'content-encoding': encoding = 'identity' } = request.headers;
    const packed = encoding.toLowerCase() !== 'identity';
    // Without a length it may be as long as any, and so may what is unpacked of one.
    const bytes = length === undefined ? BODY_LIMIT : Math.max(Number(length), packed ? BODY_LIMIT : 0);
    if (bytes > BODY_LIMIT || this.bytes + bytes > this.most) {
      response.setHeader('Connection', 'close');
      throw bytes > BODY_LIMIT ? new EventsTooLarge() : new TooManyEvents();
    }
    this.taken.set(response, { bytes, holders: 0 });
    this.hold(response, 1);
    response.once('close', () => {
      this.hold(response, -1);
    });
    next();
  };

  /** A sender that gave up waiting frees nothing while what it sent is worked on. */
  async during<Result>(response: Response, work: () => Promise<Result>): Promise<Result> {
    this.hold(response, 1);
    try {
      return await work();
    } finally {
      this.hold(response, -1);
    }
  }

  private hold(response: Response, change: 1 | -1): void {
    const one = this.taken.get(response);
    if (one === undefined) return;
    const before = one.holders;
    one.holders += change;
    if ((before === 0) !== (one.holders === 0)) this.bytes += change * one.bytes;
  }
}
