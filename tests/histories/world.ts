import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { unreachable } from '../../domain/unreachable';
import { Database } from '../../store/database';
import { lapseExpiredSplits } from '../../store/splits';
import type { ObservedSplit } from '../../activities/traffic/traffic-router';
import { declareProcessDead, UnknownProcess } from '../../store/process-standings';
import { until } from '../setup/until';
import { openInstance, type ApiInstance, type Context } from './api-instance';
import { openCuttableLink, straightLink, type CuttableLink } from './cuttable-link';
import type { DeclaredDead, ProcessStart } from './history';
import { SEATS, type Fault } from './script';

/** After a lease's time out of reach: what has to pass until a process is sure that nobody waits for it any more. */
const SURELY_OVER = 2_600;
const LITTLE = 50;
/** How long a command waits for a connection, and then for its answer, in milliseconds. */
const PATIENCE = 30_000;

/** The place of one API process: who sits there changes with each start. */
interface Seat {
  process: ProcessStart;
  instance: ApiInstance;
  link: CuttableLink;
  journalFolder: string;
  /** Resolves when this start is killed: nobody hears its answers from then on. */
  died: Promise<'died'>;
  die: () => void;
  down: boolean;
}

type Answer = Awaited<ReturnType<ApiInstance['ask']>>;

/** API processes over one Postgres, and what can happen to them; one clock for all who watch. */
export class World {
  private readonly seats: Seat[] = [];
  private readonly leaving: Promise<unknown>[] = [];
  private readonly lapseListeners: ((lapsed: readonly ObservedSplit[], from: number, to: number) => void)[] = [];
  readonly declaredDead: DeclaredDead[] = [];
  private moment = 0;

  private constructor(
    readonly db: Database,
    private readonly databaseUrl: string,
    private readonly folder: string,
    private readonly processLease: number,
    /** Seats that something happens to. */
    private readonly suffering: ReadonlySet<number>,
  ) {}

  static async open(
    databaseUrl: string,
    { processLease, faults }: { processLease: number; faults: readonly Fault[] },
  ): Promise<World> {
    const db = Database.connect({
      url: databaseUrl,
      applicationName: 'commander',
      ...{ connections: 12, patience: PATIENCE, preparesAll: true },
    });
    const folder = mkdtempSync(join(tmpdir(), 'handoff-histories-'));
    const world = new World(db, databaseUrl, folder, processLease, new Set(faults.map(({ seat }) => seat)));
    await Promise.all(Array.from({ length: SEATS }, (_, seat) => world.take(seat, 1)));
    await world.settle();
    return world;
  }

  /** The next moment of the clock that all entries are numbered by. */
  tick(): number {
    return (this.moment += 1);
  }

  /** Asks whoever sits there, or the next who is there at all; undefined where nobody is. */
  ask(
    seat: number,
    flag: string,
    context: Context,
  ): { process: ProcessStart; answer: Promise<Answer | 'died'> } | undefined {
    const asked = Array.from({ length: SEATS }, (_, next) => this.seats[(seat + next) % SEATS]).find(
      (one) => one !== undefined && !one.down,
    );
    if (asked === undefined) return undefined;
    const answer = asked.instance.ask(flag, context);
    // Whoever dies answers nobody, and its failures are nobody's.
    answer.catch(() => undefined);
    return { process: asked.process, answer: Promise.race([answer, asked.died]) };
  }

  /** Writes down what has lapsed, in whichever migration, and tells those who watch. */
  async sweep(): Promise<void> {
    const from = this.tick();
    const lapsed = await lapseExpiredSplits(this.db);
    const to = this.tick();
    for (const listener of this.lapseListeners) listener(lapsed, from, to);
  }

  onLapse(listener: (lapsed: readonly ObservedSplit[], from: number, to: number) => void): void {
    this.lapseListeners.push(listener);
  }

