-- Events by the month in which they were received, so that old ones can be archived and let go of a month at a time; and what is asked of all
-- events, kept beside them, so that it is known without reading them.

-- Which journeys name a unit. Of an episode it is the journey of its key, which is not written down.
CREATE TABLE journey_unit (
  migration   text NOT NULL,
  kind        text NOT NULL,
  unit        text NOT NULL,
  journey     text NOT NULL,
  PRIMARY KEY (migration, kind, unit, journey)
);

-- How many events a migration got, whatever was archived of them. In slots, so that two who store at the same time do not wait for each other.
CREATE TABLE event_tally (
  migration   text NOT NULL,
  slot        integer NOT NULL,
  stored      bigint NOT NULL,
  unlistened  bigint NOT NULL,
  PRIMARY KEY (migration, slot)
) WITH (fillfactor = 50);

-- Whoever stores an event holds its journey's row, so nobody else writes that journey's units meanwhile.
CREATE FUNCTION note_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO journey_unit (migration, kind, unit, journey)
  SELECT DISTINCT a.migration, k.key, k.value, a.journey FROM arrived a CROSS JOIN LATERAL jsonb_each_text(a.units) k
   WHERE NOT (k.key = 'episode' AND k.value = a.journey)
  ON CONFLICT DO NOTHING;
  INSERT INTO event_tally AS t (migration, slot, stored, unlistened)
  SELECT a.migration, pg_backend_pid() % 64, count(*), count(*) FILTER (WHERE a.disposition = 'unlistened') FROM arrived a GROUP BY a.migration
      ON CONFLICT (migration, slot) DO UPDATE SET stored = t.stored + EXCLUDED.stored, unlistened = t.unlistened + EXCLUDED.unlistened;
  RETURN NULL;
END $$;

-- Makes the partitions of this month and of so many after it, and gives the names of those that were missing. What came meanwhile lies in
-- event_default, and is moved.
CREATE FUNCTION make_event_partitions(ahead integer) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  begins timestamptz;
  ends timestamptz;
  name text;
BEGIN
  FOR n IN 0..ahead LOOP
    begins := (date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC') + n * interval '1 month') AT TIME ZONE 'UTC';
    ends := (date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC') + (n + 1) * interval '1 month') AT TIME ZONE 'UTC';
    name := 'event_' || to_char(begins AT TIME ZONE 'UTC', 'YYYY_MM');
    CONTINUE WHEN to_regclass(name) IS NOT NULL;
    EXECUTE format('CREATE TABLE %I (LIKE event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
    IF EXISTS (SELECT FROM event_default d WHERE d.received_at >= begins AND d.received_at < ends) THEN
      LOCK TABLE event_default IN ACCESS EXCLUSIVE MODE;
      EXECUTE format('WITH moved AS (DELETE FROM event_default WHERE received_at >= %L AND received_at < %L RETURNING *) INSERT INTO %I SELECT * FROM moved', begins, ends, name);
    END IF;
    EXECUTE format('ALTER TABLE event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, begins, ends);
    RETURN NEXT name;
  END LOOP;
END $$;

-- Most of the work is done before anybody has to wait: only what came since this began is looked at again under the lock. Whoever stores
-- holds journeys before events, so that is the order here.
CREATE FUNCTION pg_temp.name_units(since timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO journey_unit (migration, kind, unit, journey)
  SELECT DISTINCT e.migration, k.key, k.value, e.journey FROM event e CROSS JOIN LATERAL jsonb_each_text(e.units) k
   WHERE e.received_at >= since AND NOT (k.key = 'episode' AND k.value = e.journey)
  ON CONFLICT DO NOTHING
$$;
SELECT pg_temp.name_units('-infinity');
ALTER TABLE journey
  ADD COLUMN matched bigint,                    -- `events` when a matcher last looked; null: it was made by an earlier release, which marked events one by one
  ADD COLUMN received_from timestamptz;         -- no event of it was received more than a day before; null: not known
LOCK TABLE event IN ACCESS EXCLUSIVE MODE;
SELECT pg_temp.name_units(transaction_timestamp() - interval '1 minute');

ALTER TABLE event RENAME TO event_before;
ALTER INDEX event_pkey RENAME TO event_before_pkey;
ALTER INDEX event_by_journey RENAME TO event_before_by_journey;
ALTER INDEX event_by_unit RENAME TO event_before_by_unit;
ALTER INDEX event_unmatched RENAME TO event_before_unmatched;
ALTER SEQUENCE event_seq_seq RENAME TO event_before_seq;

-- No event has the number of another, since all are of one sequence; which of them is stored once is event_identity's.
CREATE TABLE event (LIKE event_before INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY RANGE (received_at);
ALTER TABLE event ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY;
COMMENT ON COLUMN event.disposition IS
  'What it does: matched (a handoff or a queue listens to its type) or unlistened. Null where a matcher has to look at it first: a queue opens a case on it.';
CREATE INDEX event_by_journey ON event (migration, journey, matched_at);
CREATE INDEX event_unmatched ON event (migration, journey) WHERE disposition IS NULL;
-- Numbers are given in the order of arrival, so that a summary of each hundred pages finds one.
CREATE INDEX event_by_seq ON event USING brin (seq) WITH (autosummarize = on);

DO $$
DECLARE
  upto timestamptz := date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
  ends timestamptz := (date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
  PERFORM setval(pg_get_serial_sequence('event', 'seq'), nextval('event_before_seq'));
  IF EXISTS (SELECT FROM event_before) THEN
    INSERT INTO event_tally (migration, slot, stored, unlistened)
    SELECT b.migration, -1, count(*), count(*) FILTER (WHERE b.disposition = 'unlistened') FROM event_before b GROUP BY b.migration;
    -- They keep their index by unit, for processes of the release before.
    upto := clock_timestamp();
    IF EXISTS (SELECT FROM event_before WHERE received_at >= upto) THEN
      RAISE EXCEPTION 'Events were received after now: the clock of this database went back. Set it, then start again.';
    END IF;
    ALTER TABLE event_before ALTER COLUMN seq DROP IDENTITY;
    EXECUTE format('ALTER TABLE event ATTACH PARTITION event_before FOR VALUES FROM (MINVALUE) TO (%L)', upto);
    ends := (date_trunc('month', upto AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
  ELSE
    DROP TABLE event_before;
  END IF;
  EXECUTE format('CREATE TABLE %I PARTITION OF event FOR VALUES FROM (%L) TO (%L)',
                 'event_' || to_char(upto AT TIME ZONE 'UTC', 'YYYY_MM'), upto, ends);
  CREATE TABLE event_default PARTITION OF event DEFAULT;
  PERFORM make_event_partitions(3);
END $$;

CREATE TRIGGER event_noted AFTER INSERT ON event REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT EXECUTE FUNCTION note_events();
