-- About how many rows a task has to read, where its source can tell.
alter table task add column rows_expected integer;
