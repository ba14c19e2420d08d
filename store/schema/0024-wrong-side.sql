-- Events from a system of the side that their unit was not placed on: each a finding of its own, kept when the event itself is archived.
CREATE TABLE wrong_side_event (
  number      bigint GENERATED ALWAYS AS IDENTITY,  -- in the order in which they were found
  migration   text NOT NULL,
  source      text NOT NULL,
  id          text NOT NULL,                    -- of the event
  type        text NOT NULL,
  system      text NOT NULL,                    -- the plan's, by its source
  side        text NOT NULL CHECK (side IN ('legacy', 'target')),         -- the system's
  phase       text NOT NULL,
  cohort      text,
  unit        text NOT NULL,                    -- the key that its placement is under
  placed_side text NOT NULL CHECK (placed_side IN ('legacy', 'target')),  -- where the unit was when it happened
  journey     text NOT NULL,
  subject     text NOT NULL,
  time        timestamptz NOT NULL,             -- when it happened
  found_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (migration, source, id),
  CHECK (side <> placed_side)
);
CREATE INDEX wrong_side_in_order ON wrong_side_event (migration, number);
