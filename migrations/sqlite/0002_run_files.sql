-- Where the sync file of a run lay, and which of its environments held, so that the run can be taken back by its id.
alter table runs add column file text;
alter table runs add column environment text;
