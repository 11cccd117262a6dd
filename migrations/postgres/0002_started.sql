-- When the newest attempt of a task was claimed.
alter table task add column started_at timestamptz;
