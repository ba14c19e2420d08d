-- What a journey names, without reading its events.
CREATE INDEX journey_unit_by_journey ON journey_unit (migration, journey, kind);
