-- Who is there to carry tasks, as each worker says every few seconds. Nothing is decided by it.
create table worker (
  name text primary key,
  pools text[] not null,
  slots bigint not null,
  since timestamptz not null,
  seen_at timestamptz not null
);

create index worker_seen on worker (seen_at);
