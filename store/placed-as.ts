/**
 * SQL: the key that a unit's side in a phase is written down under; as the function `placed_as`, which is called only where the unit has no
 * side of its own. Most have one, and a call costs several times what looking does.
 */
export function placedAs(migration: string, phase: string, unit: string): string {
  return `coalesce(${placed(migration, phase, unit)}, placed_as(${migration}, ${phase}, ${unit}))`;
}

/**
 * SQL: the placement of a unit in a phase, or of the visitor who the patient was; by the key that `placed_as_either` gives. That is asked for only where none of their
 * own is there, which would be the one. OFFSET 0 keeps the planner on the index: of some hundred units it would read all placements.
 */
export function placementOf(migration: string, phase: string, visitor: string, unit: string): string {
  const found = (key: string): string =>
    `SELECT found.* FROM placement found WHERE found.migration = ${migration} AND found.phase = ${phase} AND found.unit = ${key} OFFSET 0`;
  return `(${found(`coalesce(${visitor}, ${unit})`)}) UNION ALL (${found(`placed_as_either(${migration}, ${phase}, ${visitor}, ${unit})`)}) LIMIT 1`;
}

function placed(migration: string, phase: string, unit: string): string {
  return `(SELECT own.unit FROM placement own WHERE own.migration = ${migration} AND own.phase = ${phase} AND own.unit = ${unit})`;
}
