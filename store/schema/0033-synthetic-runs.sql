-- Journeys of synthetic patients, for the gates whose figures they are. A run is claimed by its row: of all workers the one that writes it makes it.
CREATE TABLE synthetic_run (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  migration   text NOT NULL,
  phase       text NOT NULL,
  cohort      text NOT NULL,
  gate        text NOT NULL,
  side        text NOT NULL CHECK (side IN ('legacy', 'target')),
  due_at      timestamptz NOT NULL,             -- on the grid of the gate's `every`
  began_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  over_by     timestamptz NOT NULL,             -- it has ended by then, or whoever made it is gone
  ended_at    timestamptz,
  outcome     text CHECK (outcome IN ('kept', 'missed', 'untried', 'lost')),
  step        integer,                          -- that was not as expected, counted from 1
  why         text,                             -- domain/synthetic/synthetic-run.ts: a code
  status      integer,                          -- of the last answer
  took_ms     integer,
  UNIQUE (migration, phase, cohort, gate, side, due_at),
  CHECK ((outcome IS NULL) = (ended_at IS NULL))
);
CREATE INDEX synthetic_run_counted ON synthetic_run (migration, phase, cohort, gate, side, began_at) INCLUDE (ended_at, outcome);
CREATE INDEX synthetic_run_under_way ON synthetic_run (migration, phase, cohort, gate, side, began_at) WHERE ended_at IS NULL;
CREATE INDEX synthetic_run_old ON synthetic_run (began_at);
