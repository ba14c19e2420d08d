-- R37: overrides of gates, each by two people. One asks, another one confirms; it is for one gate of one cohort, and ends with the epoch of the split.
CREATE TABLE gate_override (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  migration     text NOT NULL REFERENCES migration (id),
  phase         text NOT NULL,
  cohort        text NOT NULL,
  gate          text NOT NULL,
  epoch         bigint NOT NULL,                -- of the split that it is for
  attempt_epoch bigint NOT NULL,                -- the first epoch of that attempt
  plan_hash     text NOT NULL,                  -- by which the gate was judged
  verdict       text NOT NULL CHECK (verdict IN ('limitCrossed', 'insufficient', 'noData', 'sourceError')),
  message       text NOT NULL,                  -- of the verdict, as it was seen
  evidence_hash text NOT NULL,                  -- domain/gates/evidence-hash.ts, of the same
  reason        text NOT NULL,
  asked_by      text NOT NULL,
  asked_as      text[] NOT NULL,                -- roles that they held then
  asked_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  confirmed_by  text,
  confirmed_as  text[],
  confirmed_at  timestamptz,
  withdrawn_by  text,
  withdrawn_at  timestamptz,
  -- Four eyes. Who asked may take it back.
  CHECK (confirmed_by <> asked_by),
  CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL) AND (confirmed_by IS NULL) = (confirmed_as IS NULL)),
  CHECK ((withdrawn_by IS NULL) = (withdrawn_at IS NULL))
);
-- Asked for once at a time. By it the ones in force are read, at each look.
CREATE UNIQUE INDEX gate_override_standing ON gate_override (migration, phase, cohort, epoch, gate) WHERE withdrawn_at IS NULL;
CREATE INDEX gate_override_by_migration ON gate_override (migration, id);

-- What was answered to a request with an Idempotency-Key: repeated, it is answered alike and does nothing.
CREATE TABLE gate_override_request (
  migration   text NOT NULL,
  actor       text NOT NULL,
  key         text NOT NULL,                    -- sha256
  request     text NOT NULL,                    -- sha256 of what was asked
  answer      jsonb NOT NULL,                   -- domain/status: GateOverride, as it was then
  at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (migration, actor, key)
);
