#!/usr/bin/env bash
# Builds all source data deterministically (no random()): PostgreSQL tables, the MariaDB copy, the CSV files, the upsert template.
set -euo pipefail
. "$(dirname "$0")/env.sh"
mkdir -p "$(dirname "$CSV")" "$OUT"

gen_orders() { # table rows
cat <<S
drop table if exists $1;
create table $1 (
  id bigint primary key, customer_id int not null, big bigint not null, status text not null,
  amount numeric(15,2) not null, rate numeric(20,10), qty smallint, order_date date not null,
  created_at timestamptz not null, updated_at timestamptz not null, shipped_at timestamp,
  is_priority boolean not null, is_gift boolean, note text, attrs jsonb, ext_id uuid not null, score double precision);
insert into $1
select i, h & 1048575, 9007199254740993 + i, (array['new','paid','shipped','returned','cancelled'])[1 + i % 5],
  case when i % 1000 = 7 then 9999999999999.99 else ((h & 268435455)::numeric / 100)::numeric(15,2) * (case when i % 11 = 0 then -1 else 1 end) end,
  case when i % 5 = 0 then null else 1234567890.0123456789 + (h & 65535) end,
  case when i % 10 = 3 then null else (h & 16383)::smallint end,
  case when i % 100003 = 9 then date '2999-12-31' else date '2015-01-01' + (h & 2047) end,
  timestamptz '2019-01-01 00:00:00+00' + (h & 134217727) * interval '1.234567 second',
  timestamptz '2024-01-01 00:00:00+00' + (i % 31000000) * interval '1 second' + (h & 524287) * interval '1 microsecond',
  case when i % 3 = 0 then null else timestamp '2020-06-01 00:00:00' + (h & 67108863) * interval '1.5 second' end,
  i % 7 = 0, case when i % 4 = 0 then null else i % 2 = 0 end,
  case when i % 5 = 0 then null when i % 20 = 1 then ''
       when i % 101 = 2 then E'tab\there, "quoted", it''s; back\\\\slash\nsecond line' || i
       when i % 103 = 2 then '\\N' when i % 107 = 2 then 'NULL' when i % 109 = 2 then '  padded  '
       when i % 113 = 2 then 'Zürich – 東京 😀 ' || i
       else 'customer asked for delivery on day ' || (h & 1023) || ' before noon, leave at door ' || (h & 63) end,
  case when i % 10 < 3 then null else jsonb_build_object('source', (array['web','app','shop'])[1 + i % 3], 'n', h & 4095,
       'big', 12345678901234567890, 'tags', jsonb_build_array('a' || (h & 15), 'é"x'), 'ok', i % 2 = 0) end,
  (lpad(to_hex(h), 8, '0') || '-' || substr(lpad(to_hex(i), 8, '0'), 1, 4) || '-4' || substr(lpad(to_hex(i), 8, '0'), 5, 3)
     || '-8' || substr(lpad(to_hex(h), 8, '0'), 1, 3) || '-' || lpad(to_hex(h::bigint * 4093 % 281474976710655), 12, '0'))::uuid,
  case when i % 9 = 0 then null else (h::double precision) / 7.0 end
from (select i, hashint8(i) & 2147483647 as h from generate_series(1, $2) i) g;
vacuum (freeze, analyze) $1;
S
}

echo "== PostgreSQL source"
{ gen_orders orders "$ROWS"; gen_orders orders_s "$ROWS_SLOW"; gen_orders orders_tiny "$ROWS_SMALL"; } | psql -qX -v ON_ERROR_STOP=1 "$PG_SRC"
python3 - "$ROWS_WIDE" <<'P' | psql -qX -v ON_ERROR_STOP=1 "$PG_SRC"
import sys
n=sys.argv[1]; cols=['w_id bigint primary key']; ex=['i']
def add(p,k,t,e):
    for j in range(1,k+1):
        cols.append(f'{p}{j} {t}'); ex.append(f'case when (i+{j}) % 10 = 0 then null else {e.format(j=j)} end')
