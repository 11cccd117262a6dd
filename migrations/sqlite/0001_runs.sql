-- The history of runs. Times are microseconds since 1970-01-01 UTC; a run's id is a UUID of version 7 and sorts by time.
create table runs (
  id blob primary key check (length(id) = 16),
  project text not null,
  sync text not null,
  started_at integer not null,
  finished_at integer,
  outcome text not null check (outcome in ('running', 'done', 'partial', 'failed', 'cancelled', 'interrupted')),
  error_code text,
  error_text text,
  error_help text
) strict, without rowid;

create index runs_by_sync on runs (project, sync, id);

create table run_streams (
  run blob not null references runs on delete cascade,
  number integer not null,
  stream text not null,
  target text not null,
  rows_read integer not null,
  rows_written integer not null,
  inserted integer not null,
  updated integer not null,
  deleted integer not null,
  bytes integer not null,
  position text,
  error_code text,
  error_text text,
  error_help text,
  primary key (run, number)
) strict, without rowid;
