-- Which keys were on which usage plans, and when (epoch milliseconds; `until` null: still). A statement of a past month
-- needs what the resources of today do not say any more, and so do the names below.
CREATE TABLE plan_memberships (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  plan_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER,
  PRIMARY KEY (account, region, plan_id, key_id, since)
) WITHOUT ROWID;

CREATE INDEX plan_memberships_of_key ON plan_memberships (account, region, key_id);

-- What keys and plans were called last; they stay when the resource is gone.
CREATE TABLE metered_names (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (account, region, kind, id)
) WITHOUT ROWID;

-- By triggers: whatever writes or removes a resource is on the record, in the same transaction. A resource that is
-- replaced may be deleted and inserted again, which closes a membership and opens it again.
CREATE TRIGGER membership_begins AFTER INSERT ON resources WHEN NEW.kind = 'apigateway.usage-plan-key'
BEGIN
  INSERT INTO plan_memberships VALUES
    (NEW.account, NEW.region, NEW.parent, NEW.id, json_extract(NEW.doc, '$.since'), NULL)
  ON CONFLICT DO UPDATE SET until = NULL;
END;

CREATE TRIGGER membership_ends AFTER DELETE ON resources WHEN OLD.kind = 'apigateway.usage-plan-key'
BEGIN
  UPDATE plan_memberships SET until = CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE account = OLD.account AND region = OLD.region AND plan_id = OLD.parent AND key_id = OLD.id AND until IS NULL;
END;

CREATE TRIGGER metered_name_is_given AFTER INSERT ON resources
WHEN NEW.kind IN ('apigateway.usage-plan', 'apigateway.api-key')
BEGIN
  INSERT INTO metered_names VALUES
    (NEW.account, NEW.region, NEW.kind, NEW.id, coalesce(json_extract(NEW.doc, '$.name'), ''))
  ON CONFLICT DO UPDATE SET name = excluded.name;
END;

CREATE TRIGGER metered_name_changes AFTER UPDATE ON resources
WHEN NEW.kind IN ('apigateway.usage-plan', 'apigateway.api-key')
  AND json_extract(NEW.doc, '$.name') IS NOT json_extract(OLD.doc, '$.name')
BEGIN
  INSERT INTO metered_names VALUES
    (NEW.account, NEW.region, NEW.kind, NEW.id, coalesce(json_extract(NEW.doc, '$.name'), ''))
  ON CONFLICT DO UPDATE SET name = excluded.name;
END;

INSERT INTO plan_memberships
SELECT account, region, parent, id, json_extract(doc, '$.since'), NULL
FROM resources WHERE kind = 'apigateway.usage-plan-key';

INSERT INTO metered_names
SELECT account, region, kind, id, coalesce(json_extract(doc, '$.name'), '')
FROM resources WHERE kind IN ('apigateway.usage-plan', 'apigateway.api-key');

-- Final statements: what a key owes for a month, as a document that nothing changes any more. `sha256` is of its text.
CREATE TABLE statements (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  month TEXT NOT NULL,
  key_id TEXT NOT NULL,
  issued_at INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (account, region, month, key_id)
) WITHOUT ROWID;

CREATE INDEX statements_of_key ON statements (account, region, key_id, month);

CREATE TRIGGER statements_are_final BEFORE UPDATE ON statements
BEGIN
  SELECT RAISE(ABORT, 'a statement is final');
END;

-- The ledger, by double entry. Amounts are billionths of the currency's unit; debits are positive. Postings are written
-- before their entry, which is taken only if they sum to zero in every currency. Nothing is changed, only added.
CREATE TABLE ledger_postings (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  entry_id TEXT NOT NULL,
  line INTEGER NOT NULL,
  ledger_account TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount INTEGER NOT NULL,
  PRIMARY KEY (account, region, entry_id, line)
) WITHOUT ROWID;

CREATE TABLE ledger_entries (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  id TEXT NOT NULL,
  posted_at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  key_id TEXT NOT NULL,
  memo TEXT NOT NULL,
  PRIMARY KEY (account, region, id)
) WITHOUT ROWID;

CREATE INDEX ledger_entries_of_key ON ledger_entries (account, region, key_id, posted_at);

CREATE TRIGGER ledger_entries_balance BEFORE INSERT ON ledger_entries
BEGIN
  SELECT RAISE(ABORT, 'an entry does not balance') WHERE EXISTS (
    SELECT 1 FROM ledger_postings
    WHERE account = NEW.account AND region = NEW.region AND entry_id = NEW.id
    GROUP BY currency HAVING sum(amount) <> 0);
END;

-- A line that is there already is refused as such: the same entry once more.
CREATE TRIGGER ledger_entries_are_closed BEFORE INSERT ON ledger_postings
WHEN EXISTS (
    SELECT 1 FROM ledger_entries
    WHERE account = NEW.account AND region = NEW.region AND id = NEW.entry_id)
  AND NOT EXISTS (
    SELECT 1 FROM ledger_postings
    WHERE account = NEW.account AND region = NEW.region AND entry_id = NEW.entry_id AND line = NEW.line)
BEGIN
  SELECT RAISE(ABORT, 'an entry is final');
END;

CREATE TRIGGER ledger_postings_are_final BEFORE UPDATE ON ledger_postings
BEGIN
  SELECT RAISE(ABORT, 'a posting is final');
END;

CREATE TRIGGER ledger_entries_are_final BEFORE UPDATE ON ledger_entries
BEGIN
  SELECT RAISE(ABORT, 'an entry is final');
END;
