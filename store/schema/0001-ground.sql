-- Facts of every migration. Every row carries its migration. The database's clock is the only clock for fences and leases.
-- Changes to this schema expand first and contract later: a new file adds, a later release removes what nothing reads any more.

CREATE TABLE plan (
  hash        text PRIMARY KEY,                 -- sha256 over canonical JSON after defaults
  document    jsonb NOT NULL,                   -- the plan after defaults (domain/plan: Plan)
  source      text NOT NULL,                    -- as written
  stored_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE migration (
  id          text PRIMARY KEY,
  plan_hash   text NOT NULL REFERENCES plan (hash),
  salt        text NOT NULL,                    -- immutable, shared by the phases: who moves first, moves first everywhere
  time_scale  double precision NOT NULL CHECK (time_scale >= 1),
  state       text NOT NULL CHECK (state IN ('live', 'ended')),
  started_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  started_by  text NOT NULL,
  progress    jsonb,                            -- domain/migration: MigrationRun; null until its workflow has begun
  held        jsonb,                            -- store/migration-holds: who, when, why; while it is there no split of the migration rises
  holds       integer NOT NULL DEFAULT 0,       -- number of the latest hold that was set here first, before its workflow was told
  ended_at    timestamptz
);

-- Where each (phase, cohort) stands: written by the workflow's activities, read by everyone.
CREATE TABLE cohort_run (
  migration   text NOT NULL REFERENCES migration (id),
  phase       text NOT NULL,
  cohort      text NOT NULL,
  revision    bigint NOT NULL,                  -- grows with each transition; an older one never overwrites a newer one
  run         jsonb NOT NULL,                   -- domain/phase: CohortRun
  changed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (migration, phase, cohort)
);

-- Raised with every change of any split.
CREATE TABLE split_version (
  only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  version     bigint NOT NULL
);
INSERT INTO split_version (version) VALUES (0);

CREATE TABLE split (
  migration   text NOT NULL REFERENCES migration (id),
  phase       text NOT NULL,
  cohort      text NOT NULL,
  share       integer NOT NULL CHECK (share BETWEEN 0 AND 100000),
  per_day     integer CHECK (per_day > 0),      -- with it, share is the bucket ceiling and this the number a day
  max_open    integer CHECK (max_open > 0),     -- units of the cohort that may be open on target at once; null: no such limit
  epoch       bigint NOT NULL CHECK (epoch > 0),
  mode        text NOT NULL CHECK (mode IN ('open', 'returning', 'committed')),
  lease_ms    integer NOT NULL CHECK (lease_ms > 0),
  lease_until timestamptz,                      -- null: no lease (share 0, or committed)
  attempt_epoch bigint NOT NULL,                -- the first epoch of the attempt under way: evidence accumulates from here
  changed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (migration, phase, cohort),
  -- Without a lease nobody new goes to target, unless the phase is committed.
  CHECK (share = 0 OR mode = 'committed' OR lease_until IS NOT NULL)
);

CREATE TABLE split_change (
  migration   text NOT NULL,
  phase       text NOT NULL,
  cohort      text NOT NULL,
  epoch       bigint NOT NULL,
  share       integer NOT NULL,
  per_day     integer,
  max_open    integer,
  mode        text NOT NULL,
  cause       text NOT NULL,                    -- created, raised, lowered, rollback, lapsed, restored, committed, rehearsed, stopped
  changed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  lease_ended_at timestamptz,                   -- when the lease of the epoch before had run out; null: it had not
  PRIMARY KEY (migration, phase, cohort, epoch)
);
CREATE INDEX split_change_by_time ON split_change (migration, phase, cohort, changed_at);

-- Units taken by target on one day of the plan, for ramps by number a day.
CREATE TABLE split_day (
  migration   text NOT NULL,
  phase       text NOT NULL,
  cohort      text NOT NULL,
  day         integer NOT NULL,                 -- days of plan time since the migration started
  taken       integer NOT NULL,
  allowed     integer NOT NULL,                 -- the split's number a day when a unit was last taken
  PRIMARY KEY (migration, phase, cohort, day),
  -- The last word on a full day: it undoes the placement that would have been one too many.
  CONSTRAINT split_day_full CHECK (taken <= allowed)
);

CREATE TABLE placement (
  migration   text NOT NULL,
  phase       text NOT NULL,
  unit        text NOT NULL,
  cohort      text,                             -- null: in no declared cohort, so on legacy
  side        text NOT NULL CHECK (side IN ('legacy', 'target')),
  epoch       bigint NOT NULL,
  placed_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  moved_from  text CHECK (moved_from IN ('legacy', 'target')),
  moved_at    timestamptz,
  moved_because text,                           -- bringBack (transfers come with waves)
  closed_at   timestamptz,
  PRIMARY KEY (migration, phase, unit)
);
CREATE INDEX placement_open_on_target ON placement (migration, phase, cohort) WHERE side = 'target' AND closed_at IS NULL;

-- The last word on an arrival that was decided for target: asked by the statement that writes it down, which holds the split's row by then.
-- VOLATILE, so that each query below sees all that was committed before it: also what was committed while this waited.
--
-- I14: the nearest of the phases before (the lowest ordinal) in which a journey has a placement must have it on target, attended to; of each
-- journey, where several may be meant. Whoever is being placed on legacy there holds the lock of that key (hold_unit_keys), and whoever is being
-- brought back holds the row: both are waited for here, and whatever comes after finds this placement made. Rows are taken by phase and unit,
-- as by all who take several.
--
-- max_open: a cohort's capped placements are made one after another, and counted from the placements themselves, so that no
-- count can drift from them. Those who leave (closed, brought back) need no lock: they only make room.
CREATE FUNCTION target_may_take(
  in_migration text, in_phase text, in_cohort text, cap integer, journeys integer[], ordinals integer[], phases text[], units text[]
) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  ahead boolean;
  open_now integer;
BEGIN
  IF cardinality(units) > 0 THEN
    PERFORM hold_unit_keys(in_migration, units);
    WITH held AS MATERIALIZED (
      SELECT e.journey, e.ordinal, p.side, p.phase, p.cohort
        FROM unnest(journeys, ordinals, phases, units) AS e (journey, ordinal, phase, unit)
        JOIN placement p ON p.migration = in_migration AND p.phase = e.phase AND p.unit = e.unit
       ORDER BY p.phase, p.unit FOR SHARE OF p
    )
    SELECT bool_or(n.bars) INTO ahead FROM (
      SELECT DISTINCT ON (h.journey) h.side = 'legacy' OR coalesce(s.lease_until <= clock_timestamp(), false) AS bars
        FROM held h LEFT JOIN split s ON s.migration = in_migration AND s.phase = h.phase AND s.cohort = h.cohort
       ORDER BY h.journey, h.ordinal, bars DESC
    ) n;
    IF ahead THEN RETURN false; END IF;
  END IF;
  IF cap IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws('/', 'open', in_migration, in_phase, in_cohort), 0));
    SELECT count(*) INTO open_now FROM (
      SELECT FROM placement p
       WHERE p.migration = in_migration AND p.phase = in_phase AND p.cohort = in_cohort AND p.side = 'target' AND p.closed_at IS NULL
       LIMIT cap
    ) o;
    RETURN open_now < cap;
  END IF;
  RETURN true;
