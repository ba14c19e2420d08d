/** SQL: the journeys in which an event names that unit of that kind, each once. The arguments are expressions. OFFSET 0 keeps the planner on the index. */
export function journeysNaming(migration: string, kind: string, unit: string): string {
  return `SELECT u.journey FROM journey_unit u WHERE u.migration = ${migration} AND u.kind = ${kind} AND u.unit = ${unit}
           UNION ALL SELECT ${unit} WHERE ${kind} = 'episode' OFFSET 0`;
}
