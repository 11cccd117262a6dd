-- Limited connections, and how many streams may use them at once: of a sync, and of a run.
alter table version_sync add column source text;
alter table version_sync add column source_streams integer;
alter table version_sync add column destination text;
alter table version_sync add column destination_streams integer;

alter table run add column source text;
alter table run add column source_streams integer;
alter table run add column destination text;
alter table run add column destination_streams integer;

-- Which tasks use a connection: those of these runs that are leased.
create index run_limited on run (project, state) where (source is not null or destination is not null) and finished_at is null;
create index task_carried on task (run) where lease_until is not null;

-- A row to lock for whoever changes which tasks use a limited connection.
create table gate (
  project text not null,
  connection text not null,
  primary key (project, connection)
);