END $$;

-- Takes the locks of units' keys until the transaction ends, in one order whoever takes them, so that no two wait for each other.
CREATE FUNCTION hold_unit_keys(in_migration text, units text[]) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  key bigint;
BEGIN
  FOR key IN SELECT DISTINCT hashtextextended(concat_ws('/', 'unit', in_migration, u), 0) AS k FROM unnest(units) u ORDER BY k LOOP
    PERFORM pg_advisory_xact_lock(key);
  END LOOP;
END $$;

-- Exactly-once rests here, so that event rows can be partitioned by time.
CREATE TABLE event_identity (
  migration   text NOT NULL,
  source      text NOT NULL,
  id          text NOT NULL,
  content_hash text NOT NULL,
  seq         bigint NOT NULL,
  PRIMARY KEY (migration, source, id)
);

CREATE TABLE event (
  seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  migration   text NOT NULL,
  source      text NOT NULL,
  id          text NOT NULL,
  type        text NOT NULL,
  journey     text NOT NULL,
  subject     text NOT NULL,                    -- the patient's key
  units       jsonb NOT NULL,                   -- domain/sides: UnitKeys
  time        timestamptz NOT NULL,             -- when it happened
  sequence    bigint NOT NULL,                  -- breaks ties of time; 0 where the producer sent none
  matched_at  timestamptz NOT NULL,             -- greatest(time, received_at - lateness): what handoffs are matched by
  data        jsonb NOT NULL,
  received_at timestamptz NOT NULL,
  disposition text                              -- null until matched; then what it did: matched (a handoff or a queue listens to its type) or unlistened
);
CREATE INDEX event_by_journey ON event (migration, journey, matched_at);
-- What a unit of any kind went through: how far those on target got, when they are brought back.
-- Without a pending list: each look-up would have to read all of it.
CREATE INDEX event_by_unit ON event USING gin (units jsonb_path_ops) WITH (fastupdate = off);
CREATE INDEX event_unmatched ON event (migration, journey) WHERE disposition IS NULL;

