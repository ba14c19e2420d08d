import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

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
  requests: Histogram<'method' | 'route' | 'status'>;
  /** Events received, by what became of them; refused ones by the code of the refusal. */
  events: Counter<'result' | 'code'>;
  /** Answers to "which side?". */
  decisions: Counter<'side' | 'reason'>;
}

export function createApiMetrics(registry: Registry): ApiMetrics {
  return {
    registry,
    requests: new Histogram({
      name: 'handoff_http_request_duration_seconds',
      help: 'Seconds from the first byte of a request to the last of its answer.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [registry],
    }),
    events: new Counter({
      name: 'handoff_events_total',
      help: 'Events received: stored, duplicate or refused.',
      labelNames: ['result', 'code'],
      registers: [registry],
    }),
    decisions: new Counter({
      name: 'handoff_decisions_total',
      help: 'Answers to the question which side takes a unit, by side and reason.',
      labelNames: ['side', 'reason'],
      registers: [registry],
    }),
  };
}
