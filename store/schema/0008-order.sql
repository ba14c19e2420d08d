-- In what order it is looked at what a first placement depends on: who is in limbo comes last, after every wait for a lock.

-- Writes first placements of one phase, many at once, and gives those that it wrote. Whatever of a decision does not stand any more leaves
-- its unit out: the split's epoch, its lease, a process in limbo, the journey's side in the earlier phases, the number open, the day's number,
-- or that the unit has no side yet. VOLATILE, so that each statement sees all that was committed while the one before it waited.
--
-- decided: of each unit the cohort (null: none), the side, and the epoch it was decided under (0: no split). earlier_*: of units for target (by
-- their number, from 1) the units of earlier phases, by journey and ordinal (1: the phase just before). later_phases: whether a phase comes
-- after this one, which may ask for these units.
--
-- A key that stands for another gets no row of its own: it is left out, and decided anew for the key that it stands for. Those of the earlier
-- phases are looked at under every key of theirs.
--
-- Locks, in this order for all who place: the links (shared), the cohorts' queue (see holdSplit: arrivals must not starve a rollback), unit keys, splits, earlier
-- placements, days, caps, placements; each kind in one order of its own.
CREATE OR REPLACE FUNCTION write_placements(
  in_migration text, in_phase text, units text[], cohorts text[], sides text[], epochs bigint[],
  earlier_of integer[], earlier_journeys integer[], earlier_ordinals integer[], earlier_phases text[], earlier_units text[],
  later_phases boolean, limit_ms integer
) RETURNS SETOF text LANGUAGE plpgsql VOLATILE
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  fence split[];
  f split;
  barred integer[] := '{}';
  for_target boolean := 'target' = ANY (sides);
  limbo boolean := false;
  limited boolean;
  room_cohorts text[] := '{}';
  rooms integer[] := '{}';
  room integer;
  counted integer;
  today integer;
  aliases text[] := '{}';
  owned text[];
