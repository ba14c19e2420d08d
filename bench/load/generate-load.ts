import type { Load, LoadResult } from './load';
import { RawConnection, type RawAnswer } from './raw-connection';

/** Of so many answers one is handed back, to be checked. */
const SAMPLE_EVERY = 97;
const SAMPLE_AT_MOST = 2_000;
/** Connections that are opened at the same time: of more, a busy server leaves some for TCP to try again, seconds later. */
const OPENED_AT_ONCE = 100;

/** Asks as the load says, and gives what came of it. @throws BrokenConnection, or the system's error */
export async function generateLoad(load: Load): Promise<LoadResult> {
  const run = new LoadRun(load);
  return run.drive();
}

class LoadRun {
  private readonly latencies: number[] = [];
  private readonly result: Pick<LoadResult, 'sides' | 'wrong' | 'sample' | 'bodyBytes'> = {
    sides: { legacy: 0, target: 0 },
    wrong: {},
    sample: [],
    bodyBytes: 0,
  };
  private readonly connections: RawConnection[] = [];
  private readonly idle: RawConnection[] = [];
  /** Moments of questions whose time has come while every connection waits for an answer. */
  private readonly due: number[] = [];
  private asked = 0;
  private answers = 0;
  private underWay = 0;
  private allOpen = false;
  private endsAt = Number.POSITIVE_INFINITY;
  private ticker: NodeJS.Timeout | undefined;
  private finish: (() => void) | undefined;
  private fail: (error: Error) => void = () => undefined;

  constructor(private readonly load: Load) {}

  async drive(): Promise<LoadResult> {
    const { load } = this;
    const failed = (error: Error): void => {
      this.fail(error);
    };
    const open = (): Promise<RawConnection> =>
      RawConnection.open(
        load,
        (connection, answer) => {
          this.take(connection, answer);
        },
        failed,
      );
    const openSome = async (): Promise<RawConnection[]> => {
      const next = Math.min(OPENED_AT_ONCE, load.connections - this.connections.length);
      const opened = await Promise.all(Array.from({ length: next }, open));
      this.connections.push(...opened);
      return opened;
    };
    await openSome();
    const cpu = process.cpuUsage();
    const began = performance.now();
    if (load.until.kind === 'time') this.endsAt = began + load.until.ms;
    try {
      await new Promise<void>((resolve, reject) => {
        this.finish = resolve;
        this.fail = reject;
        if (load.pace.kind === 'closed') for (const connection of this.connections) this.askNext(connection);
        else this.keepPace(load.pace.perSecond, began);
        this.openOthers(openSome).catch(reject);
      });
    } finally {
      clearInterval(this.ticker);
      for (const connection of this.connections) connection.close();
    }
    const seconds = (performance.now() - began) / 1_000;
    const { user, system } = process.cpuUsage(cpu);
    const sorted = Float64Array.from(this.latencies).sort();
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    const { answers } = this;
    return { ...this.result, answers, seconds, p50: at(0.5), p99: at(0.99), ownCpu: user + system };
  }

  /** While others ask already: a server gives up on a connection that says nothing for seconds. */
  private async openOthers(openSome: () => Promise<RawConnection[]>): Promise<void> {
    while (this.connections.length < this.load.connections) {
      for (const connection of await openSome()) {
        if (this.load.pace.kind === 'closed') this.askNext(connection);
        else this.askDue(connection);
      }
    }
    this.allOpen = true;
    this.finishIfDone();
  }

  private finishIfDone(): void {
    if (this.over && this.underWay === 0 && this.allOpen) this.finish?.();
  }

  private get over(): boolean {
    const { until } = this.load;
    return until.kind === 'asked' ? this.asked >= until.count : performance.now() >= this.endsAt;
  }

  private askNext(connection: RawConnection, at = performance.now()): void {
    if (this.over) {
      this.finishIfDone();
      return;
    }
    const { first, count, at: start, stride = 1 } = this.load.units;
    const index = first + (((start + this.asked) * stride) % count);
    this.asked += 1;
    this.underWay += 1;
    connection.ask(index, at);
  }

  private take(connection: RawConnection, { status, side, saysWhen, bodyBytes }: RawAnswer): void {
    const now = performance.now();
    this.underWay -= 1;
    this.answers += 1;
    this.latencies.push((now - connection.askedAt) * 1_000);
    this.result.bodyBytes = bodyBytes;
    if (status !== 200 || side === undefined) {
      const what = status === 200 ? 'noSide' : `${status}${saysWhen === true ? ', ask again' : ''}`;
      this.result.wrong[what] = (this.result.wrong[what] ?? 0) + 1;
    } else {
      this.result.sides[side] += 1;
      if (this.answers % SAMPLE_EVERY === 0 && this.result.sample.length < SAMPLE_AT_MOST) {
        this.result.sample.push({ index: connection.index, side });
      }
    }
    if (this.load.pace.kind === 'closed') this.askNext(connection, now);
    else this.askDue(connection);
  }

  /** A question that is late because no connection is free waits from its own moment on: a slow server is not asked less. */
  private keepPace(perSecond: number, began: number): void {
    this.idle.push(...this.connections);
    let sent = 0;
    this.ticker = setInterval(() => {
      const now = performance.now();
      const until = Math.floor(((Math.min(now, this.endsAt) - began) / 1_000) * perSecond);
      for (; sent < until; sent += 1) {
        const free = this.idle.shift();
        if (free === undefined) this.due.push(now);
        else this.askNext(free, now);
      }
      this.finishIfDone();
    }, 1);
  }

  private askDue(connection: RawConnection): void {
    const at = this.due.shift();
    if (at === undefined || this.over) this.idle.push(connection);
    else this.askNext(connection, at);
  }
}
