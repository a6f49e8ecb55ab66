-- Each of these is one account's, and its id alone tells whose.
CREATE UNIQUE INDEX access_keys ON resources (id) WHERE kind = 'iam.access-key';
CREATE UNIQUE INDEX user_pools ON resources (id) WHERE kind = 'cognito.pool';
CREATE UNIQUE INDEX user_pool_clients ON resources (id) WHERE kind = 'cognito.client';
CREATE UNIQUE INDEX user_pool_domains ON resources (id) WHERE kind = 'cognito.domain';

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

-- Roles and policies that are there already are published as all are from now on.
INSERT INTO publications (kind, account, region, id, wanted, published)
SELECT 'identity', account, region, substr(kind, 5) || '/' || id, CAST(unixepoch('subsec') * 1000 AS INTEGER), 0
FROM resources WHERE kind IN ('iam.role', 'iam.policy');