CREATE TABLE journey (
  migration   text NOT NULL,
  id          text NOT NULL,
  subject     text NOT NULL,
  first_at    timestamptz NOT NULL,
  last_at     timestamptz NOT NULL,
  due_at      timestamptz,                      -- when a matcher must look next; null: only when an event arrives
  events      bigint NOT NULL DEFAULT 0,        -- grows with each message that brings events: what a matcher read is all there is while it stands
  PRIMARY KEY (migration, id)
);
CREATE INDEX journey_due ON journey (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE handoff_occurrence (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  migration   text NOT NULL,
  handoff     text NOT NULL,
  journey     text NOT NULL,
  ordinal     integer NOT NULL,                 -- 0 for the journey's first
  subject     text NOT NULL,
  phase       text NOT NULL,
  cohort      text,
  from_side   text CHECK (from_side IN ('legacy', 'target')),  -- null: the unit had no placement when it started
  to_side     text NOT NULL CHECK (to_side IN ('legacy', 'target')),  -- which must end it: of its endPhase, at its end or deadline
  epoch       bigint,                           -- of the split when it started
  started_at  timestamptz NOT NULL,
  deadline_at timestamptz NOT NULL,
  outcome     text CHECK (outcome IN ('kept', 'missed', 'released')),   -- null: open
  ended_at    timestamptz,                      -- missed: its deadline
  final       boolean NOT NULL DEFAULT false,   -- no event can change it any more: its lateness is over
  finalized_at timestamptz,
  recovered_at timestamptz,                     -- the end came after it was missed
  repeated    integer NOT NULL DEFAULT 0,
  UNIQUE (migration, handoff, journey, ordinal)
);
CREATE INDEX handoff_outcomes ON handoff_occurrence (migration, phase, cohort, handoff, epoch) WHERE final;
-- Whether a handoff ever started on target: 'too few' and 'none at all' are different verdicts.
CREATE INDEX handoff_open_on_target ON handoff_occurrence (migration, phase, cohort, handoff, epoch) WHERE from_side = 'target' AND NOT final;
-- The journeys of somebody who is brought back that something still runs in.
CREATE INDEX handoff_open_by_journey ON handoff_occurrence (migration, journey) WHERE outcome IS NULL;

-- Ends that closed nothing, by journey: so that every event is accounted for.
CREATE TABLE handoff_unmatched (
  migration   text NOT NULL,
  handoff     text NOT NULL,
  journey     text NOT NULL,
  count       integer NOT NULL,
  PRIMARY KEY (migration, handoff, journey)
);

CREATE TABLE exception (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  migration   text NOT NULL,
  cause       text NOT NULL,                    -- handoff:<occurrence id>, bringBack:<phase>:<unit>:<epoch>:<journey>, event:<source>:<id>
  queue       text NOT NULL,
  handoff     text,
  phase       text,
  cohort      text,
  side        text,                             -- of a missed handoff: the one it started on
  to_side     text,                             -- of a missed handoff: the one that should have ended it
  journey     text NOT NULL,
  subject     text NOT NULL,
  owner       text NOT NULL,
  opened_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  due_at      timestamptz NOT NULL,             -- its SLA, which a reopening starts anew
  recovered_at timestamptz,
  assigned_to text,                             -- an actor's id
  reopened    integer NOT NULL DEFAULT 0,
  state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'resolved')),
  resolved_at timestamptz,
  resolved_by text,
  evidence    jsonb,                            -- of a resolved one: [{ step, reference }], one for each step of its queue's path
  UNIQUE (migration, cause),
  -- I8: resolved means by whom, when, and how.
  CHECK ((state = 'resolved') = (resolved_at IS NOT NULL AND resolved_by IS NOT NULL AND evidence IS NOT NULL))
);
CREATE INDEX exception_open ON exception (migration, queue, due_at) WHERE state = 'open';

