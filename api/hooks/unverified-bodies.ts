import type { Request } from 'express';
import { HooksBusy } from './held-deliveries';
import { HOOK_BODY_LIMIT, readHookBody } from './read-hook-body';

/** Of bodies that are not whole yet. */
const BYTES_AT_ONCE = 16 * HOOK_BODY_LIMIT;
const BODIES_AT_ONCE = 256;

interface Reading {
  bytes: number;
  ended: AbortController;
}

/**
 * Reads the bodies of senders that nobody knows yet, apart from what is done for those whose signature held: whoever makes a signature up takes no room of
 * theirs. Where more come than are held, the one that has been coming the longest is ended: a vendor's is there at once, and one that is kept
 * back, or that comes byte by byte, makes room for it.
 */
export class UnverifiedBodies {
  /** The longest under way first. */
  private readonly reading = new Set<Reading>();
  private bytes = 0;

  constructor(
    private readonly mostBytes = BYTES_AT_ONCE,
    private readonly mostBodies = BODIES_AT_ONCE,
  ) {}

  /** @throws HookRefused, HooksBusy where later ones needed its room */
  async read(request: Request): Promise<Buffer> {
    const one: Reading = { bytes: 0, ended: new AbortController() };
    this.reading.add(one);
    this.makeRoom();
    try {
      return await readHookBody(request, {
        ended: one.ended.signal,
        took: (bytes) => {
          one.bytes += bytes;
          this.bytes += bytes;
          this.makeRoom();
        },
      });
    } finally {
      this.letGo(one);
    }
  }

  private makeRoom(): void {
    for (const oldest of this.reading) {
      if (this.bytes <= this.mostBytes && this.reading.size <= this.mostBodies) return;
      this.letGo(oldest);
      oldest.ended.abort(new HooksBusy());
    }
  }

  private letGo(one: Reading): void {
    if (this.reading.delete(one)) this.bytes -= one.bytes;
  }
}
