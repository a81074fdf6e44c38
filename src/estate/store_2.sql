-- Machines, and which of our versions they use. What was known of definitions and versions is read
-- again, for it lacks what machines are matched with.
DROP TABLE versions;
DROP TABLE definitions;

ALTER TABLE subscriptions ADD COLUMN machines_trouble TEXT;
ALTER TABLE galleries ADD COLUMN sharing_trouble TEXT;

-- `image` is subscription, gallery and image definition by name, lower-cased: what every way to
-- refer to an image comes down to.
CREATE TABLE definitions (
    key      TEXT PRIMARY KEY,
    gallery  TEXT NOT NULL REFERENCES galleries (key) ON DELETE CASCADE,
    image    TEXT NOT NULL,
    trouble  TEXT,
    read_at  INTEGER,
    document TEXT NOT NULL
) STRICT;
CREATE INDEX definitions_by_gallery ON definitions (gallery);
CREATE INDEX definitions_by_image ON definitions (image);

CREATE TABLE versions (
    key        TEXT PRIMARY KEY,
    definition TEXT NOT NULL REFERENCES definitions (key) ON DELETE CASCADE,
    read_at    INTEGER NOT NULL,
    document   TEXT NOT NULL
) STRICT;
CREATE INDEX versions_by_definition ON versions (definition);

-- Where a version counts for "latest", by its number.
CREATE TABLE offered (
    image   TEXT NOT NULL,
    region  TEXT NOT NULL,
    major   INTEGER NOT NULL,
    minor   INTEGER NOT NULL,
    patch   INTEGER NOT NULL,
    version TEXT NOT NULL REFERENCES versions (key) ON DELETE CASCADE,
    PRIMARY KEY (image, region, major, minor, patch, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX offered_by_version ON offered (version);

-- `image` and the number are of the version that a machine was made from; nothing where it wasn't
-- made from a gallery, or Azure doesn't say.
CREATE TABLE machines (
    key          TEXT PRIMARY KEY,
    subscription TEXT NOT NULL REFERENCES subscriptions (id) ON DELETE CASCADE,
    region       TEXT NOT NULL,
    image        TEXT,
    major        INTEGER,
    minor        INTEGER,
    patch        INTEGER,
    read_at      INTEGER NOT NULL,
    document     TEXT NOT NULL
) STRICT;
CREATE INDEX machines_by_subscription ON machines (subscription, image, region, major, minor, patch);
CREATE INDEX machines_by_image ON machines (image, major, minor, patch);

-- Who has which role at a gallery, inherited ones included: a list of documents.
CREATE TABLE assignments (
    gallery   TEXT PRIMARY KEY REFERENCES galleries (key) ON DELETE CASCADE,
    trouble   TEXT,
    read_at   INTEGER,
    documents TEXT
) STRICT;
