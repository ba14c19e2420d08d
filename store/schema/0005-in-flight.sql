-- People who are in the middle of a journey when their phase is rolled back, or when nothing ever ends it.

-- Since when a unit waits on target for a person: a rollback found it under way, and its plan says 'pause'. null: it does not wait.
ALTER TABLE placement ADD COLUMN paused_at timestamptz;
ALTER TABLE placement ADD CONSTRAINT placement_paused_on_target CHECK (paused_at IS NULL OR side = 'target');
CREATE INDEX placement_paused ON placement (migration, phase, cohort) WHERE paused_at IS NOT NULL;

-- Closing by time: what is looked at grows with what is due, never with what is closed.
CREATE INDEX placement_open_by_time ON placement (migration, phase, placed_at) WHERE closed_at IS NULL;
-- Who arrived of late. Rows come in their order, so a summary of each stretch of the table is enough.
CREATE INDEX placement_by_time ON placement USING brin (placed_at) WITH (autosummarize = on);

-- Lets units of a cohort go on that wait, one or all of them (in_unit null), and gives how many. Their answers change: remembered ones are
-- dropped with the version of this. Rows are held by unit, as by all who hold several; the version comes last, its row is everyone's.
CREATE FUNCTION release_paused(in_migration text, in_phase text, in_cohort text, in_unit text) RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  released text[];
  raised bigint;
BEGIN
  released := ARRAY(
    SELECT p.unit FROM placement p
     WHERE p.migration = in_migration AND p.phase = in_phase AND p.cohort = in_cohort AND p.paused_at IS NOT NULL
       AND (in_unit IS NULL OR p.unit = in_unit)
     ORDER BY p.unit FOR NO KEY UPDATE OF p);
  IF cardinality(released) = 0 THEN RETURN 0; END IF;
  UPDATE placement p SET paused_at = NULL
   WHERE p.migration = in_migration AND p.phase = in_phase AND p.unit = ANY (released);
  raised := raise_sides_version();
  INSERT INTO side_change (version, migration, phase, unit)
  SELECT raised, in_migration, in_phase, u.unit FROM unnest(released) AS u (unit);
  RETURN cardinality(released);
END $$;
