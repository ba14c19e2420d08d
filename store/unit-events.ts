/**
 * The events of unit `u` of kind $4 in migration $1: those that name the unit, or are of a journey that does and name no other unit of that kind,
 * since not every producer knows each key. OFFSET 0 keeps the planner on the indexes: it takes each containment to match a
 * hundredth of all events, and would read them all.
 */
export const EVENTS_OF_UNIT = `
  SELECT e.type, e.time, e.journey
    FROM (SELECT DISTINCT n.journey FROM event n WHERE n.migration = $1 AND n.units @> jsonb_build_object($4::text, u.unit)) j
   CROSS JOIN LATERAL (
           SELECT e.type, e.time, e.journey FROM event e
            WHERE e.migration = $1 AND e.journey = j.journey AND coalesce(e.units ->> $4 = u.unit, true) OFFSET 0
         ) e`;

/**
 * The open journeys of unit `u` of kind $4 in migration $1: each in which a handoff is open or an event waits to be matched, and always the last one
 * that the unit was seen in. None where nothing was reported of it.
 */
export const OPEN_JOURNEYS = `
  SELECT j.journey, j.subject
    FROM (SELECT n.journey, n.subject, row_number() OVER (ORDER BY n.time DESC, n.sequence DESC, n.seq DESC) AS age
            FROM (SELECT DISTINCT ON (e.journey) e.journey, e.subject, e.time, e.sequence, e.seq FROM event e
                   WHERE e.migration = $1 AND e.units @> jsonb_build_object($4::text, u.unit)
                   ORDER BY e.journey, e.time DESC, e.sequence DESC, e.seq DESC) n) j
   WHERE j.age = 1
      OR EXISTS (SELECT FROM handoff_occurrence o WHERE o.migration = $1 AND o.journey = j.journey AND o.outcome IS NULL)
      OR EXISTS (SELECT FROM event w WHERE w.migration = $1 AND w.journey = j.journey AND w.disposition IS NULL)`;
