-- R31: what patients wrote to support that means a pattern of some queue. With no case of theirs there it is a leak: support found what the handoffs did not.
CREATE TABLE ticket (
  migration   text NOT NULL,
  queue       text NOT NULL,
  source      text NOT NULL,                    -- of the event, with id
  id          text NOT NULL,
  journey     text NOT NULL,
  subject     text NOT NULL,
  at          timestamptz NOT NULL,             -- of the event
  judge_at    timestamptz NOT NULL,             -- when its case must be open
  judged_at   timestamptz,
  exception   bigint REFERENCES exception (id), -- that case; null of a judged one: a leak
  PRIMARY KEY (migration, queue, source, id)
);
CREATE INDEX ticket_to_judge ON ticket (judge_at) WHERE judged_at IS NULL;
CREATE INDEX ticket_leaked ON ticket (migration, at) INCLUDE (queue) WHERE judged_at IS NOT NULL AND exception IS NULL;