add('i',19,'int','(h % (1000000*{j}))::int')
add('b',8,'bigint','h * 1000003 + {j}')
add('n',8,'numeric(15,2)','((h % (100000000*{j}))::numeric/100)::numeric(15,2)')
add('t',12,'text',"'value ' || (h % (977*{j})) || ' of column {j}'")
add('ts',6,'timestamptz',"timestamptz '2020-01-01 00:00:00+00' + (h % 100000000) * interval '1.000001 second' * {j} / 7")
add('d',3,'date',"date '2020-01-01' + (h % (300*{j}))::int")
add('f',3,'double precision','h::double precision / (3.0*{j})')
assert len(cols)==60
print('drop table if exists wide; create table wide (%s);' % ', '.join(cols))
print(f"insert into wide select {', '.join(ex)} from (select i, (hashint8(i) & 2147483647)::bigint as h from generate_series(1,{n}) i) g; vacuum (freeze, analyze) wide;")
P

echo "== changed copy for the upsert (W5)"
psql -qX -v ON_ERROR_STOP=1 "$PG_SRC" <<S
drop table if exists orders_chg;
create table orders_chg (like orders including all);
insert into orders_chg select * from orders where id % ($ROWS / $ROWS_UPD) <> 0;
insert into orders_chg select id, customer_id, big, 'changed', amount + 1, rate, qty, order_date, created_at,
  timestamptz '$W5_CUTOFF' + id * interval '1 microsecond' + interval '1 second', shipped_at, is_priority, is_gift, note, attrs, ext_id, score
  from orders where id % ($ROWS / $ROWS_UPD) = 0;
insert into orders_chg select id + $ROWS, customer_id, big, status, amount, rate, qty, order_date, created_at,
  timestamptz '$W5_CUTOFF' + id * interval '1 microsecond' + interval '2 second', shipped_at, is_priority, is_gift, note, attrs, ext_id, score
  from orders where id <= $ROWS_INS;
create index on orders_chg (updated_at);
vacuum (freeze, analyze) orders_chg;
S
psql -qX -v ON_ERROR_STOP=1 "$PG_DST" -c 'drop database if exists target_upsert' -c 'drop database if exists target_upsert_base' -c 'create database target_upsert_base'
pg_dump -d "$PG_SRC" -t orders --no-owner | psql -qX -v ON_ERROR_STOP=1 "${PG_DST%/target}/target_upsert_base" >/dev/null
psql -qX "${PG_DST%/target}/target_upsert_base" -c 'vacuum (freeze, analyze) orders'

echo "== CSV"
psql -qX "$PG_SRC" -c "set timezone='UTC'" -c "\\copy orders to '$CSV' (format csv, header)"
psql -qX "$PG_SRC" -c "set timezone='UTC'" -c "\\copy orders_s to '$CSV_S' (format csv, header)"

"$(dirname "$0")/lib/mkddl.sh"

echo "== MariaDB source"
my_ddl() { echo "drop table if exists $1; create table $1 (id bigint primary key, customer_id int not null, big bigint not null, status varchar(20) not null,
  amount decimal(15,2) not null, rate decimal(20,10), qty smallint, order_date date not null, created_at timestamp(6) not null default current_timestamp(6),
  updated_at timestamp(6) not null default current_timestamp(6), shipped_at datetime(6), is_priority tinyint(1) not null, is_gift tinyint(1), note text, attrs json, ext_id char(36) not null, score double);"; }
for t in orders orders_s orders_tiny; do
  my_ddl $t | mysrc
  psql -qX "$PG_SRC" -c "set timezone='UTC'" -c "copy (select id, customer_id, big, status, amount, rate, qty, order_date, created_at at time zone 'UTC',
    updated_at at time zone 'UTC', shipped_at, is_priority::int, is_gift::int, note, attrs, ext_id, score from $t order by id) to stdout" |
  mysrc --local-infile=1 -e "set time_zone='+00:00'; load data local infile '/dev/stdin' into table $t character set utf8mb4"
  mysrc -e "analyze table $t" >/dev/null
done
my_ddl orders | mydst   # so that W6 has a schema to truncate or drop
psql -X "$PG_SRC" -c "select relname, reltuples::bigint, pg_size_pretty(pg_table_size(oid)) from pg_class where relkind='r' and relnamespace='public'::regnamespace order by 1"
mysrc -e "select table_name, table_rows, round(data_length/1048576) mb from information_schema.tables where table_schema='source'"
ls -la "$(dirname "$CSV")"
date >"$BENCH_HOME/built"
