-- What a real database has besides plain tables.

create table tickets (
  id bigint generated always as identity primary key,
  title text not null,
  opened_at timestamptz not null,
  title_length integer generated always as (length(title)) stored);
insert into tickets (title, opened_at)
  select 'ticket ' || i, timestamptz '2024-01-01 00:00:00Z' + i * interval '1 hour' from generate_series(1, 50) i;

create view open_orders as
  select o_orderkey, o_custkey, o_totalprice from orders where o_orderstatus = 'O';

-- `measured_at` is part of the key because the partitions are cut along it.
create table readings (
  sensor integer not null, measured_at timestamptz not null, value numeric(8,3), primary key (sensor, measured_at)
) partition by range (measured_at);
create table readings_2023 partition of readings for values from ('2023-01-01Z') to ('2024-01-01Z');
create table readings_2024 partition of readings for values from ('2024-01-01Z') to ('2025-01-01Z');
create table readings_rest partition of readings default;
insert into readings
  select i % 7, timestamptz '2023-01-01 00:00:00Z' + i * interval '9 days', case when i % 10 > 0 then i / 8.0 end
  from generate_series(0, 119) i;

create table authors (id integer primary key, name text not null);
create table books (
  id integer primary key, author_id integer not null references authors on delete cascade on update cascade,
  title text not null);
insert into authors select i, 'author ' || i from generate_series(1, 10) i;
insert into books select i, 1 + i % 10, 'book ' || i from generate_series(1, 40) i;
