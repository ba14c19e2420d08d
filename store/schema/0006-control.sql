-- Whether control is whole, as the workers last found it. One row of all workers': to write it is the proof that Postgres takes a write.
CREATE TABLE control_check (
  only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  checked_at  timestamptz,                      -- when a worker last looked; null: none has
  whole_at    timestamptz                       -- when one last found all of it there; null: none has
);
INSERT INTO control_check DEFAULT VALUES;
