-- Who proved by a cluster's token who they are is known in that cluster alone; none: in all. Of
-- the sessions so far it is not known which of the two they are: people log in again.
DELETE FROM sessions;
ALTER TABLE sessions ADD COLUMN cluster TEXT;
-- An exception holds in one cluster; '' is none that is known.
ALTER TABLE exceptions ADD COLUMN cluster TEXT NOT NULL DEFAULT '';
UPDATE exceptions SET cluster = (SELECT MIN(name) FROM clusters)
    WHERE (SELECT COUNT(*) FROM clusters) = 1;
-- '' of an action that is about no cluster.
ALTER TABLE actions ADD COLUMN cluster TEXT NOT NULL DEFAULT '';
UPDATE actions SET cluster = (SELECT MIN(name) FROM clusters)
    WHERE (SELECT COUNT(*) FROM clusters) = 1;
