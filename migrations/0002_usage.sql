-- Requests that an API key made on a usage plan, by UTC day. The key's meter object has the truth and writes the
-- absolute numbers of a day from time to time; `seq` grows with every such row of a key, so that a late or repeated
-- write changes nothing. `remaining` is what the quota had left at the end of the day, null without a quota.
CREATE TABLE usage (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  plan_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  day TEXT NOT NULL,
  used INTEGER NOT NULL,
  remaining INTEGER,
  seq INTEGER NOT NULL,
  PRIMARY KEY (account, region, plan_id, key_id, day)
) WITHOUT ROWID;
