-- What caused a run: a W3C traceparent.
alter table run add column trace text;

-- What an operator reads of a run later. Lines are numbered from 1 on, and are bounded.
create table run_log (
  run uuid not null references run on delete cascade,
  number integer not null,
  at timestamptz not null,
  level text not null,
  stream text,
  text text not null,
  code text,
  help text,
  primary key (run, number)
);

-- When each stream of a newest version landed last.
create table landed (
  project text not null,
  sync text not null,
  stream text not null,
  at timestamptz not null,
  primary key (project, sync, stream)
);

create index landed_at on landed (at);
-- Tasks that are not over, to be counted.
create index task_open on task (pool, state) where finished_at is null;
