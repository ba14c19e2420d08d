-- Which vendor's id is whose. Vendor ids are kept here alone: found by HMACs, and sealed with the payload key for links out and for another HMAC key.

-- Keys that ids are hashed under. Their secrets are not here: they come from each process's environment, and the verifier tells whether they are the
-- right ones. An id is looked up under every key, and written down under the writing one.
CREATE TABLE crosswalk_key (
  id          text PRIMARY KEY,
  origin      text NOT NULL CHECK (origin IN ('payload', 'environment')),  -- derived from the payload key and the salt, or given under this id
  salt        bytea NOT NULL,
  verifier    bytea NOT NULL,
  writing     boolean NOT NULL DEFAULT true,
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  created_by  text NOT NULL
);
CREATE UNIQUE INDEX crosswalk_key_writing ON crosswalk_key (writing) WHERE writing;

CREATE TABLE vendor_id (
  number      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  migration   text NOT NULL REFERENCES migration (id),
  vendor      text NOT NULL,                    -- the plan's system
  kind        text NOT NULL,                    -- as the vendor calls it
  names       text NOT NULL,                    -- domain/sides: UnitKind
  sealed      bytea NOT NULL,                   -- the id, encrypted
  first_seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_seen_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- An id under each key that it was seen under. Its number comes from vendor_id, whose row is written in the same transaction, after this one: whoever
-- writes an id at the same time waits here.
CREATE TABLE vendor_id_hash (
  migration   text NOT NULL,
  vendor      text NOT NULL,
  hash        bytea NOT NULL,                   -- HMAC-SHA256 of migration, vendor and id
  kind        text NOT NULL,
  key_id      text NOT NULL REFERENCES crosswalk_key (id),
  vendor_id   bigint NOT NULL REFERENCES vendor_id (number) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (migration, vendor, hash, kind, key_id)
);
CREATE UNIQUE INDEX vendor_id_hash_by_id ON vendor_id_hash (vendor_id, key_id);

-- Whose it is, and which unit of theirs it names: one of each kind.
CREATE TABLE vendor_link (
  vendor_id   bigint NOT NULL REFERENCES vendor_id (number),
  kind        text NOT NULL,                    -- of the unit
  migration   text NOT NULL,
  unit        text NOT NULL,
  because     text NOT NULL,                    -- domain/crosswalk: LinkedBecause
  linked_by   text NOT NULL,                    -- an actor's id, or system:crosswalk
  linked_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (vendor_id, kind)
);
CREATE INDEX vendor_link_by_unit ON vendor_link (migration, unit);

-- What vendors said of which nobody knew whose it is: coded fields alone. Stored as an event when somebody does; kept afterwards, so that a
-- repetition is known.
CREATE TABLE unlinked_event (
  number      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  migration   text NOT NULL REFERENCES migration (id),
  source      text NOT NULL,
  id          text NOT NULL,
  type        text,                             -- null: it only tells ids together
  time        timestamptz,                      -- null: the vendor did not say, so when it was received
  sequence    bigint NOT NULL,
  data        jsonb NOT NULL,
  stated      jsonb NOT NULL,                   -- our keys that it carried (domain/sides: UnitKeys)
  pairs       jsonb NOT NULL,
  content_hash text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  because     text NOT NULL,                    -- domain/crosswalk: UnlinkedBecause
  cause       text,                             -- of its case; null: it has none
  due_at      timestamptz,                      -- when it is to be judged again; null: when something of its ids is linked
  outcome     text CHECK (outcome IN ('stored', 'noted', 'refused')),    -- null: still held
  ended_at    timestamptz,
  UNIQUE (migration, source, id),
  CHECK ((outcome IS NULL) = (ended_at IS NULL))
);
CREATE INDEX unlinked_event_held ON unlinked_event (migration, because) WHERE outcome IS NULL;
CREATE INDEX unlinked_event_due ON unlinked_event (due_at, (coalesce(time, received_at)), sequence, number) WHERE outcome IS NULL AND due_at IS NOT NULL;
CREATE INDEX unlinked_event_by_cause ON unlinked_event (migration, cause) WHERE outcome IS NULL;

CREATE TABLE unlinked_event_id (
  event       bigint NOT NULL REFERENCES unlinked_event (number),
  vendor_id   bigint NOT NULL REFERENCES vendor_id (number),
  PRIMARY KEY (event, vendor_id)
);
CREATE INDEX unlinked_event_id_by_id ON unlinked_event_id (vendor_id);

-- Journeys of a patient: where an event of theirs that names no episode may belong, and what they went through.
CREATE INDEX journey_by_subject ON journey (migration, subject);
