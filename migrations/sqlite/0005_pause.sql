-- Syncs that an operator has paused. Pushes leave a row alone, whether or not the sync is there.
create table pause (
  project text not null,
  sync text not null,
  since integer not null,
  primary key (project, sync)
) strict, without rowid;
