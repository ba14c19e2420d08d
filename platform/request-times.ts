import { Histogram, type Registry } from 'prom-client';

/** How long the requests of one method, route and status took. */
export interface TimesOfRoute {
  /** Counts one request. */
  add(seconds: number): void;
}

const NAMED = {
  name: 'handoff_http_request_duration_seconds',
  help: 'Seconds from the first byte of a request to the last of its answer.',
} as const;

const BOUNDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/**
 * The histogram of requests. One observation is an addition: the library's own hashes its labels each time, which is a fifth of what an
 * answer about a known side costs. I15: a label is a code from a short, closed list, never a received value.
 */
export class RequestTimes extends Histogram<'method' | 'route' | 'status'> {
  private readonly byMethod = new Map<string, Map<string, Map<string, Tally>>>();

  constructor(registry: Registry) {
    super({
      ...NAMED,
      labelNames: ['method', 'route', 'status'],
      registers: [registry],
    });
  }

  /** @param route its pattern, never the path that was asked for */
  of(method: string, route: string, status: string): TimesOfRoute {
    const byRoute = madeOnce(this.byMethod, method, () => new Map<string, Map<string, Tally>>());
    const byStatus = madeOnce(byRoute, route, () => new Map<string, Tally>());
    return madeOnce(byStatus, status, () => new Tally());
  }

  /** What the library's own `get` and its registry read. */
  getForPromString(): Promise<object> {
    const values = [...this.byMethod].flatMap(([method, byRoute]) =>
      [...byRoute].flatMap(([route, byStatus]) =>
        [...byStatus].flatMap(([status, tally]) => tally.samples({ method, route, status })),
      ),
    );
    return Promise.resolve({ ...NAMED, type: 'histogram', aggregator: 'sum', values });
  }
}

interface Sample {
  metricName: string;
  labels: { le?: number | '+Inf' };
  sharedLabels: object;
  value: number;
}

class Tally implements TimesOfRoute {
  private sum = 0;
  private readonly inBucket: number[] = [...BOUNDS.map(() => 0), 0];

  add(seconds: number): void {
    let bucket = 0;
    while (bucket < BOUNDS.length && seconds > (BOUNDS[bucket] ?? 0)) bucket += 1;
    this.inBucket[bucket] = (this.inBucket[bucket] ?? 0) + 1;
    this.sum += seconds;
  }

  samples(sharedLabels: object): Sample[] {
    let count = 0;
    const buckets = this.inBucket.map((inThis, at) => {
      count += inThis;
      return {
        metricName: `${NAMED.name}_bucket`,
        labels: { le: BOUNDS[at] ?? ('+Inf' as const) },
        sharedLabels,
        value: count,
      };
    });
    return [
      ...buckets,
      { metricName: `${NAMED.name}_sum`, labels: {}, sharedLabels, value: this.sum },
      { metricName: `${NAMED.name}_count`, labels: {}, sharedLabels, value: count },
    ];
  }
}

function madeOnce<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
