-- Whether it is settled who hears of a run's end.
alter table run add column announced integer not null default 0;
create index run_unannounced on run (finished_at) where finished_at is not null and announced = 0;

-- Who has still to be told of a run's end, by the operator's names. Until `free_at` whoever took a row has it.
create table notice (
  run blob not null references run on delete cascade,
  channel text not null,
  tries integer not null default 0,
  free_at integer not null default 0,
  primary key (run, channel)
) strict, without rowid;

create index notice_free on notice (free_at);
