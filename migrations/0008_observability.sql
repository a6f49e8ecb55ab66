-- Deployments, those under way and the history: what a DeploymentDriver object writes down of one whenever it changes.
-- The object has the truth until the deployment is over; `seq` grows with every such row, so that a late or repeated
-- write changes nothing. A roll-back has a row of its own, whose `doc` names the deployment that it undoes.
CREATE TABLE deployments (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  id TEXT NOT NULL,
  group_id TEXT NOT NULL,
  status TEXT NOT NULL,
  created INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (account, region, id)
) WITHOUT ROWID;

CREATE INDEX deployments_by_time ON deployments (account, region, created, id);
CREATE INDEX deployments_by_group ON deployments (account, region, group_id, created, id);
