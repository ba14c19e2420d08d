ALTER TABLE journey_unit DROP CONSTRAINT journey_unit_pkey, ADD CONSTRAINT journey_unit_pkey PRIMARY KEY USING INDEX journey_unit_key;
DROP INDEX journey_unit_by_journey;
