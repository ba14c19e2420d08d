-- As event_of_journey: what tells most rows apart comes first.
CREATE UNIQUE INDEX journey_key ON journey (id, migration);
