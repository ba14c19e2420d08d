-- The SLA clock of each case (I8): one durable workflow runs it. exception.clock_revision is the last change that it was told of; this says
-- what became of that, and what the clock did.
CREATE TABLE exception_clock (
  exception   bigint PRIMARY KEY REFERENCES exception (id) ON DELETE CASCADE,
  migration   text NOT NULL,
  running     boolean NOT NULL,                 -- as it was told: until the case ends
  claimed_until timestamptz,                    -- a worker is telling it
  next_at     timestamptz,                      -- when it must look next; null: when something changes
  plan_hash   text                              -- the version of the plan that it last went by
);
CREATE INDEX exception_clock_late ON exception_clock (next_at) WHERE running;
CREATE INDEX exception_clock_running ON exception_clock (migration, exception) WHERE running;

-- What a clock did, in order: once a case and opening of it.
CREATE TABLE exception_mark (
  exception   bigint NOT NULL REFERENCES exception (id) ON DELETE CASCADE,
  opening     integer NOT NULL,                 -- 0, and one more each time that the case was opened again
  step        integer NOT NULL,                 -- domain/queues/sla-clock.ts: 0 opened, 1 warned, 2 overdue, 3 and on escalated
  kind        text NOT NULL CHECK (kind IN ('opened', 'warned', 'overdue', 'escalated')),
  team        text NOT NULL,                    -- whom the plan named for it
  due_at      timestamptz NOT NULL,             -- when it was to be done
  done_at     timestamptz NOT NULL,
  told        boolean NOT NULL,                 -- false: it came too late to be worth a word
  PRIMARY KEY (exception, opening, step)
);
