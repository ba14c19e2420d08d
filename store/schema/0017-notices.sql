-- Notices by team and channel, and cases told together: an outage is one notice with a count.
ALTER TABLE notice
  ADD COLUMN team           text,               -- whom it is for; null: whoever is told of the migration
  ADD COLUMN kinds          text[],             -- of channels that the plan names for it; null: whatever reaches the team
  ADD COLUMN incident       text,               -- the same for notices about one thing
  ADD COLUMN incident_state text CHECK (incident_state IN ('open', 'acknowledged', 'resolved')),
  ADD COLUMN tries          integer NOT NULL DEFAULT 0,
  ADD COLUMN next_try_at    timestamptz;        -- from then on any worker sends what was not delivered; null: nobody does (it is of an earlier release)
-- Whoever wrote it down is about to send it.
ALTER TABLE notice ALTER COLUMN next_try_at SET DEFAULT clock_timestamp() + interval '1 minute';
CREATE INDEX notice_undelivered ON notice (next_try_at) WHERE delivered_at IS NULL AND next_try_at IS NOT NULL;
CREATE INDEX notice_of_incident ON notice (migration, incident, id) WHERE delivered_at IS NULL AND incident IS NOT NULL;

-- Which channels have taken a notice that goes to several.
CREATE TABLE notice_delivery (
  notice      bigint NOT NULL REFERENCES notice (id) ON DELETE CASCADE,
  channel     text NOT NULL,
  delivered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (notice, channel)
);

-- What one team hears of the cases of one handoff (or queue) while they last: told once, and again at a bounded rate.
CREATE TABLE exception_incident (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  migration   text NOT NULL,
  team        text NOT NULL,
  queue       text NOT NULL,
  handoff     text,                             -- null: cases of the queue that no handoff opened
  kind        text NOT NULL,                    -- as exception_mark.kind
  told_at     timestamptz NOT NULL,             -- by its last notice
  notices     integer NOT NULL DEFAULT 1,
  cases       integer NOT NULL,
  acknowledged_at timestamptz,                  -- somebody has taken every case of it that is open
  closed_at   timestamptz                       -- none of its cases is open any more
);
CREATE UNIQUE INDEX exception_incident_open ON exception_incident (migration, team, queue, coalesce(handoff, ''), kind) WHERE closed_at IS NULL;

-- Each case that a team is to hear of, and the notice that told it.
CREATE TABLE exception_telling (
  exception   bigint NOT NULL REFERENCES exception (id) ON DELETE CASCADE,
  opening     integer NOT NULL,
  step        integer NOT NULL,
  team        text NOT NULL,
  migration   text NOT NULL,
  queue       text NOT NULL,
  handoff     text,
  kind        text NOT NULL,
  urgency     text NOT NULL CHECK (urgency IN ('info', 'page')),
  tell_at     timestamptz NOT NULL,             -- when somebody of the team is there
  outcome     text CHECK (outcome IN ('told', 'moot')),   -- null: to come; moot: the case had ended, or was further on
  incident    bigint REFERENCES exception_incident (id),
  notice      bigint REFERENCES notice (id),
  PRIMARY KEY (exception, opening, step, team),
  CHECK ((outcome = 'told') = (notice IS NOT NULL))
);
CREATE INDEX exception_telling_due ON exception_telling (tell_at) WHERE outcome IS NULL;
CREATE INDEX exception_telling_of ON exception_telling (incident) WHERE incident IS NOT NULL;
