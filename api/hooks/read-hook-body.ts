import type { Request } from 'express';
import { HookRefused } from '../../domain/hooks/hook-refusal';
import type { Milliseconds } from '../../domain/time/duration';

/** Of one delivery. Vendors' are some KiB. */
export const HOOK_BODY_LIMIT = 1024 * 1024;

/** In which a body has to be there. Vendors' come at once. */
export const HOOK_BODY_WITHIN: Milliseconds = 10_000;

const TOO_LARGE = 'The body is over 1 MiB. Send fewer events at once; nothing of it was kept.';

export interface BodyReading {
  within?: Milliseconds;
  /** Ends it, with its reason. */
  ended?: AbortSignal;
  /** Told of bytes as they are held. */
  took?: (bytes: number) => void;
}

/**
 * The body, exactly as it came. Nothing past the limit is read: whoever refuses it closes the connection. Nothing is unpacked, since what is signed is
 * what came, and what is packed may be anything.
 * @throws HookRefused, and what it was ended with
 */
export async function readHookBody(
  request: Request,
  { within = HOOK_BODY_WITHIN, ended, took }: BodyReading = {},
): Promise<Buffer> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new HookRefused('hook-encoded', 'Send the body as it is, without Content-Encoding.');
  }
  if (Number(request.headers['content-length'] ?? 0) > HOOK_BODY_LIMIT)
    throw new HookRefused('hook-body-too-large', TOO_LARGE);
  const chunks: Buffer[] = [];
  let length = 0;
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > HOOK_BODY_LIMIT) {
        finish(new HookRefused('hook-body-too-large', TOO_LARGE));
        return;
      }
      chunks.push(chunk);
      took?.(chunk.length);
    };
    const onEnd = (): void => {
      finish();
    };
    const onGone = (): void => {
      finish(new HookRefused('hook-malformed', 'The body ended before it was whole. Nothing of it was kept.'));
    };
    const onEnded = (): void => {
      finish(ended?.reason as Error);
    };
    const slow = setTimeout(() => {
      finish(
        new HookRefused(
          'hook-body-slow',
          `The body was not there after ${within} ms. Send it at once; nothing of it was kept.`,
        ),
      );
    }, within);
    const finish = (failure?: Error): void => {
      clearTimeout(slow);
      ended?.removeEventListener('abort', onEnded);
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      if (failure === undefined) resolve(Buffer.concat(chunks));
      else {
        request.pause();
        reject(failure);
      }
    };
    ended?.addEventListener('abort', onEnded);
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}
