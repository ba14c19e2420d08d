import type { ManagedProcess } from './managed-process';
import type { PartName } from './run-record';

export interface PartDefinition {
  name: PartName;
  /** Starts the process, tells of it at once, and resolves when it is ready. */
  launch(onSpawn: (process: ManagedProcess) => void): Promise<unknown>;
  /** Asks it to end cleanly. */
  signal: NodeJS.Signals;
  /** How long it may take for that, in milliseconds. */
  graceMs: number;
  /** Attempts in a row after which the whole system is given up; without it, attempts go on for good. */
  givesUpAfter?: number;
}

export interface PartEvents {
  tell(message: string): void;
  /** A part that the others cannot do without stays down. */
  gaveUp(part: PartName, cause: Error): void;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/** Running this long makes up for earlier deaths. */
const STEADY_AFTER_MS = 60_000;

/** Keeps one process running: starts it again, with growing pauses, until it is told to stop. */
export class SupervisedPart {
  private process: ManagedProcess | undefined;
  private stopping = false;
  private deaths = 0;
  private wake: (() => void) | undefined;
  private keeping: Promise<void> = Promise.resolve();

  constructor(
    private readonly definition: PartDefinition,
    private readonly events: PartEvents,
  ) {}

  get name(): PartName {
    return this.definition.name;
  }

  /** Of the process that runs now; undefined between two. */
  get pid(): number | undefined {
    return this.process?.running === true ? this.process.pid : undefined;
  }

  /** Starts it for the first time. @throws what `launch` does: a part that never was ready is not started again */
  async start(): Promise<void> {
    await this.launch();
    this.keeping = this.keepRunning();
  }

  /** @param force without asking */
  async stop(force = false): Promise<void> {
    this.stopping = true;
    this.wake?.();
    await this.endProcess(force);
    await this.keeping;
    // A restart that was under way may have started one more.
    await this.endProcess(force);
  }

  private async endProcess(force: boolean): Promise<void> {
    if (force) this.process?.kill();
    const { name, signal, graceMs } = this.definition;
    const ended = await this.process?.stop({ signal, graceMs: force ? 1_000 : graceMs });
    if (ended === 'killed' && !force)
      this.events.tell(`The ${name} did not end within ${graceMs / 1000} s and was killed.`);
  }

  private async launch(): Promise<void> {
    await this.definition.launch((process) => {
      this.process = process;
    });
  }

  private async keepRunning(): Promise<void> {
    while (!this.stopping) {
      const startedAt = Date.now();
      const exit = await this.process?.exited;
      if (this.isStopping()) return;
      if (Date.now() - startedAt > STEADY_AFTER_MS) this.deaths = 0;
      const how = exit?.signal ?? `exit code ${exit?.code ?? 'unknown'}`;
      this.events.tell(`The ${this.name} ended by itself (${how}). Starting it again.`);
      await this.startAgain();
    }
  }

  private async startAgain(): Promise<void> {
    for (;;) {
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.deaths, LONGEST_PAUSE_MS);
      this.deaths += 1;
      await this.pause(pause);
      if (this.isStopping()) return;
      try {
        await this.launch();
        this.events.tell(`The ${this.name} runs again.`);
        return;
      } catch (error) {
        if (this.isStopping()) return;
        const cause = error instanceof Error ? error : new Error(String(error));
        this.events.tell(cause.message);
        if (this.deaths >= (this.definition.givesUpAfter ?? Number.POSITIVE_INFINITY)) {
          this.stopping = true;
          this.events.gaveUp(this.name, cause);
          return;
        }
      }
    }
  }

  /** Asked again after every wait: `stop` may have come in between. */
  private isStopping(): boolean {
    return this.stopping;
  }

  private async pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
