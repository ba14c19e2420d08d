-- Phases of patients in which visitors have a side until they are known to be one.

-- The key that a patient's side in a phase is written down under: the visitor's who they were, where that has a side, else the patient's.
CREATE FUNCTION placed_as_either(in_migration text, in_phase text, in_visitor text, in_patient text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT coalesce(
    (SELECT p.unit FROM placement p
      WHERE in_visitor IS NOT NULL AND p.migration = in_migration AND p.phase = in_phase AND p.unit = placed_as(in_migration, in_phase, in_visitor)),
    placed_as(in_migration, in_phase, in_patient))
$$;
