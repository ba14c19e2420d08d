-- The file before made what takes its place. One lock a file.
DROP INDEX event_by_type;
