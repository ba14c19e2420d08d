-- Test units that somebody gave a side by name. What is answered is their placement, written in the same transaction: with cohort null, so that no
-- cap, no gate and no rollback counts them, and moved_because 'override' ('overrideEnded' once it is removed).
CREATE TABLE side_override (
  migration   text NOT NULL REFERENCES migration (id),
  phase       text NOT NULL,
  unit        text NOT NULL,
  side        text NOT NULL CHECK (side IN ('legacy', 'target')),
  set_by      text NOT NULL,                    -- an actor's id
  reason      text NOT NULL,
  set_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (migration, phase, unit)
);
