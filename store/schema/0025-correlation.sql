-- Units whose events are matched together over their journeys, for handoffs whose start and end have something else in common than the journey. One row
-- for each key that events name such a unit by; keys that are one person's are matched as one.
CREATE TABLE correlation (
  migration   text NOT NULL,
  kind        text NOT NULL,                    -- domain/sides: UnitKind
  key         text NOT NULL,
  due_at      timestamptz,                      -- when a matcher must look next; null: only when an event arrives or a key is linked
  events      bigint NOT NULL DEFAULT 0,        -- grows with each message that brings events, and with each link: what a matcher read is all there is while it stands
  PRIMARY KEY (migration, kind, key)
);
CREATE INDEX correlation_by_key ON correlation (migration, key);
CREATE INDEX correlation_due ON correlation (due_at) WHERE due_at IS NOT NULL;

COMMENT ON COLUMN handoff_occurrence.ordinal IS
  '0 for the journey''s first; where a handoff is correlated by something else than the journey, what is below zero by the number of its start: event.seq';
COMMENT ON COLUMN handoff_unmatched.journey IS
  'Where a handoff is correlated by something else than the journey: the kind and the key of the unit';

-- The key that a unit is known by which has several: whom a visitor is known to be, and the key that the others stand for.
CREATE FUNCTION correlation_root(in_migration text, in_kind text, in_key text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN in_kind = 'patient'
              THEN coalesce((SELECT o.patient FROM unit_owner o WHERE o.migration = in_migration AND o.visitor = r.unit), r.unit)
              ELSE r.unit END
    FROM (SELECT coalesce((SELECT a.unit FROM unit_alias a WHERE a.migration = in_migration AND a.alias = in_key), in_key) AS unit) r
$$;

-- Every key of the unit that is known by this one.
CREATE FUNCTION correlation_keys(in_migration text, in_kind text, in_root text) RETURNS SETOF text LANGUAGE sql STABLE AS $$
  SELECT k FROM keys_of_person(in_migration, in_root) k WHERE in_kind = 'patient'
   UNION SELECT in_root
   UNION SELECT a.alias FROM unit_alias a WHERE a.migration = in_migration AND a.unit = in_root
$$;