  /** Lets the faults happen, each at its time; resolves when the last is over. */
  async suffer(faults: readonly Fault[]): Promise<void> {
    const began = Date.now();
    await Promise.all(
      this.seats.map(async (_, seat) => {
        for (const fault of faults.filter((one) => one.seat === seat)) {
          await delay(Math.max(0, fault.at - (Date.now() - began)));
          await this.befall(seat, fault);
        }
      }),
    );
  }

  private async befall(at: number, { what, lasts }: Fault): Promise<void> {
    const seat = this.seats[at];
    if (seat === undefined) return;
    switch (what.is) {
      case 'cut':
        seat.link.cut(what.how);
        if (lasts > this.processLease) {
          await delay(this.processLease + LITTLE);
          seat.instance.skip(SURELY_OVER);
          await delay(lasts - this.processLease - LITTLE);
        } else await delay(lasts);
        seat.link.mend();
        return;
      case 'restarted':
        seat.down = true;
        await seat.instance.stop();
        await seat.link.close();
        return this.take(at, seat.process.start + 1, seat.journalFolder);
      case 'killed': {
        const journalFolder = this.kill(seat);
        await delay(lasts);
        return this.take(at, seat.process.start + 1, journalFolder);
      }
      case 'lost':
        this.kill(seat);
        await delay(Math.max(lasts, this.processLease + LITTLE));
        await this.declareDead(seat.process.id);
        return this.take(at, 1);
      default:
        unreachable(what);
    }
  }

  /** Nothing reaches it, nothing is heard of it. Gives its journal as a disk would have it. */
  private kill(seat: Seat): string {
    seat.down = true;
    seat.link.cut('refused');
    seat.die();
    const journalFolder = mkdtempSync(join(this.folder, 'journal-'));
    cpSync(seat.journalFolder, journalFolder, { recursive: true });
    rmSync(join(journalFolder, 'journal.lock'), { force: true });
    // What is left of it in this process ends by itself, out of reach of everything.
    this.leaving.push(seat.instance.stop().then(() => seat.link.close()));
    return journalFolder;
  }

  private async declareDead(process: string): Promise<void> {
    // From here on its sides may be contradicted.
    const entry: DeclaredDead = { kind: 'declaredDead', from: this.tick(), to: Number.POSITIVE_INFINITY, process };
    this.declaredDead.push(entry);
    const actor = { id: 'engineer-1', roles: [], verified: true };
    const declared = declareProcessDead.bind(undefined, this.db, { process, actor, reason: 'its machine is gone' });
    await until('a process is declared dead', () => declared().then(() => true, isUnknown));
    entry.to = this.tick();
  }

  private async take(at: number, start: number, owes?: string): Promise<void> {
    const journalFolder = owes ?? mkdtempSync(join(this.folder, 'journal-'));
    const link = this.suffering.has(at)
      ? await openCuttableLink(this.databaseUrl, mkdtempSync(join(this.folder, 'link-')))
      : straightLink(this.databaseUrl);
    const instance = await openInstance({
      ...{ databaseUrl: link.url, journalFolder, lease: this.processLease },
      // The last one is only ever told by looking.
      listens: at < SEATS - 1,
    });
    let die: () => void = () => undefined;
    const died = new Promise<'died'>((resolve) => {
      die = () => {
        resolve('died');
      };
    });
    this.seats[at] = { process: { id: instance.id, start }, instance, link, journalFolder, died, die, down: false };
  }

  /** Waits until each process is in touch with Postgres, and has what it owes written down. */
  async settle(): Promise<void> {
    await Promise.all(
      this.seats.map(({ instance }) => until('a process owes nothing', () => instance.owesNothing(), 60_000)),
    );
  }

  async close(): Promise<void> {
    await Promise.all(
      this.seats.map(async ({ instance, link }) => {
        await instance.stop();
        await link.close();
      }),
    );
    await Promise.all(this.leaving);
    await this.db.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** It never answered from memory, so nobody waits for it; any other failure is tried again. */
function isUnknown(error: unknown): boolean {
  return error instanceof UnknownProcess;
}