-- What people did with exceptions, in order. A request repeated with its key finds its answer here.
CREATE TABLE exception_action (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  migration   text NOT NULL,
  exception   bigint NOT NULL REFERENCES exception (id),
  action      text NOT NULL CHECK (action IN ('assigned', 'resolved', 'reopened')),
  actor       text NOT NULL,
  at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  details     jsonb NOT NULL,                   -- { to }, { evidence } or { reason }
  idempotency_key text,
  answer      jsonb NOT NULL,                   -- the exception as it was then
  changed     boolean NOT NULL DEFAULT true,    -- false: the case was so already; kept for its key alone, so that a late repetition does nothing
  UNIQUE (migration, actor, idempotency_key),
  CHECK (changed OR idempotency_key IS NOT NULL)
);
CREATE INDEX exception_action_by_exception ON exception_action (exception, id);
CREATE INDEX exception_action_by_time ON exception_action (migration, at);

-- The evidence behind a verdict, written with the watch's cursor in one transaction.
CREATE TABLE gate_evidence (
  migration   text NOT NULL,
  phase       text NOT NULL,
  cohort      text NOT NULL,
  gate        text NOT NULL,
  epoch       bigint NOT NULL,
  verdict     text NOT NULL,
  evidence    jsonb NOT NULL,
  since       timestamptz NOT NULL,             -- since when this verdict stands without a break
  evaluated_at timestamptz NOT NULL,
  PRIMARY KEY (migration, phase, cohort, gate, epoch)
);

-- How long a step has been looked at: survives the worker that looked. Time without control does not count.
CREATE TABLE watch (
  migration   text NOT NULL,
  phase       text NOT NULL,
  cohort      text NOT NULL,
  attempt     integer NOT NULL,
  step        integer NOT NULL,                 -- the ramp's length: the soak
  watched_ms  bigint NOT NULL DEFAULT 0,
  last_seen_at timestamptz NOT NULL,
  PRIMARY KEY (migration, phase, cohort, attempt, step)
);

CREATE TABLE audit (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  migration   text NOT NULL,
  phase       text,
  cohort      text,
  at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor       text NOT NULL,                    -- an actor's id, or system:<part>
  verified    boolean NOT NULL,
  action      text NOT NULL,                    -- what happened, a code
  reason      text,
  plan_hash   text,
  evidence    jsonb,
  once_key    text,                             -- a repeated activity writes its row once
  UNIQUE (migration, once_key)
);
CREATE INDEX audit_by_migration ON audit (migration, id);

-- What people were told, and whether it arrived: kept whatever the notifier.
CREATE TABLE notice (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  migration   text NOT NULL,
  phase       text,
  cohort      text,
  once_key    text NOT NULL,
  kind        text NOT NULL,
  urgency     text NOT NULL CHECK (urgency IN ('info', 'page')),
  message     text NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  delivered_at timestamptz,
  UNIQUE (migration, once_key)
);

-- What a rollback did, action by action: the preview's list is this list (I12).
CREATE TABLE rollback_action (
  migration   text NOT NULL,
  phase       text NOT NULL,
  cohort      text NOT NULL,
  rollback    text NOT NULL,                    -- one rollback: <workflow id>/<revision>
  ordinal     integer NOT NULL,
  action      jsonb NOT NULL,
  outcome     jsonb,
  done_at     timestamptz,
  PRIMARY KEY (migration, phase, cohort, rollback, ordinal)
);
