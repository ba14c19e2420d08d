import type { FindOutcomeSource } from '../activities/gates/outcome-source';
import { HttpJsonSource } from '../adapters/metrics/http-json-source';
import { PrometheusSource } from '../adapters/metrics/prometheus-source';
import { SqlSource } from '../adapters/metrics/sql-source';
import type { SourceConnection } from './sources-file';

/** Leads a plan's source to the connection that it names, where there is one of that name and kind. */
export function gateSources(connections: readonly SourceConnection[] = []): FindOutcomeSource {
  const named = new Map(connections.map((connection) => [connection.name, connection]));
  return (source) => {
    const connection = named.get(source.connection);
    if (connection?.kind !== source.kind) return undefined;
    switch (source.kind) {
      case 'prometheus':
        return new PrometheusSource(connection, source);
      case 'http':
        return new HttpJsonSource(connection, source);
      case 'sql':
        return new SqlSource(connection, source);
    }
  };
}
