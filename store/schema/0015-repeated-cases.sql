-- One case for one cause and one patient: what happens again while it is open is counted on it, and written down here (I6: each missed handoff has exactly
-- one exception, which is the one that has its cause, or the one that is named here).
ALTER TABLE exception
  ADD COLUMN same        text,                       -- what it has in common with those that are the same trouble; null: with none
  ADD COLUMN occurrences integer NOT NULL DEFAULT 1, -- the first, and those in exception_cause
  ADD COLUMN unrecovered integer NOT NULL DEFAULT 0; -- of those in exception_cause, how many ends have not come after all
CREATE UNIQUE INDEX exception_same ON exception (migration, queue, same) WHERE state = 'open';

CREATE TABLE exception_cause (
  migration   text NOT NULL,
  cause       text NOT NULL,                         -- as exception.cause
  exception   bigint NOT NULL REFERENCES exception (id),
  at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  recovered_at timestamptz,
  PRIMARY KEY (migration, cause)
);
CREATE INDEX exception_cause_by_exception ON exception_cause (exception, at);
