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
