import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { DecisionCounts } from './decision-counts';
import { RequestTimes } from './request-times';

/** A process's own registry, with its memory, CPU and event loop in it. I15: a label is a code from a short, closed list, never a received value. */
export function createMetricsRegistry(process: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ process });
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** What the API counts. */
export interface ApiMetrics {
  registry: Registry;
  /** Seconds a request took. `route` is the route's pattern, never the path that was asked for. */
  requests: RequestTimes;
  /** Events received, by what became of them; refused ones by the code of the refusal. */
  events: Counter<'result' | 'code'>;
  /** What vendors' webhooks reported, by what became of it; refused deliveries by the code of the refusal. */
  hooks: Counter<'result' | 'code'>;
  /** Answers to "which side?". */
  decisions: DecisionCounts;
}

export function createApiMetrics(registry: Registry): ApiMetrics {
  return {
    registry,
    requests: new RequestTimes(registry),
    events: new Counter({
      name: 'handoff_events_total',
      help: 'Events received: stored, duplicate, synthetic or refused.',
      labelNames: ['result', 'code'],
      registers: [registry],
    }),
    hooks: new Counter({
      name: 'handoff_hooks_total',
      help: "What vendors' webhooks reported: stored, duplicate, held, noted, unknown, unmet or refused.",
      labelNames: ['result', 'code'],
      registers: [registry],
    }),
    decisions: new DecisionCounts(registry),
  };
}

/** What memory of sides a process has, looked at when it is scraped. */
export interface SidesFigures {
  known: number;
  right: boolean;
  arrivals: number;
  owed: number;
  /** Answers of outages that Postgres will never take. */
  setAside: number;
}

export function measureSides(registry: Registry, figures: () => SidesFigures): void {
  const gauges: { name: string; help: string; value: (of: SidesFigures) => number }[] = [
    { name: 'handoff_sides_known', help: 'Units whose side this process has in memory.', value: ({ known }) => known },
    {
      name: 'handoff_sides_right',
      help: 'Whether this process may answer sides from memory.',
      value: ({ right }) => (right ? 1 : 0),
    },
    {
      name: 'handoff_sides_arrivals',
      help: 'First questions that wait or are being written down.',
      value: ({ arrivals }) => arrivals,
    },
    {
      name: 'handoff_sides_owed',
      help: 'Answers of an outage that Postgres does not have yet.',
      value: ({ owed }) => owed,
    },
    {
      name: 'handoff_sides_set_aside',
      help: 'Answers of outages that Postgres refused, kept beside the journal for a person.',
      value: ({ setAside }) => setAside,
    },
  ];
  for (const { name, help, value } of gauges) shownAs(registry, name, help, () => value(figures()));
}

/** What an API process has under way of OFREP. */
export interface AskingFigures {
  /** Requests that wait: for their body, or for Postgres. */
  waiting: number;
  /** Streams of changes that are open. */
  streams: number;
}

/** Shows them whenever somebody reads the registry. */
export function measureAsking(registry: Registry, figures: () => AskingFigures): void {
  const waiting = {
    name: 'handoff_questions_waiting',
    help: 'Questions for sides that wait for their body or for Postgres.',
  };
  const streams = { name: 'handoff_change_streams', help: 'Streams of changes that are open.' };
  shownAs(registry, waiting.name, waiting.help, () => figures().waiting);
  shownAs(registry, streams.name, streams.help, () => figures().streams);
}

function shownAs(registry: Registry, name: string, help: string, value: () => number): void {
  new Gauge({
    ...{ name, help, registers: [registry] },
    collect() {
      this.set(value());
    },
  });
}
