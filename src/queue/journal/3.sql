-- On which terms jobs may begin, in which order, and what is paused.
ALTER TABLE groups ADD COLUMN terms TEXT NOT NULL DEFAULT '{}';
ALTER TABLE jobs ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
-- Where a job stands among those of its priority; it comes after its number until it is moved.
ALTER TABLE jobs ADD COLUMN place REAL;

CREATE TABLE pauses (what TEXT PRIMARY KEY, since INTEGER NOT NULL) STRICT;
