import type { FindOutcomeSource } from '../activities/gates/outcome-source';
import { RunCounts } from '../activities/gates/run-counts';
import { SyntheticFigures } from '../activities/gates/synthetic-figures';
import { HttpJsonSource } from '../adapters/metrics/http-json-source';
import { PrometheusSource } from '../adapters/metrics/prometheus-source';
import { SqlSource } from '../adapters/metrics/sql-source';
import type { Queryable } from '../store/database';
import type { SourceConnection } from './sources-file';

/** Leads a plan's source to the connection that it names, where there is one of that name and kind. */
export function gateSources(db: Queryable, connections: readonly SourceConnection[] = []): FindOutcomeSource {
  const runs = new RunCounts(db);
  const named = new Map(connections.map((connection) => [connection.name, connection]));
  return (source) => {
    const connection = named.get(source.connection);
    if (connection === undefined) return undefined;
    switch (source.kind) {
      case 'prometheus':
        return connection.kind === 'prometheus' ? new PrometheusSource(connection, source) : undefined;
      case 'http':
        return connection.kind === 'http' ? new HttpJsonSource(connection, source) : undefined;
      case 'sql':
        return connection.kind === 'sql' ? new SqlSource(connection, source) : undefined;
      case 'synthetic':
        return connection.kind === 'synthetic'
          ? new SyntheticFigures(runs, source, connection.legacy !== undefined)
          : undefined;
    }
  };
}
