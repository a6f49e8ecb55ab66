-- What calls of functions came to, by UTC day, version that ran and qualifier that was asked for ('' for none). An
-- ExecutionMeter object has the truth and writes the absolute numbers of a day from time to time; `seq` grows with
-- every change of a row, so that a late or repeated write changes nothing. `failures` are requests that ended in an
-- error of the function, `inits` those that loaded the version.
CREATE TABLE executions (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  day TEXT NOT NULL,
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  qualifier TEXT NOT NULL,
  requests INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  billed_ms INTEGER NOT NULL,
  mb_ms INTEGER NOT NULL,
  gb_seconds REAL GENERATED ALWAYS AS (mb_ms / 1024000.0) VIRTUAL,
  inits INTEGER NOT NULL,
  init_ms INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (account, region, day, name, version, qualifier)
) WITHOUT ROWID;
