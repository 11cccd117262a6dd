-- Schedules that a push changed or took out while they had ticks due. What of theirs came up to `until`, when it was applied, is
-- recorded by their own version; then they go.
create table owed (
  project text not null,
  sync text not null,
  version integer not null,
  definition text not null,
  overlap text not null,
  next_due integer not null,
  until integer not null,
  primary key (project, sync, version)
) strict, without rowid;

create index owed_due on owed (next_due);
