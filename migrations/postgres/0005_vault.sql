-- Secrets, sealed: the text under a data key of its own, the data key under the master key that `key_id` names.
create table vault (
  project text not null,
  name text not null,
  version integer not null,
  key_id text not null,
  sealed_key bytea not null,
  sealed bytea not null,
  set_at timestamptz not null,
  primary key (project, name)
);
