-- Whether it is settled who hears of a run's end.
alter table run add column announced boolean not null default false;
create index run_unannounced on run (finished_at) where finished_at is not null and not announced;

-- Who has still to be told of a run's end, by the operator's names. Until `free_at` whoever took a row has it.
create table notice (
  run uuid not null references run on delete cascade,
  channel text not null,
  tries integer not null default 0,
  free_at timestamptz not null default '-infinity',
  primary key (run, channel)
);

create index notice_free on notice (free_at);
