-- What was signed and refused, so that somebody can look at it with the vendor: which event, told apart by hashes, and its codes. The newest of each hook.
CREATE TABLE hook_refused (
  migration   text NOT NULL REFERENCES migration (id),
  hook        text NOT NULL,
  event_hash  text NOT NULL,                    -- sha256 of source and id
  content_hash text NOT NULL,                   -- sha256 of what it says in codes
  code        text NOT NULL,
  type        text NOT NULL,                    -- the vendor's
  data        jsonb NOT NULL,
  times       integer NOT NULL DEFAULT 1,
  first_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (migration, hook, event_hash, content_hash, code)
);
CREATE INDEX hook_refused_by_age ON hook_refused (migration, hook, last_at);
