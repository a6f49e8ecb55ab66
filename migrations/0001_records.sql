-- Every resource of every service: one row, one JSON document. `parent` groups what belongs together (the versions
-- of a function), `alias` is a second key to look it up by (an API key's value, hashed).
CREATE TABLE resources (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  kind TEXT NOT NULL,
  parent TEXT NOT NULL,
  id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  alias TEXT,
  doc TEXT NOT NULL,
  PRIMARY KEY (account, region, kind, parent, id)
) WITHOUT ROWID;

CREATE UNIQUE INDEX resources_by_alias ON resources (account, region, kind, alias) WHERE alias IS NOT NULL;

-- A row "inserted" here is a condition of the transaction it stands in: the named resource has this revision
-- (0: it does not exist). The trigger stores nothing; it aborts the transaction when the condition is false.
CREATE TABLE expectations (account TEXT, region TEXT, kind TEXT, parent TEXT, id TEXT, revision INTEGER);

CREATE TRIGGER expectations_hold BEFORE INSERT ON expectations
BEGIN
  SELECT RAISE(ABORT, 'stale revision')
  WHERE coalesce(
    (SELECT revision FROM resources
     WHERE account = NEW.account AND region = NEW.region AND kind = NEW.kind AND parent = NEW.parent AND id = NEW.id),
    0) <> NEW.revision;
  SELECT RAISE(IGNORE);
END;

-- What the data plane has to be told. `wanted` grows in the transaction of the change itself, `published` follows
-- when the pointer's object has the new document: what a crash leaves behind is found and published later.
CREATE TABLE publications (
  kind TEXT NOT NULL,
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  id TEXT NOT NULL,
  wanted INTEGER NOT NULL,
  published INTEGER NOT NULL,
  PRIMARY KEY (kind, account, region, id)
) WITHOUT ROWID;

CREATE INDEX publications_waiting ON publications (kind) WHERE published < wanted;
