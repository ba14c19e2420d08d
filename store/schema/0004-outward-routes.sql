-- Splits that something outside follows: a proxy, an edge system. The split stays the truth; here stands how far it was carried.

CREATE TABLE outward_route (
  migration     text NOT NULL,
  phase         text NOT NULL,
  cohort        text NOT NULL,
  confirmed_epoch bigint NOT NULL DEFAULT 0,     -- the last epoch that was read back as it should be; 0: none yet
  confirmed_at  timestamptz,
  differs_epoch bigint,                          -- the epoch that could not be confirmed when last looked; null: all is as it should be
  differs_since timestamptz,
  attempts      integer NOT NULL DEFAULT 0,      -- failed ones since then
  problem       text,                            -- a code: activities/traffic/outward-route
  PRIMARY KEY (migration, phase, cohort),
  FOREIGN KEY (migration, phase, cohort) REFERENCES split (migration, phase, cohort),
  CHECK ((differs_epoch IS NULL) = (differs_since IS NULL))
);

-- What could not be carried outside within its time, until it was after all or a later epoch took its place.
CREATE TABLE undelivered_route (
  migration     text NOT NULL,
  phase         text NOT NULL,
  cohort        text NOT NULL,
  epoch         bigint NOT NULL,
  share         integer NOT NULL,
  mode          text NOT NULL,
  problem       text NOT NULL,
  attempts      integer NOT NULL,
  failing_since timestamptz NOT NULL,
  given_up_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  settled_at    timestamptz,
  settled_by    text CHECK (settled_by IN ('delivered', 'overtaken')),
  PRIMARY KEY (migration, phase, cohort, epoch),
  FOREIGN KEY (migration, phase, cohort) REFERENCES split (migration, phase, cohort),
  CHECK ((settled_at IS NULL) = (settled_by IS NULL))
);
