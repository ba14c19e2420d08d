import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { DomainError } from '../../domain/domain-error';
import { BadPlan } from '../../domain/plan/bad-plan';
import type { LoadedPlan } from '../../domain/plan/load-plan';
import type { Milliseconds } from '../../domain/time/duration';
import { describeFailure } from '../../platform/describe-failure';
import type { Logger } from '../../platform/logger';
import type { JudgedPlan, PlanToJudge } from './judge-plans';

/** More plans came than can be judged as fast. This one was not looked at. */
export class PlansBusy extends DomainError {
  readonly code = 'plans-busy';
  readonly status = 503;
  constructor() {
    super(
      'More plans wait to be judged than this process takes on, and this one was not looked at. Send it again after the seconds in Retry-After.',
    );
  }
}

/** Judging the plan took more time or memory than one plan may take, so nobody knows whether it is good. */
export class PlanTooCostly extends DomainError {
  readonly code = 'plan-too-costly';
  readonly status = 413;
  constructor() {
    super(
      'Judging this plan took more time or memory than one plan may take, so it was given up, and nothing was kept. Leave out what the plan does not need, or part it into several migrations; where the machine is busy, send it again later.',
    );
  }
}

/** The thread ended without saying why. */
class PlanThreadEnded extends Error {
  override readonly name = 'PlanThreadEnded';
}

export interface PlanThreadOptions {
  /** Plans that may wait while one is judged. */
  waiting: number;
  /** How long one plan may take, the start of the thread included. */
  within: Milliseconds;
  /** MiB of the thread's heap that a plan's judging may come to. */
  memory: number;
  /** Modules that the thread loads first: what reads TypeScript, where the API runs from its sources. */
  preload: readonly string[];
}

/** A good plan of 190 kB takes 0.2 s, the worst that is known 1 to 2 s and 110 MiB. */
const LIMITS: PlanThreadOptions = { waiting: 64, within: 30_000, memory: 256, preload: [] };
/** MiB of short-lived objects, whatever the process was started with. */
const YOUNG_MEMORY = 48;
/** The thread of a process that nobody sends a plan is let go after so long. */
const IDLE_AFTER: Milliseconds = 60_000;

/** Beside this file in the build and in the sources. */
const SCRIPT = join(__dirname, `judge-plans${extname(__filename)}`);

interface WaitingPlan extends PlanToJudge {
  resolve(loaded: LoadedPlan): void;
  reject(reason: unknown): void;
}

/**
 * Judges plans one after another in a thread of its own: a large plan takes seconds, in which the event loop goes on telling sides. The thread
 * starts with the first plan. One that dies, or is ended because its plan takes too much, costs that plan alone; the next starts another.
 */
export class PlanThread {
  private readonly limits: PlanThreadOptions;
  private thread: Worker | undefined;
  private current: WaitingPlan | undefined;
  private readonly waiting: WaitingPlan[] = [];
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly logger: Logger,
    limits: Partial<PlanThreadOptions> = {},
  ) {
    this.limits = { ...LIMITS, ...limits };
  }

  /** loadPlan, by the templates that come with the product and the waivers of now. @throws BadPlan, PlansBusy, PlanTooCostly */
  load(text: string): Promise<LoadedPlan> {
    return new Promise((resolve, reject) => {
      const plan = { text, judgedAt: Date.now(), resolve, reject };
      if (this.stopped || (this.current !== undefined && this.waiting.length >= this.limits.waiting)) {
        reject(new PlansBusy());
        return;
      }
      this.waiting.push(plan);
      if (this.current === undefined) this.next();
    });
  }

  /** Ends the thread. Whoever still waits has been cut off. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const plan of [this.current, ...this.waiting.splice(0)]) plan?.reject(new PlansBusy());
    this.current = undefined;
    await this.letGo();
  }

  private next(): void {
    clearTimeout(this.timer);
    this.current = this.waiting.shift();
    if (this.current === undefined) {
      this.timer = setTimeout(() => void this.letGo(), IDLE_AFTER).unref();
      return;
    }
    this.timer = setTimeout(() => {
      this.giveUp(new PlanTooCostly());
    }, this.limits.within).unref();
    try {
      this.thread ??= this.start();
      const { text, judgedAt } = this.current;
      this.thread.postMessage({ text, judgedAt } satisfies PlanToJudge);
    } catch (error) {
      this.giveUp(error);
    }
  }

  private start(): Worker {
    const { memory, preload } = this.limits;
    const thread = new Worker(SCRIPT, {
      // It reads what comes from outside, and needs no secret.
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: memory, maxYoungGenerationSizeMb: YOUNG_MEMORY },
      ...(preload.length > 0 && { execArgv: preload.flatMap((module) => ['--require', module]) }),
    });
    thread.unref();
    const ended = (reason: unknown): void => {
      // One that was let go has nobody waiting for it.
      if (this.thread === thread) this.giveUp(reason);
    };
    thread.on('message', (judged: JudgedPlan) => {
      if (this.thread === thread) this.answer(judged);
    });
    thread.on('messageerror', ended);
    thread.on('error', (error) => {
      ended('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? new PlanTooCostly() : error);
    });
    thread.on('exit', (code) => {
      ended(new PlanThreadEnded(`It ended with ${code}.`));
    });
    return thread;
  }

  private answer(judged: JudgedPlan): void {
    const { current } = this;
    this.next();
    if ('good' in judged) current?.resolve(judged.good);
    else current?.reject(new BadPlan(judged.bad.problems, judged.bad.warnings, judged.bad.waived));
  }

  private giveUp(reason: unknown): void {
    const { current } = this;
    this.logger.warn({ failure: describeFailure(reason) }, 'the thread that judges plans was given up');
    void this.letGo();
    this.next();
    current?.reject(reason);
  }

  private async letGo(): Promise<void> {
    clearTimeout(this.timer);
    const { thread } = this;
    this.thread = undefined;
    await thread?.terminate();
  }
}