BEGIN
  PERFORM set_config('lock_timeout', (limit_ms / 2)::text, true);
  IF current_setting('server_version_num')::int >= 170000 THEN
    PERFORM set_config('transaction_timeout', limit_ms::text, true);
  END IF;
  PERFORM hold_links(in_migration);
  IF EXISTS (SELECT FROM unit_alias a WHERE a.migration = in_migration) OR EXISTS (SELECT FROM unit_owner o WHERE o.migration = in_migration) THEN
    aliases := ARRAY(SELECT a.alias FROM unit_alias a WHERE a.migration = in_migration AND a.alias = ANY (units));
    owned := ARRAY(SELECT o.visitor FROM unit_owner o WHERE o.migration = in_migration AND o.visitor = ANY (units));
    IF cardinality(owned) > 0 AND takes_visitors(in_migration, in_phase) THEN aliases := aliases || owned; END IF;
    IF cardinality(earlier_units) > 0 THEN
      SELECT array_agg(e.of_unit), array_agg(e.journey), array_agg(e.ordinal), array_agg(e.phase), array_agg(k.unit)
        INTO earlier_of, earlier_journeys, earlier_ordinals, earlier_phases, earlier_units
        FROM unnest(earlier_of, earlier_journeys, earlier_ordinals, earlier_phases, earlier_units) AS e (of_unit, journey, ordinal, phase, unit)
       CROSS JOIN LATERAL keys_of_person(in_migration, e.unit) AS k (unit);
    END IF;
  END IF;
  PERFORM pg_advisory_xact_lock_shared(hashtextextended(concat_ws('/', in_migration, in_phase, q.cohort), 0))
     FROM (SELECT DISTINCT u.cohort FROM unnest(cohorts, epochs) AS u (cohort, epoch) WHERE u.epoch > 0 ORDER BY 1) q;
  -- I14: whoever is placed on legacy holds its key until that is committed; whoever goes to target waits for the keys it comes from.
  IF later_phases OR cardinality(earlier_units) > 0 THEN
    PERFORM hold_unit_keys(in_migration,
      earlier_units || ARRAY(SELECT u.unit FROM unnest(units, sides) AS u (unit, side) WHERE later_phases AND u.side = 'legacy'));
  END IF;
  -- I2: the epoch is compared with rows that are held from here on. Compared before, a rollback in between would leave people on a side that
  -- is going away. Postgres reads a row again that it had to wait for.
  fence := ARRAY(
    SELECT s FROM split s WHERE s.migration = in_migration AND s.phase = in_phase AND s.cohort = ANY (cohorts) ORDER BY s.cohort FOR SHARE OF s);

  IF for_target THEN
    IF cardinality(earlier_units) > 0 THEN
      barred := ARRAY(
        WITH held AS MATERIALIZED (
          SELECT e.of_unit, e.journey, e.ordinal, p.side, p.phase, p.cohort
            FROM unnest(earlier_of, earlier_journeys, earlier_ordinals, earlier_phases, earlier_units) AS e (of_unit, journey, ordinal, phase, unit)
            JOIN placement p ON p.migration = in_migration AND p.phase = e.phase AND p.unit = e.unit
           ORDER BY p.phase, p.unit FOR SHARE OF p
        )
        SELECT DISTINCT n.of_unit FROM (
          SELECT DISTINCT ON (h.of_unit, h.journey) h.of_unit, h.side = 'legacy' OR coalesce(s.lease_until <= clock_timestamp(), false) AS bars
            FROM held h LEFT JOIN split s ON s.migration = in_migration AND s.phase = h.phase AND s.cohort = h.cohort
           ORDER BY h.of_unit, h.journey, h.ordinal, bars DESC
        ) n WHERE n.bars);
    END IF;
    SELECT floor(extract(epoch FROM statement_timestamp() - m.started_at) * m.time_scale / 86400) INTO today
      FROM migration m WHERE m.id = in_migration;
    -- By cohort, so that no two groups wait for each other's. The count of a day is its own lock; a cap is counted from the placements
    -- themselves, so that no count can drift from them, and those who leave need no lock: they only make room.
    FOREACH f IN ARRAY fence LOOP
      CONTINUE WHEN f.mode <> 'open' OR (f.per_day IS NULL AND f.max_open IS NULL)
                 OR NOT EXISTS (SELECT FROM unnest(cohorts, sides) AS u (cohort, side) WHERE u.cohort = f.cohort AND u.side = 'target');
      room := NULL;
      IF f.per_day IS NOT NULL THEN
        INSERT INTO split_day (migration, phase, cohort, day, taken, allowed)
        VALUES (in_migration, in_phase, f.cohort, today, 0, f.per_day) ON CONFLICT (migration, phase, cohort, day) DO NOTHING;
        SELECT f.per_day - d.taken INTO room FROM split_day d
         WHERE d.migration = in_migration AND d.phase = in_phase AND d.cohort = f.cohort AND d.day = today FOR UPDATE;
      END IF;
      IF f.max_open IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws('/', 'open', in_migration, in_phase, f.cohort), 0));
        SELECT count(*) INTO counted FROM (
          SELECT FROM placement p
           WHERE p.migration = in_migration AND p.phase = in_phase AND p.cohort = f.cohort AND p.side = 'target' AND p.closed_at IS NULL
           LIMIT f.max_open
        ) o;
        room := least(room, f.max_open - counted);
      END IF;
      room_cohorts := room_cohorts || f.cohort;
      rooms := rooms || greatest(room, 0);
    END LOOP;
  END IF;
  limited := cardinality(rooms) > 0;
  -- I1: the last look, when nothing is waited for any more but a placement of the same unit. A process answers on its own no sooner than a placement
  -- that was decided before its lease ran out has come to its end; read before those waits, it would be as old as all of them together.
  limbo := for_target AND somebody_in_limbo();

  RETURN QUERY
  WITH decided AS (
    SELECT a.unit, a.cohort, a.side, a.epoch, a.ordinal
      FROM unnest(units, cohorts, sides, epochs) WITH ORDINALITY AS a (unit, cohort, side, epoch, ordinal)
      LEFT JOIN unnest(fence) s ON s.cohort = a.cohort
     WHERE CASE WHEN a.unit = ANY (aliases) THEN false
                WHEN a.epoch = 0 THEN a.side = 'legacy'
                WHEN s.epoch IS DISTINCT FROM a.epoch THEN false
                WHEN a.side = 'legacy' THEN true
                WHEN a.ordinal = ANY (barred) THEN false
                WHEN s.mode = 'committed' THEN true
                ELSE s.mode = 'open' AND NOT limbo AND s.lease_until > clock_timestamp() END
  ), let_in AS (
    SELECT d.unit, d.cohort, d.side, d.epoch FROM decided d WHERE NOT limited OR d.side = 'legacy'
     UNION ALL
    SELECT d.unit, d.cohort, d.side, d.epoch
      FROM (SELECT t.*, row_number() OVER (PARTITION BY t.cohort ORDER BY t.ordinal) AS place FROM decided t WHERE limited AND t.side = 'target') d
      LEFT JOIN unnest(room_cohorts, rooms) AS r (cohort, room) ON r.cohort = d.cohort
     WHERE r.room IS NULL OR d.place <= r.room
  ), placed AS (
    INSERT INTO placement (migration, phase, unit, cohort, side, epoch)
    SELECT in_migration, in_phase, l.unit, l.cohort, l.side, l.epoch FROM let_in l ORDER BY l.unit
    ON CONFLICT (migration, phase, unit) DO NOTHING
    RETURNING placement.unit, placement.cohort, placement.side
  ), counted_day AS (
    UPDATE split_day d SET taken = d.taken + n.taken, allowed = n.per_day
      FROM (SELECT p.cohort, s.per_day, count(*)::integer AS taken
              FROM placed p JOIN unnest(fence) s ON s.cohort = p.cohort
             WHERE p.side = 'target' AND s.mode = 'open' AND s.per_day IS NOT NULL
             GROUP BY p.cohort, s.per_day) n
     WHERE d.migration = in_migration AND d.phase = in_phase AND d.cohort = n.cohort AND d.day = today
  )
  SELECT placed.unit FROM placed;
END $$;
