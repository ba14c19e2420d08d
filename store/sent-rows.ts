/**
 * SQL: rows that are sent together, each of their columns an array (`$1` the first, all of one length), in their order; give it a name. As
 * `unnest` of all of them, without writing each array down first and reading it again, which costs as much as reading it from its text.
 * @param columns as for a table: `id bigint, name text`
 */
export function sentRows(columns: string): string {
  const list = columns.split(',').map((column, index) => {
    const [name = '', type = ''] = column.trim().split(/\s+/);
    return `unnest($${index + 1}::${type}[]) AS ${name}`;
  });
  return `(SELECT ${list.join(', ')})`;
}
