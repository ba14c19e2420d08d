-- What gates count: outcomes of handoffs in the order in which they were taken up, each once, and what a gate has made of them so far.
ALTER TABLE handoff_occurrence
  ADD COLUMN matures_at timestamptz,            -- from when its outcome may be counted: its deadline and lateness are over, kept or not; null: from deadline_at on, since it was written by a release before, or is open
  ADD COLUMN matured bigint;                    -- its number among those that gates have taken up; null: none has yet
CREATE SEQUENCE handoff_matured_number;

-- Those to take up, oldest first. By epoch before that: outcomes of earlier attempts, which nobody takes up any more, are passed over.
CREATE INDEX handoff_to_mature ON handoff_occurrence (migration, phase, cohort, handoff, epoch, coalesce(matures_at, deadline_at))
  WHERE final AND matured IS NULL AND from_side IS NOT NULL;
CREATE INDEX handoff_matured ON handoff_occurrence (migration, phase, cohort, handoff, matured) WHERE matured IS NOT NULL;
-- Whether any ever started on target, open or not. It does what handoff_open_on_target did, too.
CREATE INDEX handoff_on_target ON handoff_occurrence (migration, phase, cohort, handoff, epoch) WHERE from_side = 'target';
DROP INDEX handoff_open_on_target;

-- What a gate knows of the outcomes that it has read, so that none is counted again.
CREATE TABLE gate_state (
  migration     text NOT NULL,
  phase         text NOT NULL,
  cohort        text NOT NULL,
  gate          text NOT NULL,
  attempt_epoch bigint NOT NULL,                -- the attempt it is of
  revision      bigint NOT NULL,                -- grows with each write: who writes says which one it read
  state         jsonb NOT NULL,                 -- the evaluator's
  updated_at    timestamptz NOT NULL,
  PRIMARY KEY (migration, phase, cohort, gate)
);
