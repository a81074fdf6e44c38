-- Documents are kept as Azure Resource Manager sent them. Keys are lower-cased resource ids. Times
-- are milliseconds since 1970 in UTC.
CREATE TABLE tenants (
    id       TEXT PRIMARY KEY,
    name     TEXT,
    route    TEXT NOT NULL,
    state    TEXT NOT NULL,
    trouble  TEXT,
    reading  INTEGER NOT NULL DEFAULT 0,
    read_at  INTEGER,
    document TEXT
) STRICT;

CREATE TABLE subscriptions (
    id        TEXT PRIMARY KEY,
    tenant    TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    route     TEXT NOT NULL,
    access    TEXT NOT NULL,
    trouble   TEXT,
    document  TEXT NOT NULL,
    locations TEXT
) STRICT;
CREATE INDEX subscriptions_by_tenant ON subscriptions (tenant);

CREATE TABLE galleries (
    key          TEXT PRIMARY KEY,
    subscription TEXT NOT NULL REFERENCES subscriptions (id) ON DELETE CASCADE,
    trouble      TEXT,
    read_at      INTEGER NOT NULL,
    document     TEXT NOT NULL
) STRICT;
CREATE INDEX galleries_by_subscription ON galleries (subscription);

CREATE TABLE definitions (
    key      TEXT PRIMARY KEY,
    gallery  TEXT NOT NULL REFERENCES galleries (key) ON DELETE CASCADE,
    trouble  TEXT,
    read_at  INTEGER,
    document TEXT NOT NULL
) STRICT;
CREATE INDEX definitions_by_gallery ON definitions (gallery);

CREATE TABLE versions (
    key        TEXT PRIMARY KEY,
    definition TEXT NOT NULL REFERENCES definitions (key) ON DELETE CASCADE,
    read_at    INTEGER NOT NULL,
    document   TEXT NOT NULL
) STRICT;
CREATE INDEX versions_by_definition ON versions (definition);
