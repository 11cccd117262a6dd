-- Who is there to carry tasks, as each worker says every few seconds. Nothing is decided by it.
create table worker (
  name text not null primary key,
  pools text not null,
  slots integer not null,
  since integer not null,
  seen_at integer not null
) strict, without rowid;

create index worker_seen on worker (seen_at);
