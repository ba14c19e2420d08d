-- Found by the journey first: it tells all but its own events apart at the first comparison, where the migration, the same of all, told none. An entry costs
-- half as much to write. Takes the place of event_by_type.
CREATE INDEX event_of_journey ON event (journey, type);
