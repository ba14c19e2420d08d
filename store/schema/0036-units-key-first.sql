-- As event_of_journey: what tells most rows apart comes first.
CREATE INDEX journey_unit_of_journey ON journey_unit (journey, kind);
CREATE UNIQUE INDEX journey_unit_key ON journey_unit (unit, kind, migration, journey);
