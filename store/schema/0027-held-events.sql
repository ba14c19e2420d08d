-- What people do with events of vendors that are held: file them under an episode, or give them up for lost.
ALTER TABLE unlinked_event
  ADD COLUMN filed_under text,                  -- the episode that somebody says it belongs to; null: nobody did
  ADD COLUMN filed_by    text,
  ADD COLUMN filed_at    timestamptz,
  ADD CONSTRAINT unlinked_event_filed CHECK ((filed_under IS NULL) = (filed_by IS NULL) AND (filed_under IS NULL) = (filed_at IS NULL)),
  DROP CONSTRAINT unlinked_event_outcome_check,
  ADD CONSTRAINT unlinked_event_outcome CHECK (outcome IN ('stored', 'noted', 'refused', 'givenUp'));
CREATE INDEX unlinked_event_given_up ON unlinked_event (migration, cause) WHERE outcome = 'givenUp';
