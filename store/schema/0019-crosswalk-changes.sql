-- What two people change in the crosswalk: two patients that are one, and an id that is not whose it was linked to. One asks, another one agrees.
CREATE TABLE crosswalk_change (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  migration   text NOT NULL REFERENCES migration (id),
  change      text NOT NULL CHECK (change IN ('merge', 'split')),
  subject     text NOT NULL,                    -- a merge: the patient whose key stands for the other since; a split: whose the id was linked to
  unit        text,                             -- a merge: the patient who stays; a split: whose the id is instead, null: nobody's for now
  vendor_id   bigint REFERENCES vendor_id (number),
  reason      text NOT NULL,
  preview     jsonb NOT NULL,                   -- domain/status: CrosswalkPreview, as it was when it was asked for
  asked_by    text NOT NULL,
  asked_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  state       text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'approved', 'refused')),
  decided_by  text,
  decided_at  timestamptz,
  CHECK ((change = 'split') = (vendor_id IS NOT NULL)),
  CHECK (change <> 'merge' OR unit IS NOT NULL),
  CHECK ((state = 'asked') = (decided_by IS NULL) AND (state = 'asked') = (decided_at IS NULL)),
  -- Four eyes. Who asked may take it back.
  CHECK (state <> 'approved' OR decided_by <> asked_by)
);
-- Asked for once at a time.
CREATE UNIQUE INDEX crosswalk_change_merge ON crosswalk_change (migration, subject) WHERE state = 'asked' AND change = 'merge';
CREATE UNIQUE INDEX crosswalk_change_split ON crosswalk_change (migration, vendor_id) WHERE state = 'asked' AND change = 'split';
-- Whom an id was taken from: asked whenever it is seen.
CREATE INDEX crosswalk_change_by_id ON crosswalk_change (vendor_id) WHERE vendor_id IS NOT NULL AND state = 'approved';
CREATE INDEX crosswalk_change_by_migration ON crosswalk_change (migration, id);
