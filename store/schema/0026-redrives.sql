-- R30: commands that are sent once more to the system that owes them, as the case of a missed handoff asks for. An outbox: written with the request, sent by
-- whichever worker comes first.
CREATE TABLE redrive (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key         uuid NOT NULL,                    -- Idempotency-Key of each try: of one cause and command always the same, until it is refused
  migration   text NOT NULL,
  exception   bigint NOT NULL REFERENCES exception (id) ON DELETE CASCADE,
  cause       text NOT NULL,                    -- what it is to end, as exception.cause: that of the case, or one that was counted on it
  system      text NOT NULL,                    -- the plan's, on the side that owes it
  side        text NOT NULL CHECK (side IN ('legacy', 'target')),
  command     text NOT NULL,
  body        text NOT NULL,                    -- what is sent, byte for byte at each try: keys, numbers and codes
  units       jsonb NOT NULL,                   -- by whose placements the side that owes it is known (store/side-now.ts)
  reason      text NOT NULL,
  asked_by    text NOT NULL,
  asked_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  plan_hash   text NOT NULL,                    -- whose command it is
  state       text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'refused', 'failed', 'dropped')),
  tries       integer NOT NULL DEFAULT 0,       -- begun
  next_try_at timestamptz NOT NULL DEFAULT clock_timestamp(),   -- from then on any worker may send it; while one does, when its claim ends
  taken_at    timestamptz,                      -- begun last
  why         text,                             -- domain/queues/redrive.ts: of the last try, or of its end
  status      integer,                          -- that the last answer had
  ended_at    timestamptz,
  CHECK ((state = 'waiting') = (ended_at IS NULL))
);
-- Each missed handoff of a case has one at a time.
CREATE UNIQUE INDEX redrive_in_flight ON redrive (exception, cause) WHERE state = 'waiting';
CREATE INDEX redrive_due ON redrive (next_try_at) WHERE state = 'waiting';
-- Whether anybody sends to a system.
CREATE INDEX redrive_taken ON redrive (migration, system, taken_at) WHERE taken_at IS NOT NULL;
CREATE INDEX redrive_of ON redrive (exception, id);

ALTER TABLE exception_action
  DROP CONSTRAINT exception_action_known,
  ADD CONSTRAINT exception_action_known CHECK (action IN
    ('assigned', 'resolved', 'reopened', 'snoozed', 'woken', 'stepDone', 'acceptanceAsked', 'acceptanceRefused', 'accepted', 'merged', 'tookIn',
     'redriven'));
