-- As event_of_journey: what tells most rows apart comes first.
CREATE UNIQUE INDEX handoff_occurrence_key ON handoff_occurrence (journey, handoff, ordinal, migration);
