import type { Side } from '../../domain/sides/side';
import { RawConnection, type RawAnswer } from '../load/raw-connection';

export interface ArrivalsOptions {
  ports: readonly number[];
  token: string;
  flag: string;
  /** Over all processes. Every second question is for somebody who has a side already. */
  perSecond: number;
  /** Whether a unit's bucket is inside the share, so that it goes to target unless the split says otherwise. */
  isInShare: (index: number) => boolean;
}

interface Arrival {
  index: number;
  side: Side;
  answeredAt: number;
}

const CONNECTIONS = 16;

/** One API process, as stacks ask it. */
class AskedProcess {
  readonly idle: RawConnection[] = [];
  arrivals: Arrival[] = [];
  /** Who arrived and has a side. */
  readonly known: number[] = [];
}

/** Stacks that go on asking, evenly over the API processes: half for people who have a side, half for people who arrive and belong to target. */
export class Arrivals {
  /** Answers that told no side, by status; but for those that say when to ask again. */
  readonly wrong: Record<string, number> = {};
  answers = 0;
  /** Answers 503 that said when to ask again: nothing was decided, as a process declares that has fallen behind. */
  toldToAskAgain = 0;
  /** Questions that found no connection free. */
  skipped = 0;
  private readonly processes: AskedProcess[] = [];
  private readonly newcomers = new Set<RawConnection>();
  private readonly connections: RawConnection[] = [];
  private ticker: NodeJS.Timeout | undefined;
  private failure: Error | undefined;
  private next = 0;
  private nextIndex = 0;

  private constructor(private readonly options: ArrivalsOptions) {}

  static async start(options: ArrivalsOptions): Promise<Arrivals> {
    const arrivals = new Arrivals(options);
    for (const port of options.ports) await arrivals.connect(port);
    const began = performance.now();
    arrivals.ticker = setInterval(() => {
      const due = Math.floor(((performance.now() - began) / 1_000) * options.perSecond);
      while (arrivals.next < due) arrivals.askOne();
    }, 1);
    return arrivals;
  }

  stop(): void {
    clearInterval(this.ticker);
    for (const connection of this.connections) connection.close();
  }

  /** Forgets who has arrived so far. */
  begin(): void {
    for (const asked of this.processes) asked.arrivals = [];
  }

  /** Whether the last `count` who arrived at each process since `begin` were all told that side. */
  allAnswer(side: Side, count = 3): boolean {
    if (this.failure !== undefined) throw this.failure;
    return this.processes.every(({ arrivals }) => {
      const last = arrivals.slice(-count);
      return last.length === count && last.every((arrival) => arrival.side === side);
    });
  }

  /** Somebody who arrived since `begin` and is on target. */
  get somebodyOnTarget(): number | undefined {
    return this.processes[0]?.arrivals.findLast(({ side }) => side === 'target')?.index;
  }

  /**
   * When each process had told the first of those who arrived `legacy` after whom it told nobody `target` any more, by Date.now().
   */
  get turnedAt(): number[] {
    return this.processes.map(({ arrivals }) => {
      const lastOnTarget = arrivals.findLastIndex(({ side }) => side === 'target');
      return arrivals[lastOnTarget + 1]?.answeredAt ?? Number.NaN;
    });
  }

  private async connect(port: number): Promise<void> {
    const asked = new AskedProcess();
    this.processes.push(asked);
    for (let n = 0; n < CONNECTIONS; n += 1) {
      const connection = await RawConnection.open(
        { port, token: this.options.token, flag: this.options.flag },
        (answered, answer) => {
          this.take(asked, answered, answer);
        },
        (error) => {
          this.failure = error;
        },
      );
      this.connections.push(connection);
      asked.idle.push(connection);
    }
  }

  private askOne(): void {
    const turn = this.next;
    this.next += 1;
    const asked = this.processes[turn % this.processes.length];
    // In turn: the server ends a connection that has nothing to do for long.
    const connection = asked?.idle.shift();
    if (asked === undefined || connection === undefined) {
      this.skipped += 1;
      return;
    }
    const isNew = Math.floor(turn / this.processes.length) % 2 === 0 || asked.known.length === 0;
    if (isNew) this.newcomers.add(connection);
    connection.ask(isNew ? this.newcomer() : this.somebodyKnown(asked, turn), performance.now());
  }

  private newcomer(): number {
    do this.nextIndex += 1;
    while (!this.options.isInShare(this.nextIndex));
    return this.nextIndex;
  }

  private somebodyKnown({ known }: AskedProcess, turn: number): number {
    return known[(turn * 7_919) % known.length] ?? 0;
  }

  private take(asked: AskedProcess, connection: RawConnection, { status, side, saysWhen }: RawAnswer): void {
    this.answers += 1;
    asked.idle.push(connection);
    const isNew = this.newcomers.delete(connection);
    if (status === 503 && saysWhen === true) {
      this.toldToAskAgain += 1;
      return;
    }
    if (status !== 200 || side === undefined) {
      this.wrong[status] = (this.wrong[status] ?? 0) + 1;
      return;
    }
    if (!isNew) return;
    asked.arrivals.push({ index: connection.index, side, answeredAt: Date.now() });
    asked.known.push(connection.index);
  }
}
