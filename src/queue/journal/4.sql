-- Who asked for a job's present attempt, and from where; which note the operator gave a request, and
-- which plan it was made from, so that one that was submitted is known without its answer; and
-- whether the end of a job or group has been told to whoever is to be notified.
ALTER TABLE groups ADD COLUMN note TEXT;
ALTER TABLE groups ADD COLUMN plan TEXT;
ALTER TABLE groups ADD COLUMN told INTEGER NOT NULL DEFAULT 1;
ALTER TABLE jobs ADD COLUMN origin TEXT NOT NULL DEFAULT 'null';
ALTER TABLE jobs ADD COLUMN told INTEGER NOT NULL DEFAULT 1;
CREATE INDEX jobs_by_end ON jobs (ended);
-- Whether the request of a step may have been sent, whatever became of it.
ALTER TABLE steps ADD COLUMN sent INTEGER NOT NULL DEFAULT 0;
-- What there is to tell of is found without looking at what there isn't.
CREATE INDEX jobs_to_tell ON jobs (group_id) WHERE told = 0 AND state IN ('done', 'failed', 'cancelled', 'held');
CREATE INDEX groups_to_tell ON groups (told) WHERE told = 0;
