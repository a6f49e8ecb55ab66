-- Requests of REST APIs, by UTC day, method ('' where no method of the stage fits) and API key ('' for none). `meter`:
-- which of the account's ExecutionMeter objects counted them; their rows are added up. It has the truth and writes the
-- absolute numbers of a day from time to time; `seq` grows with every change of a row, so that a late or repeated write
-- changes nothing. Refused by a rate, by a quota and by a budget; other answers of 400 to 499; answers of 500 to 599.
CREATE TABLE method_usage (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  day TEXT NOT NULL,
  api_id TEXT NOT NULL,
  stage TEXT NOT NULL,
  method TEXT NOT NULL,
  key_id TEXT NOT NULL,
  meter INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  throttled INTEGER NOT NULL,
  over_quota INTEGER NOT NULL,
  over_budget INTEGER NOT NULL,
  other_4xx INTEGER NOT NULL,
  errors_5xx INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (account, region, day, api_id, stage, method, key_id, meter)
) WITHOUT ROWID;
