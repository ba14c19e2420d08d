-- Whoever stores events writes which units they name itself, since it knows which of them are known already. Processes of the release before do
-- not say so, and their events are noted as before.
CREATE OR REPLACE FUNCTION note_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('handoff.units_noted', true) IS DISTINCT FROM 'on' THEN
    INSERT INTO journey_unit (migration, kind, unit, journey)
    SELECT DISTINCT a.migration, k.key, k.value, a.journey FROM arrived a CROSS JOIN LATERAL jsonb_each_text(a.units) k
     WHERE NOT (k.key = 'episode' AND k.value = a.journey)
    ON CONFLICT DO NOTHING;
  END IF;
  INSERT INTO event_tally AS t (migration, slot, stored, unlistened)
  SELECT a.migration, pg_backend_pid() % 64, count(*), count(*) FILTER (WHERE a.disposition = 'unlistened') FROM arrived a GROUP BY a.migration
      ON CONFLICT (migration, slot) DO UPDATE SET stored = t.stored + EXCLUDED.stored, unlistened = t.unlistened + EXCLUDED.unlistened;
  RETURN NULL;
END $$;

-- Room on each page for the next version of its journeys: they change with each event.
ALTER TABLE journey SET (fillfactor = 60);

-- The numbers of events whose identities nobody had taken, in their order; null for each that somebody had. With `all_new` they are taken
-- without a look at what is there, which costs half, and again where one of them was not new. An error that is caught here stands in no log.
CREATE FUNCTION take_event_identities(migrations text[], sources text[], ids text[], content_hashes text[], all_new boolean)
RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
  numbering regclass := pg_get_serial_sequence('event', 'seq');
  numbers bigint[] := ARRAY(SELECT nextval(numbering) FROM generate_subscripts(ids, 1));
  taken bigint[];
BEGIN
  IF all_new THEN
    BEGIN
      INSERT INTO event_identity (migration, source, id, content_hash, seq)
      SELECT * FROM unnest(migrations, sources, ids, content_hashes, numbers);
      RETURN numbers;
    EXCEPTION WHEN unique_violation THEN
      -- Nothing of it is left.
    END;
  END IF;
  WITH inserted AS (
    INSERT INTO event_identity (migration, source, id, content_hash, seq)
    SELECT * FROM unnest(migrations, sources, ids, content_hashes, numbers)
    ON CONFLICT (migration, source, id) DO NOTHING
    RETURNING seq
  )
  SELECT array_agg(i.seq) INTO taken FROM inserted i;
  RETURN ARRAY(SELECT CASE WHEN n.seq = ANY (taken) THEN n.seq END FROM unnest(numbers) WITH ORDINALITY AS n (seq, place) ORDER BY n.place);
END $$;
