-- What people do with a case besides resolving it: put it off, accept it with a second person, merge it into another case of the same patient, and
-- note its steps one by one. All of it is in exception_action as well, with who and when.
ALTER TABLE exception
  ADD COLUMN kind           text GENERATED ALWAYS AS (split_part(cause, ':', 1)) STORED,   -- handoff, event, bringBack, pause, link, outage
  ADD COLUMN snoozed_until  timestamptz,        -- nobody is asked for it before; its SLA goes on
  ADD COLUMN snooze_reason  text,
  ADD COLUMN snoozed_by     text,
  ADD COLUMN accept_asked_by text,              -- who wants to leave it as it is; somebody else has to agree
  ADD COLUMN accept_asked_at timestamptz,
  ADD COLUMN accept_reason  text,
  ADD COLUMN merged_into    bigint REFERENCES exception (id),
  -- Raised by every change that its SLA clock, its owner or whoever took it must learn of; clock_revision is the last that a clock has taken in.
  ADD COLUMN revision       bigint NOT NULL DEFAULT 0,
  ADD COLUMN clock_revision bigint NOT NULL DEFAULT 0;

ALTER TABLE exception
  DROP CONSTRAINT exception_state_check,
  DROP CONSTRAINT exception_check,
  ADD CONSTRAINT exception_state CHECK (state IN ('open', 'resolved', 'accepted', 'merged')),
  -- I8: an end is by whom, when, and how. Evidence of a case that is open is of the steps done so far.
  ADD CONSTRAINT exception_end CHECK ((state <> 'open') = (resolved_at IS NOT NULL) AND (state <> 'open') = (resolved_by IS NOT NULL)),
  ADD CONSTRAINT exception_resolved CHECK (state <> 'resolved' OR evidence IS NOT NULL),
  -- Four eyes.
  ADD CONSTRAINT exception_accepted CHECK (state <> 'accepted' OR (accept_asked_by IS NOT NULL AND accept_reason IS NOT NULL AND accept_asked_by <> resolved_by)),
  ADD CONSTRAINT exception_merged CHECK ((state = 'merged') = (merged_into IS NOT NULL) AND merged_into <> id),
  ADD CONSTRAINT exception_snoozed CHECK ((snoozed_until IS NULL) = (snooze_reason IS NULL) AND (snoozed_until IS NULL) = (snoozed_by IS NULL)),
  ADD CONSTRAINT exception_acceptance CHECK ((accept_asked_by IS NULL) = (accept_reason IS NULL) AND (accept_asked_by IS NULL) = (accept_asked_at IS NULL));

-- A new case is news to the clock, and so is every one that is open already; what ended before is none.
ALTER TABLE exception ALTER COLUMN clock_revision SET DEFAULT -1;
UPDATE exception SET clock_revision = -1 WHERE state = 'open';
CREATE INDEX exception_unclocked ON exception (id) WHERE clock_revision < revision;

CREATE INDEX exception_merged_into ON exception (merged_into) WHERE merged_into IS NOT NULL;
-- A patient's cases: for whoever works on one of them, and for the next one of the same cause.
CREATE INDEX exception_by_subject ON exception (migration, subject, id);

CREATE FUNCTION raise_exception_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.state, NEW.due_at, NEW.snoozed_until, NEW.owner, NEW.assigned_to, NEW.queue)
     IS DISTINCT FROM (OLD.state, OLD.due_at, OLD.snoozed_until, OLD.owner, OLD.assigned_to, OLD.queue) THEN
    NEW.revision := OLD.revision + 1;
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER exception_revision BEFORE UPDATE OF state, due_at, snoozed_until, owner, assigned_to, queue ON exception
  FOR EACH ROW EXECUTE FUNCTION raise_exception_revision();

ALTER TABLE exception_action
  DROP CONSTRAINT exception_action_action_check,
  ADD CONSTRAINT exception_action_known CHECK (action IN
    ('assigned', 'resolved', 'reopened', 'snoozed', 'woken', 'stepDone', 'acceptanceAsked', 'acceptanceRefused', 'accepted', 'merged', 'tookIn'));

-- Which cases a request for many of them was about: repeated with its key it is about the same ones, whatever its filter would find now.
CREATE TABLE exception_bulk (
  migration   text NOT NULL,
  actor       text NOT NULL,
  idempotency_key text NOT NULL,
  request     jsonb NOT NULL,
  exceptions  bigint[] NOT NULL,
  matched     integer NOT NULL,                 -- as many fitted then
  next        text,                             -- where those begin that did not fit in; null: there are none
  at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (migration, actor, idempotency_key)
);
