import { randomUUID } from 'node:crypto';
import { DomainError } from '../domain/domain-error';
import { SIDES, type Side } from '../domain/sides/side';
import type { Logger } from '../platform/logger';
import { systemClock } from '../platform/system-clock';
import type { DroppedAnswer, RunRequest, SandboxState, SlowedAnswer, StackState } from './control/control-contract';
import { eventSender } from './events/event-sender';
import { EventTally } from './events/event-tally';
import { Outbox } from './events/outbox';
import { sideAsker, type AskSide } from './patients/ask-side';
import { ToldSides, type ToldSide } from './patients/told-sides';
import { startJourneyRun, type JourneyRun } from './runs/journey-run';
import { startPaymentRun } from './runs/payment-run';
import { startRecordedRun } from './runs/recorded-run';
import type { PatientRun, RunState } from './runs/run-state';
import { activityRoutes } from './stacks/activity-routes';
import { Faults, type Fault } from './stacks/fault';
import { journeyRoutes } from './stacks/journey/journey-routes';
import { paymentRoutes } from './stacks/payment-routes';
import { Stack } from './stacks/stack';

export interface SandboxOptions {
  /** Where events go and sides are asked for. */
  handoffUrl: string;
  token: string;
  ports: Record<Side, number>;
  logger: Logger;
}

export class RunUnderWay extends DomainError {
  readonly code = 'run-under-way';
  readonly status = 409;
  constructor() {
    super("Patients of this migration are under way already. Stop them with 'DELETE /runs/{migration}' first.");
  }
}

export class NoSuchPatients extends DomainError {
  readonly code = 'no-such-patients';
  readonly status = 404;
  constructor() {
    super("No patients of this migration were started here. 'GET /state' lists those that were.");
  }
}

/** Two running stacks and their patients. */
export class Sandbox {
  private readonly faults = new Faults();
  private readonly tally = new EventTally();
  private readonly sidesTold = new ToldSides();
  private readonly stacks: Record<Side, Stack>;
  private readonly runs = new Map<string, PatientRun>();
  private readonly ask;
  private readonly closing = new AbortController();

  constructor(private readonly options: SandboxOptions) {
    const { handoffUrl: url, token, logger } = options;
    const send = eventSender({ url, token, timeout: 10_000 });
    this.ask = this.sidesTold.writingDown(sideAsker({ url, token, timeout: 5_000, attempts: 10, retryAfter: 100 }));
    const stack = (side: Side): Stack =>
      new Stack(
        side,
        {
          port: options.ports[side],
          clock: systemClock,
          faults: this.faults,
          tally: this.tally,
          outbox: new Outbox({ side, send, tally: this.tally, logger }),
        },
        [paymentRoutes, activityRoutes, journeyRoutes],
      );
    this.stacks = { legacy: stack('legacy'), target: stack('target') };
  }

  async open(): Promise<void> {
    for (const side of SIDES) await this.stacks[side].followFaults();
  }

  get stackUrls(): Record<Side, string> {
    return { legacy: this.stacks.legacy.url, target: this.stacks.target.url };
  }

  /** Lets patients in. @throws RunUnderWay */
  startRun(request: RunRequest): RunState {
    const before = this.runs.get(request.migration)?.state.status;
    if (before === 'running' || before === 'stopping') throw new RunUnderWay();
    const { migration, timeScale } = request;
    const seed = request.seed ?? randomUUID();
    const world = { ask: this.ask, stackUrls: this.stackUrls, closing: this.closing.signal };
    const run = startPatients({ ...request, seed }, world);
    for (const side of SIDES) {
      this.stacks[side].serve({
        migration,
        timeScale,
        seed,
        ...(request.kind === 'recorded' && { recordedSource: request.sources }),
        ...('service' in run && { journey: run.service }),
      });
    }
    this.runs.set(migration, run);
    this.options.logger.info({ migration, kind: request.kind, timeScale }, 'patients arrive');
    void run.ended.then(() => {
      const { patients, failure } = run.state;
      this.options.logger.info({ migration, arrived: patients.arrived, failure }, 'no more patients');
    });
    return run.state;
  }

  /** Lets nobody new in; those who are here go on. @throws NoSuchPatients */
  stopRun(migration: string): RunState {
    const run = this.runs.get(migration);
    if (run === undefined) throw new NoSuchPatients();
    void run.stop();
    return run.state;
  }

  runOf(migration: string): RunState | undefined {
    return this.runs.get(migration)?.state;
  }

  async setFaults(faults: readonly Fault[]): Promise<void> {
    this.faults.replace(faults);
    for (const side of SIDES) await this.stacks[side].followFaults();
    this.options.logger.info({ faults: faults.map(({ kind, side }) => `${kind} ${side}`) }, 'faults set');
  }

  state(): SandboxState {
    const stack = (side: Side): StackState => ({
      url: this.stacks[side].url,
      up: this.stacks[side].isUp,
      underway: this.stacks[side].underway(),
    });
    return {
      stacks: { legacy: stack('legacy'), target: stack('target') },
      runs: [...this.runs.values()].map((run) => run.state),
      events: Object.fromEntries(this.tally.migrations().map((migration) => [migration, this.tally.counts(migration)])),
      faults: this.faults.all,
    };
  }

  dropped(migration: string): DroppedAnswer {
    return {
      legacy: [...this.tally.droppedEvents(migration, 'legacy')],
      target: [...this.tally.droppedEvents(migration, 'target')],
    };
  }

  /** What everyone of a migration was told, by phase and unit. */
  told(migration: string): ToldSide[] {
    return this.sidesTold.of(migration);
  }

  slowed(migration: string): SlowedAnswer {
    return {
      legacy: [...this.tally.slowedEvents(migration, 'legacy')],
      target: [...this.tally.slowedEvents(migration, 'target')],
    };
  }

  repeated(migration: string): DroppedAnswer {
    return {
      legacy: [...this.tally.repeatedEvents(migration, 'legacy')],
      target: [...this.tally.repeatedEvents(migration, 'target')],
    };
  }

  misstated(migration: string): DroppedAnswer {
    return {
      legacy: [...this.tally.misstatedEvents(migration, 'legacy')],
      target: [...this.tally.misstatedEvents(migration, 'target')],
    };
  }

  /**
   * Stops patients, lets the stacks finish what they have begun for them, then gives the outboxes time to be acknowledged: `patience`
   * milliseconds in all. What is not done by then is lost, as in a stack that keeps its work in memory.
   */
  async close(patience: number): Promise<void> {
    const until = Date.now() + patience;
    const leaving = Promise.all([...this.runs.values()].map((run) => run.stop()));
    await Promise.race([leaving, new Promise((resolve) => setTimeout(resolve, patience / 2).unref())]);
    const begun = (): boolean => SIDES.some((side) => Object.keys(this.stacks[side].underway()).length > 0);
    while (begun() && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
    this.closing.abort();
    await Promise.all(SIDES.map((side) => this.stacks[side].close()));
    await Promise.all(SIDES.map((side) => this.stacks[side].drain(until)));
  }
}

/** The first of them comes a moment later, when the stacks know of the run. */
function startPatients(
  options: RunRequest & { seed: string },
  world: { ask: AskSide; stackUrls: Readonly<Record<Side, string>>; closing: AbortSignal },
): PatientRun | JourneyRun {
  switch (options.kind) {
    case 'payment':
      return startPaymentRun(options, world);
    case 'recorded':
      return startRecordedRun(options, world);
    case 'journey':
      return startJourneyRun(options, world);
  }
}
