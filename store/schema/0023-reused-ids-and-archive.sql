-- Ids that a source gave to two events that say different things: the first is stored, what the others said is kept here, coded fields alone.
CREATE TABLE event_id_reused (
  migration   text NOT NULL,
  source      text NOT NULL,
  id          text NOT NULL,
  content_hash text NOT NULL,                   -- of the other one
  type        text NOT NULL,
  journey     text NOT NULL,
  subject     text NOT NULL,
  units       jsonb NOT NULL,
  time        timestamptz,                      -- null: its producer did not say
  sequence    bigint NOT NULL,
  data        jsonb NOT NULL,
  times       integer NOT NULL DEFAULT 1,       -- it was sent
  first_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (migration, source, id, content_hash)
);
CREATE INDEX event_id_reused_by_time ON event_id_reused (migration, last_at);

-- Months of events that were archived: written to a file, then let go of.
CREATE TABLE event_archive (
  partition   text PRIMARY KEY,                 -- the table that held them
  received_from timestamptz,                    -- null: from the beginning
  received_to timestamptz NOT NULL,
  file        text NOT NULL,                    -- its name in the archive's folder: NDJSON, gzip
  sha256      text NOT NULL,                    -- of the file
  bytes       bigint NOT NULL,
  events      bigint NOT NULL,
  archived_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
