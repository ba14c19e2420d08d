-- How many cases came in and ended, by day: what the board draws without reading them. A day is one of the plan's own time, so a compressed migration has
-- many of them in one of the wall's.
CREATE TABLE exception_day (
  migration   text NOT NULL,
  day         date NOT NULL,
  queue       text NOT NULL,
  opened      bigint NOT NULL DEFAULT 0,
  reopened    bigint NOT NULL DEFAULT 0,
  resolved    bigint NOT NULL DEFAULT 0,
  accepted    bigint NOT NULL DEFAULT 0,
  merged      bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (migration, day, queue)
);

-- What is not in there yet: a row for each statement that changed something, since a row that all of them raise would make them wait for one another. A
-- worker adds them up and takes them away in one statement; a reader adds what is left.
CREATE TABLE exception_flow (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  migration   text NOT NULL,
  day         date NOT NULL,
  queue       text NOT NULL,
  opened      bigint NOT NULL DEFAULT 0,
  reopened    bigint NOT NULL DEFAULT 0,
  resolved    bigint NOT NULL DEFAULT 0,
  accepted    bigint NOT NULL DEFAULT 0,
  merged      bigint NOT NULL DEFAULT 0
);
CREATE INDEX exception_flow_of ON exception_flow (migration, day);

-- The day of the plan's time that a moment is in, in UTC.
CREATE FUNCTION planned_day(in_migration text, at timestamptz) RETURNS date LANGUAGE sql STABLE AS $$
  SELECT (coalesce((SELECT m.started_at + (at - m.started_at) * m.time_scale FROM migration m WHERE m.id = in_migration), at) AT TIME ZONE 'UTC')::date
$$;

-- A case may be written down as ended already; then it came in and ended at once.
CREATE FUNCTION note_opened_exceptions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO exception_flow (migration, day, queue, opened, resolved, accepted, merged)
  SELECT n.migration, planned_day(n.migration, n.opened_at), n.queue, count(*),
         count(*) FILTER (WHERE n.state = 'resolved'), count(*) FILTER (WHERE n.state = 'accepted'), count(*) FILTER (WHERE n.state = 'merged')
    FROM opened n GROUP BY 1, 2, 3;
  RETURN NULL;
END
$$;
CREATE TRIGGER exception_opened AFTER INSERT ON exception REFERENCING NEW TABLE AS opened
  FOR EACH STATEMENT EXECUTE FUNCTION note_opened_exceptions();

CREATE FUNCTION note_changed_exceptions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO exception_flow (migration, day, queue, reopened, resolved, accepted, merged)
  SELECT n.migration, planned_day(n.migration, coalesce(n.resolved_at, clock_timestamp())), n.queue,
         count(*) FILTER (WHERE n.state = 'open'), count(*) FILTER (WHERE n.state = 'resolved'),
         count(*) FILTER (WHERE n.state = 'accepted'), count(*) FILTER (WHERE n.state = 'merged')
    FROM changed n JOIN before b ON b.id = n.id
   WHERE (n.state = 'open') <> (b.state = 'open')
   GROUP BY 1, 2, 3;
  RETURN NULL;
END
$$;
CREATE TRIGGER exception_changed AFTER UPDATE ON exception REFERENCING OLD TABLE AS before NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION note_changed_exceptions();

-- What there was before.
INSERT INTO exception_flow (migration, day, queue, opened)
SELECT migration, planned_day(migration, opened_at), queue, count(*)
  FROM exception GROUP BY 1, 2, 3;
INSERT INTO exception_flow (migration, day, queue, reopened, resolved, accepted, merged)
SELECT a.migration, planned_day(a.migration, a.at), e.queue,
       count(*) FILTER (WHERE a.action = 'reopened'), count(*) FILTER (WHERE a.action = 'resolved'), count(*) FILTER (WHERE a.action = 'accepted'),
       count(*) FILTER (WHERE a.action = 'merged')
  FROM exception_action a JOIN exception e ON e.id = a.exception
 WHERE a.changed AND a.action IN ('reopened', 'resolved', 'accepted', 'merged') GROUP BY 1, 2, 3;

-- What is open, what came in of late and what ended of late, each with all that the board tells cases apart by.
CREATE INDEX exception_by_opening ON exception (migration, opened_at) INCLUDE (queue, side, phase, cohort);
CREATE INDEX exception_by_end ON exception (migration, resolved_at) INCLUDE (queue, side, phase, cohort, reopened) WHERE state <> 'open';
CREATE INDEX exception_reopened ON exception (migration, id) WHERE reopened > 0;
CREATE INDEX exception_on_board ON exception (migration)
  INCLUDE (queue, side, phase, cohort, opened_at, due_at, assigned_to, snoozed_until, recovered_at, unrecovered) WHERE state = 'open';
