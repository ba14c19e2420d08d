-- A person's keys, all the way: those that stood for a visitor of theirs before the two were one.

-- Every key that a person's side may be written down under, who is known by this one: those of its kind, of a visitor the patient's and those that
-- stand for the patient, of a patient those of their visitors and those that stand for one. Not other visitors of the same patient: they came for
-- something else.
CREATE OR REPLACE FUNCTION keys_of_person(in_migration text, in_unit text) RETURNS SETOF text LANGUAGE sql STABLE AS $$
  WITH root AS (
    SELECT coalesce((SELECT a.unit FROM unit_alias a WHERE a.migration = in_migration AND a.alias = in_unit), in_unit) AS unit
  ), person AS (
    SELECT r.unit FROM root r
     UNION SELECT o.patient FROM root r JOIN unit_owner o ON o.migration = in_migration AND o.visitor = r.unit
     UNION SELECT o.visitor FROM root r JOIN unit_owner o ON o.migration = in_migration AND o.patient = r.unit
  )
  SELECT in_unit
   UNION SELECT p.unit FROM person p
   UNION SELECT a.alias FROM person p JOIN unit_alias a ON a.migration = in_migration AND a.unit = p.unit
$$;
