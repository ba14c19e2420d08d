ALTER TABLE journey DROP CONSTRAINT journey_pkey, ADD CONSTRAINT journey_pkey PRIMARY KEY USING INDEX journey_key;
