import type { JourneyKind } from '../../../domain/plan/journey';
import type { Side } from '../../../domain/sides/side';
import type { DroppedAnswer, RunOrder, SandboxState, SlowedAnswer } from '../../../sandbox/control/control-contract';
import { start, type RunningSandbox } from '../../../sandbox/main';
import type { JourneyCounts, RunState } from '../../../sandbox/runs/run-state';
import type { Fault } from '../../../sandbox/stacks/fault';
import { until } from '../../setup/until';
import { ProductDouble, type ReceivedEvent } from './product-double';

/** An hour of the plan in 30 ms: a whole journey goes by in a fraction of a second. */
export const JOURNEY_SCALE = 120_000;

export const PHASES: Record<JourneyKind, string> = {
  frontDoor: 'front-door',
  intake: 'intake',
  payment: 'payment',
  providerRouting: 'provider-routing',
  portalRefills: 'portal-and-refills',
};

/** A sandbox whose patients go the whole way, and the product as they see it. */
export class JourneyWorld {
  readonly product = new ProductDouble();
  private running: RunningSandbox | undefined;

  async open(): Promise<void> {
    await this.product.open();
    const ports = { controlPort: 0, legacyPort: 0, targetPort: 0 };
    this.running = await start({
      handoffUrl: this.product.url,
      token: 'stack-token',
      ...ports,
      demo: false,
      logLevel: 'silent',
    });
  }

  async close(): Promise<void> {
    await this.running?.stop();
    await this.product.close();
  }

  async ask<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(new URL(path, this.running?.controlUrl), {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Answer;
    if (!response.ok) throw new Error(`HTTP ${response.status}: ${JSON.stringify(answer)}`);
    return answer;
  }

  state = (): Promise<SandboxState> => this.ask('GET', '/state');
  dropped = (): Promise<DroppedAnswer> => this.ask('GET', '/dropped/m');
  slowed = (): Promise<SlowedAnswer> => this.ask('GET', '/slowed/m');

  async faults(...faults: Fault[]): Promise<void> {
    await this.ask('PUT', '/faults', { faults });
  }

  async run(): Promise<RunState & { journey: JourneyCounts }> {
    const run = (await this.state()).runs.find(({ migration }) => migration === 'm');
    if (run?.journey === undefined) throw new Error('There is no run of journeys.');
    return { ...run, journey: run.journey };
  }

  async letIn(changed: Partial<Extract<RunOrder, { kind: 'journey' }>> = {}): Promise<void> {
    await this.ask('POST', '/runs', {
      kind: 'journey',
      migration: 'm',
      timeScale: JOURNEY_SCALE,
      seed: 'a seed',
      phases: PHASES,
      visitorsPerHour: 4,
      prefixes: { visitor: 'vis', episode: 'ep', subscription: 'sub', patient: 'pat' },
      ...changed,
    } satisfies RunOrder);
  }

  /** Lets so many in, then waits until each has left, the stacks have nothing more to do, and every event is acknowledged. */
  async letThrough(arrivals: number, changed: Partial<Extract<RunOrder, { kind: 'journey' }>> = {}): Promise<void> {
    await this.letIn(changed);
    await until('enough patients to come', async () => (await this.run()).patients.arrived >= arrivals);
    await this.ask('DELETE', '/runs/m');
    await this.rest();
  }

  async rest(): Promise<void> {
    await until('patients, stacks and outboxes to come to rest', async () => {
      const { stacks, events, runs } = await this.state();
      const busy = Object.values(stacks).some(({ underway }) => (underway['m'] ?? 0) > 0);
      const pending = Object.values(events['m'] ?? {}).some((counts) => counts.pending > 0);
      return !busy && !pending && runs.every(({ status }) => status === 'finished');
    });
  }

  /** Events of each journey, in its order. */
  journeys(): Map<string, ReceivedEvent[]> {
    const journeys = new Map<string, ReceivedEvent[]>();
    for (const event of this.product.events) {
      journeys.set(event.journey, [...(journeys.get(event.journey) ?? []), event]);
    }
    for (const events of journeys.values()) {
      events.sort(
        (one, other) => Date.parse(one.time) - Date.parse(other.time) || Number(one.sequence) - Number(other.sequence),
      );
    }
    return journeys;
  }

  /** The side that each journey was told in a phase. */
  told(phase: string): Map<string, Side> {
    return new Map(
      this.product.asked
        .filter(({ flag }) => flag === `m.${phase}`)
        .map(({ context, answered }) => [context['journey'] ?? '', answered]),
    );
  }
}
