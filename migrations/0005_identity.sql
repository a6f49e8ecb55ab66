-- Each of these is one account's, and its id alone tells whose.
CREATE UNIQUE INDEX account_aliases ON resources (id) WHERE kind = 'iam.account-alias';
CREATE UNIQUE INDEX access_keys ON resources (id) WHERE kind = 'iam.access-key';
CREATE UNIQUE INDEX user_pools ON resources (id) WHERE kind = 'cognito.pool';
-- Those whose keys have to change are found without reading all.
CREATE INDEX user_pools_by_keys_due ON resources (json_extract(doc, '$.keysDue')) WHERE kind = 'cognito.pool';
CREATE UNIQUE INDEX user_pool_clients ON resources (id) WHERE kind = 'cognito.client';
CREATE UNIQUE INDEX user_pool_domains ON resources (id) WHERE kind = 'cognito.domain';
CREATE UNIQUE INDEX accounts ON resources (id) WHERE kind = 'weir.account';
CREATE UNIQUE INDEX account_keys ON resources (id) WHERE kind = 'weir.account-keys';
CREATE UNIQUE INDEX kms_keys ON resources (id) WHERE kind = 'kms.key';

-- Keys that are to be rotated or deleted, by when.
CREATE INDEX kms_keys_due ON resources (doc ->> '$.due') WHERE kind = 'kms.key';

-- Users of user pools. `username` is the key as the pool compares names: lower-case unless the pool tells cases apart.
-- What is searched for has columns; all of it is in `doc`.
CREATE TABLE pool_users (
  account TEXT NOT NULL,
  pool TEXT NOT NULL,
  username TEXT NOT NULL,
  revision INTEGER NOT NULL,
  sub TEXT NOT NULL,
  email TEXT,
  phone TEXT,
  preferred TEXT,
  status TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (pool, username)
) WITHOUT ROWID;

CREATE UNIQUE INDEX pool_users_by_sub ON pool_users (pool, sub);
CREATE INDEX pool_users_by_email ON pool_users (pool, email) WHERE email IS NOT NULL;
CREATE INDEX pool_users_by_phone ON pool_users (pool, phone) WHERE phone IS NOT NULL;

-- What else a user is found by: verified addresses and preferred names. One user's at a time.
CREATE TABLE pool_aliases (
  account TEXT NOT NULL,
  pool TEXT NOT NULL,
  alias TEXT NOT NULL,
  username TEXT NOT NULL,
  PRIMARY KEY (pool, alias)
) WITHOUT ROWID;

CREATE INDEX pool_aliases_by_user ON pool_aliases (pool, username);

CREATE TABLE pool_members (
  account TEXT NOT NULL,
  pool TEXT NOT NULL,
  group_name TEXT NOT NULL,
  username TEXT NOT NULL,
  PRIMARY KEY (pool, group_name, username)
) WITHOUT ROWID;

CREATE INDEX pool_members_by_user ON pool_members (pool, username);

-- As `expectations` does for resources: a row "inserted" here is a condition of its transaction, and is not kept.
CREATE TABLE pool_expectations (pool TEXT, username TEXT, revision INTEGER);

CREATE TRIGGER pool_expectations_hold BEFORE INSERT ON pool_expectations
BEGIN
  SELECT RAISE(ABORT, 'stale revision')
  WHERE coalesce(
    (SELECT revision FROM pool_users WHERE pool = NEW.pool AND username = NEW.username), 0) <> NEW.revision;
  SELECT RAISE(IGNORE);
END;

-- Users are found by their names, their subs and their aliases alike, so none of these may be another user's either.
CREATE TRIGGER pool_users_are_told_apart BEFORE INSERT ON pool_users
BEGIN
  SELECT RAISE(ABORT, 'no such pool')
  WHERE NOT EXISTS (SELECT 1 FROM resources WHERE kind = 'cognito.pool' AND id = NEW.pool);
  SELECT RAISE(ABORT, 'username is taken')
  WHERE EXISTS (SELECT 1 FROM pool_users WHERE pool = NEW.pool AND username = NEW.username)
    OR EXISTS (SELECT 1 FROM pool_users WHERE pool = NEW.pool AND sub = NEW.username)
    OR EXISTS (SELECT 1 FROM pool_aliases WHERE pool = NEW.pool AND alias = NEW.username);
END;

CREATE TRIGGER pool_aliases_are_told_apart BEFORE INSERT ON pool_aliases
BEGIN
  SELECT RAISE(ABORT, 'alias is taken')
  WHERE EXISTS (SELECT 1 FROM pool_aliases WHERE pool = NEW.pool AND alias = NEW.alias)
    OR EXISTS (SELECT 1 FROM pool_users
               WHERE pool = NEW.pool AND username = NEW.alias AND username <> NEW.username)
    OR EXISTS (SELECT 1 FROM pool_users WHERE pool = NEW.pool AND sub = NEW.alias AND username <> NEW.username);
END;

CREATE TRIGGER pool_members_exist BEFORE INSERT ON pool_members
BEGIN
  SELECT RAISE(ABORT, 'no such group')
  WHERE NOT EXISTS (SELECT 1 FROM resources
                    WHERE kind = 'cognito.group' AND parent = NEW.pool AND id = NEW.group_name
                      AND account = NEW.account AND region = substr(NEW.pool, 1, instr(NEW.pool, '_') - 1));
  SELECT RAISE(ABORT, 'no such user')
  WHERE NOT EXISTS (SELECT 1 FROM pool_users WHERE pool = NEW.pool AND username = NEW.username);
END;

-- One row a sign-in: what its refresh tokens belong to, and whether it was ended. Times are epoch seconds.
CREATE TABLE pool_sign_ins (
  account TEXT NOT NULL,
  pool TEXT NOT NULL,
  id TEXT NOT NULL,
  username TEXT NOT NULL,
  client TEXT NOT NULL,
  expires INTEGER NOT NULL,
  ended INTEGER NOT NULL DEFAULT 0,
  doc TEXT NOT NULL,
  PRIMARY KEY (pool, id)
) WITHOUT ROWID;

CREATE INDEX pool_sign_ins_by_user ON pool_sign_ins (pool, username);
CREATE INDEX pool_sign_ins_by_expiry ON pool_sign_ins (expires);

-- What a Weir in development would have sent to users of pools; a deployed one writes nothing here.
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account TEXT NOT NULL,
  recipient TEXT NOT NULL,
  doc TEXT NOT NULL
);

-- Roles and policies that are there already are published as all are from now on.
INSERT INTO publications (kind, account, region, id, wanted, published)
SELECT 'identity', account, region, substr(kind, 5) || '/' || id, CAST(unixepoch('subsec') * 1000 AS INTEGER), 0
FROM resources WHERE kind IN ('iam.role', 'iam.policy');
