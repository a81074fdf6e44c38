-- What is known to be gone, and since when: for a while Resource Graph still tells of it.
CREATE TABLE gone (
    key TEXT PRIMARY KEY,
    at  INTEGER NOT NULL
) STRICT;
