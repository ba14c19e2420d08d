import { METHODS, type IncomingMessage } from 'node:http';
import type { Counter, Histogram } from 'prom-client';
import type { ApiMetrics } from '../../platform/metrics';
import type { Evaluation } from './evaluate-flag';

/** Counts what the decision plane answers, under labels that were looked up once. I15: no label was ever received. */
export class DecisionMeter {
  private readonly decisions = new Map<string, Counter.Internal>();
  private readonly requests = new Map<string, Histogram.Internal<'method' | 'route' | 'status'>>();

  constructor(private readonly metrics: Pick<ApiMetrics, 'decisions' | 'requests'>) {}

  /** One answer with a side. */
  told({ value, metadata }: Evaluation): void {
    const name = `${value} ${metadata.why}`;
    let child = this.decisions.get(name);
    if (child === undefined) {
      child = this.metrics.decisions.labels({ side: value, reason: metadata.why });
      this.decisions.set(name, child);
    }
    child.inc();
  }

  /** One request, and how long it took. */
  answered({ method = '' }: IncomingMessage, route: string, status: number | 'aborted', seconds: number): void {
    const name = `${method} ${status} ${route}`;
    let child = this.requests.get(name);
    if (child === undefined) {
      const known = METHODS.includes(method) ? method : 'other';
      child = this.metrics.requests.labels({ method: known, route, status: String(status) });
      this.requests.set(name, child);
    }
    child.observe(seconds);
  }
}
