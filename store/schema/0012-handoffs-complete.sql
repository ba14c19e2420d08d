-- What a handoff may declare besides its ends and its deadline: conditions, pauses, an end for each of several, an end that comes once.
ALTER TABLE handoff_occurrence
  ADD COLUMN paused_since timestamptz,               -- its clock stands still since then; deadline_at is as it was before, and counts for nothing
  ADD COLUMN second_ends integer NOT NULL DEFAULT 0, -- ends that came once more, each of which has its case
  ADD COLUMN why jsonb,                              -- of a missed one: domain/status: ExceptionWhy; null: no end came at all
  ADD COLUMN recovered_by jsonb;                     -- the event that recovered it: domain/status: EventReference
ALTER TABLE exception
  ADD COLUMN why jsonb,                              -- the same, and the end that came once more
  ADD COLUMN recovered_by jsonb;
-- exception.cause may be secondEnd:<occurrence id>:<source>:<id> too.
