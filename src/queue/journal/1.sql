-- Times are milliseconds since 1970 in UTC. Values that only the program reads are JSON.
CREATE TABLE groups (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    created INTEGER NOT NULL,
    title   TEXT NOT NULL,
    action  TEXT NOT NULL
) STRICT;

CREATE TABLE jobs (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    group_id     INTEGER NOT NULL REFERENCES groups (id),
    title        TEXT NOT NULL,
    target       TEXT NOT NULL,
    state        TEXT NOT NULL,
    reason       TEXT,
    attempt      INTEGER NOT NULL DEFAULT 1,
    progress     TEXT NOT NULL DEFAULT '{"percent":0,"parts":[]}',
    failure      TEXT,
    cancel       INTEGER NOT NULL DEFAULT 0,
    lock         TEXT NOT NULL,
    access       TEXT NOT NULL,
    cloud        TEXT NOT NULL,
    task_version INTEGER NOT NULL,
    task         TEXT NOT NULL,
    created      INTEGER NOT NULL,
    started      INTEGER,
    ended        INTEGER
) STRICT;
CREATE INDEX jobs_by_state ON jobs (state);
CREATE INDEX jobs_by_group ON jobs (group_id);

CREATE TABLE steps (
    job      INTEGER NOT NULL REFERENCES jobs (id),
    attempt  INTEGER NOT NULL,
    name     TEXT NOT NULL,
    state    TEXT NOT NULL,
    accepted TEXT,
    failure  TEXT,
    at       INTEGER NOT NULL,
    PRIMARY KEY (job, attempt, name)
) STRICT;

CREATE TABLE log (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    at    INTEGER NOT NULL,
    job   INTEGER REFERENCES jobs (id),
    level INTEGER NOT NULL,
    text  TEXT NOT NULL
) STRICT;
CREATE INDEX log_by_job ON log (job, id);
