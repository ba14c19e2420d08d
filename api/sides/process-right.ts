import { PLACING_LIMIT } from '../../domain/sides/placing-limit';
import type { Milliseconds } from '../../domain/time/duration';
import { holdSidesRight, type ApiProcess } from '../../store/api-processes';
import type { Queryable } from '../../store/database';
import { FROM_THE_START, readSideChanges, type SideChanges } from '../../store/side-changes';

/** Milliseconds that only ever grow, whatever is done to the clock of the machine. */
export type ElapsedTime = () => Milliseconds;

export interface ProcessRightOptions {
  /** Of its own: placements must not keep it from a connection. */
  db: Queryable;
  /** What this process is now; whether it keeps a journal may change. */
  process: () => ApiProcess;
  /** How long the right lasts after a read. A rollback waits no longer than this for a process that is gone. */
  lease: Milliseconds;
  /** Takes over what changed, before the right is asked for. */
  take: (changes: SideChanges) => void;
  elapsed: ElapsedTime;
}

/** Another start of this very process answers sides: two that share a journal cannot tell what the other has answered. */
export class RightTaken extends Error {
  constructor() {
    super('Another API process with the same journal answers sides. Give each process a journal folder of its own.');
    this.name = 'RightTaken';
  }
}

/** A change comes between the read and the question for the right only while splits change; so often in a row never happens by chance. */
const TRIES = 20;
/** How far the clocks of this machine and of Postgres' may drift apart within a lease. */
const DRIFT: Milliseconds = 500;

/**
 * The right to answer sides from memory. It is asked of Postgres for a lease's time from the moment that memory was read at, and given only
 * if nothing has changed in between; whoever changes a side waits until each process with the right has seen it, or its lease has run out.
 *
 * The right ends here before it ends there: here it is counted from before the read was sent.
 */
export class ProcessRight {
  private seen = FROM_THE_START;
  private until = Number.NEGATIVE_INFINITY;
  /** By the machine's clock: one that slept may have stopped counting elapsed time. */
  private untilByClock = Number.NEGATIVE_INFINITY;
  /** When the latest right that was asked for has surely run out, whether or not its answer came. */
  private overBy = Number.NEGATIVE_INFINITY;
  /** Whether the right that was last given was given to a process that keeps a journal. */
  private missed = false;

  constructor(private readonly options: ProcessRightOptions) {}

  /** Whether this process may answer from memory at this moment. */
  holds(): boolean {
    return this.options.elapsed() < this.until && Date.now() < this.untilByClock;
  }

  /** Whether it ever asked for the right, and by now nobody waits for it any more: whatever it was given has run out, placements of others included. */
  isSurelyOver(): boolean {
    return this.overBy > Number.NEGATIVE_INFINITY && this.options.elapsed() >= this.overBy;
  }

  /**
   * Whether everybody else waits for this process when its right has run out: only then may it answer anybody new on its own. Not before it was
   * given a right: one that it only asked for may never have been written down.
   */
  get isMissed(): boolean {
    return this.missed;
  }

  /**
   * Reads what changed, takes it over, and asks for the right.
   * @throws RightTaken; or the database's own error
   */
  async renew(): Promise<void> {
    const { db, lease, take, elapsed } = this.options;
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const [askedAt, askedAtByClock] = [elapsed(), Date.now()];
      const changes = await readSideChanges(db, this.seen);
      if (changes.version !== this.seen) take(changes);
      this.seen = changes.version;
      this.overBy = Math.max(this.overBy, elapsed() + lease + PLACING_LIMIT + DRIFT);
      const { version, readAt } = changes;
      const process = this.options.process();
      const right = await holdSidesRight(db, process, { version, readAt, lease });
      if (right === 'held') {
        this.missed = process.keepsJournal;
        this.until = askedAt + lease;
        this.untilByClock = askedAtByClock + lease;
        return;
      }
      if (right === 'taken') {
        this.missed = false;
        this.drop();
        throw new RightTaken();
      }
    }
  }

  /** Gives it up. */
  drop(): void {
    this.until = this.untilByClock = Number.NEGATIVE_INFINITY;
  }
}
