import { MATCHING_MAY_LAG } from '../../domain/control/judge-control';
import type { Queryable } from '../../store/database';
import { readGateCounts, readMatchingLag } from '../../store/handoffs';
import type { MetricQuery, MetricReading, MetricSource } from './metric-source';

/** Reads the outcomes of the migration's own handoffs, as the sweepers wrote them. */
export class HandoffMetricSource implements MetricSource {
  constructor(private readonly connection: Queryable) {}

  async read(query: MetricQuery): Promise<MetricReading> {
    try {
      const lag = await readMatchingLag(this.connection);
      if (lag > MATCHING_MAY_LAG) {
        const message = `Handoffs are matched ${Math.round(lag / 1_000)} s late. Look whether a worker is running and what its log says.`;
        return { kind: 'sourceError', message };
      }
      const { startedOnTarget, ...reading } = await readGateCounts(this.connection, query);
      if (!startedOnTarget) {
        return { kind: 'noData', message: 'The handoff has not started on target in this attempt.' };
      }
      return { kind: 'reading', reading };
    } catch {
      // What the driver says may hold values of the query.
      return { kind: 'sourceError', message: 'Postgres did not answer. Look at its log and its connections.' };
    }
  }
}
