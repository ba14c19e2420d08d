-- Handoffs that count over journeys read some types of events of each. The moment that the index before this one had besides was read by nothing.
CREATE INDEX event_by_type ON event (migration, journey, type);
DROP INDEX event_by_journey;

-- What a journey names, without reading its events.
CREATE INDEX journey_unit_by_journey ON journey_unit (migration, journey, kind);
