-- The versions of its plan that a migration has gone by, once it took a second one; migration.plan_hash is the last of them.
CREATE TABLE plan_version (
  migration   text NOT NULL REFERENCES migration (id),
  number      integer NOT NULL CHECK (number > 0),   -- 1 is the one that it was started with
  plan_hash   text NOT NULL REFERENCES plan (hash),
  proposed_by text NOT NULL,
  approved_by text NOT NULL,
  adopted_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (migration, number)
);
