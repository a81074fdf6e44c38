-- How often what a list of image definitions shows has changed: the definitions themselves, and how
-- many versions they have. A version that is read again changes nothing of that.
CREATE TABLE revisions (
    definitions INTEGER NOT NULL
) STRICT;
INSERT INTO revisions VALUES (0);

CREATE TRIGGER definition_comes AFTER INSERT ON definitions BEGIN
    UPDATE revisions SET definitions = definitions + 1;
END;
CREATE TRIGGER definition_goes AFTER DELETE ON definitions BEGIN
    UPDATE revisions SET definitions = definitions + 1;
END;
CREATE TRIGGER definition_changes AFTER UPDATE ON definitions
WHEN old.document IS NOT new.document OR old.trouble IS NOT new.trouble
    OR (old.read_at IS NULL) <> (new.read_at IS NULL)
BEGIN
    UPDATE revisions SET definitions = definitions + 1;
END;
CREATE TRIGGER version_comes AFTER INSERT ON versions BEGIN
    UPDATE revisions SET definitions = definitions + 1;
END;
CREATE TRIGGER version_goes AFTER DELETE ON versions BEGIN
    UPDATE revisions SET definitions = definitions + 1;
END;
