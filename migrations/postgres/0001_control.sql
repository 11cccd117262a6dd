-- The control plane. Times are the database's own. States and reasons are the words of `crates/control`.
create table project (
  name text primary key,
  newest integer not null
);

create table version (
  project text not null,
  number integer not null,
  text text not null,
  applied_at timestamptz not null,
  primary key (project, number)
);

-- The syncs of a version, in the file's order. `streams` is JSON.
create table version_sync (
  project text not null,
  version integer not null,
  name text not null,
  number integer not null,
  streams text not null,
  definition text,
  overlap text,
  after_sync text,
  primary key (project, version, name),
  foreign key (project, version) references version
);

create table schedule (
  project text not null,
  sync text not null,
  version integer not null,
  definition text not null,
  overlap text not null,
  next_due timestamptz,
  primary key (project, sync)
);

create index schedule_due on schedule (next_due) where next_due is not null;

-- What became of each instant of a schedule: a run, or the reason why there is none.
create table tick (
  project text not null,
  sync text not null,
  nominal_at timestamptz not null,
  run uuid,
  skipped text,
  primary key (project, sync, nominal_at),
  check ((run is null) <> (skipped is null))
);

create index tick_old on tick (nominal_at);

-- A row to lock for whoever changes which runs of a sync there are, and which of them is at work.
create table lane (
  project text not null,
  sync text not null,
  primary key (project, sync)
);

create table run (
  id uuid primary key,
  project text not null,
  version integer not null,
  sync text not null,
  trigger text not null,
  trigger_at timestamptz,
  trigger_run uuid,
  key text,
  state text not null,
  submitted_at timestamptz not null,
  finished_at timestamptz,
  followed boolean not null default false
);

create unique index run_key on run (project, key) where key is not null;
-- One run of a sync is at work.
create unique index run_at_work on run (project, sync) where finished_at is null and state <> 'held';
create index run_going on run (project, sync, submitted_at, id) where finished_at is null;
create index run_unfollowed on run (finished_at) where state = 'done' and not followed;
create index run_old on run (finished_at) where finished_at is not null;
-- Lists, by what they are limited to.
create index run_list on run (submitted_at, id);
create index run_list_state on run (state, submitted_at, id);
create index run_list_project on run (project, submitted_at, id);
create index run_list_project_state on run (project, state, submitted_at, id);
create index run_list_sync on run (project, sync, submitted_at, id);
create index run_list_sync_state on run (project, sync, state, submitted_at, id);

create table task (
  run uuid not null references run on delete cascade,
  number integer not null,
  stream text not null,
  pool text not null,
  state text not null,
  epoch bigint not null default 0,
  worker text,
  lease_until timestamptz,
  fruitless integer not null default 0,
  lost integer not null default 0,
  next_try_at timestamptz,
  hinted_at timestamptz not null,
  rows_read bigint not null default 0,
  rows_written bigint not null default 0,
  bytes_read bigint not null default 0,
  rows_committed bigint not null default 0,
  cpu_micros bigint not null default 0,
  peak_bytes bigint not null default 0,
  error_code text,
  error_text text,
  error_help text,
  finished_at timestamptz,
  primary key (run, number)
);

create index task_leased on task (lease_until) where lease_until is not null;
create index task_queued on task (hinted_at) where state = 'queued';
create index task_waiting on task (next_try_at) where state = 'waiting';

-- Hints that the queue has not confirmed. Until `free_at` whoever took a row has it.
create table outbox (
  id bigint generated always as identity primary key,
  run uuid not null,
  number integer not null,
  pool text not null,
  free_at timestamptz not null default '-infinity',
  foreign key (run, number) references task on delete cascade
);

create index outbox_free on outbox (free_at, id);
create index outbox_task on outbox (run, number);
