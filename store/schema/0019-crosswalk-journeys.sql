-- The journeys of a patient are found by what their events name (journey_unit), which is kept anyway.
DROP INDEX journey_by_subject;
