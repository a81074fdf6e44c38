-- Jobs of several targets: for whom each is, what was asked for it alone, what reads answered, and
-- the room that waves of machines take.
ALTER TABLE jobs ADD COLUMN tenant TEXT;
ALTER TABLE jobs ADD COLUMN action TEXT NOT NULL DEFAULT 'null';
ALTER TABLE steps ADD COLUMN result TEXT;

-- Names in Azure are derived from this, so that no two journals use the same.
CREATE TABLE journal (id TEXT NOT NULL) STRICT;
INSERT INTO journal (id) VALUES (lower(hex(randomblob(16))));

CREATE TABLE admissions (
    job      INTEGER NOT NULL REFERENCES jobs (id),
    attempt  INTEGER NOT NULL,
    name     TEXT NOT NULL,
    pool     TEXT NOT NULL,
    admitted INTEGER NOT NULL,
    PRIMARY KEY (job, attempt, name)
) STRICT;
CREATE INDEX admissions_by_pool ON admissions (pool);
