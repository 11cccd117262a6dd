#!/usr/bin/env bash
# Private PostgreSQL and MariaDB on loopback:  servers.sh start | stop | status
# Durable: fsync, synchronous_commit and full_page_writes are on, innodb_flush_log_at_trx_commit=1 with the doublewrite buffer.
set -euo pipefail
. "$(dirname "$0")/env.sh"
pg() { setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/tmp PATH="$PGBIN:$PATH" "$@"; }

start_pg() {
  if [ ! -s "$PG_DATA/PG_VERSION" ]; then
    mkdir -p "$PG_DATA"; chown postgres:postgres "$PG_DATA"; chmod 700 "$PG_DATA"
    echo bench > "$PG_DATA.pw"; chmod 644 "$PG_DATA.pw"
    pg initdb -D "$PG_DATA" -U postgres --encoding=UTF8 --locale=C.UTF-8 --auth-local=trust --auth-host=scram-sha-256 \
       --pwfile="$PG_DATA.pw" >/dev/null; rm -f "$PG_DATA.pw"
    cat >> "$PG_DATA/postgresql.conf" <<C
listen_addresses = '127.0.0.1'
port = $PGPORT
unix_socket_directories = '$PG_DATA'
shared_buffers = $PG_BUFFERS
maintenance_work_mem = 512MB
work_mem = 64MB
max_wal_size = 8GB
min_wal_size = 2GB
checkpoint_timeout = 15min
wal_compression = off
timezone = 'UTC'
autovacuum = off          # bench hygiene only: data.sh vacuums what it builds
C
  fi
  pg pg_ctl -D "$PG_DATA" -l "$PG_DATA/log" -w start >/dev/null
  PGPASSWORD=bench psql -qX -U postgres -d postgres -v ON_ERROR_STOP=1 <<'S'
select 'create role bench superuser login password ''bench''' where not exists (select from pg_roles where rolname='bench') \gexec
select 'create database source owner bench' where not exists (select from pg_database where datname='source') \gexec
select 'create database target owner bench' where not exists (select from pg_database where datname='target') \gexec
-- a session time zone other than UTC on the source shows every tool that shifts instants
alter database source set timezone = 'America/New_York';
S
}
start_my() {
  if [ ! -d "$MY_DATA/mysql" ]; then
    mkdir -p "$MY_DATA"; chown mysql:mysql "$MY_DATA"
    mariadb-install-db --no-defaults --user=mysql --datadir="$MY_DATA" --skip-test-db >/dev/null
  fi
  setsid setpriv --reuid=mysql --regid=mysql --init-groups mariadbd --no-defaults --datadir="$MY_DATA" --bind-address=127.0.0.1 \
    --port="$MYPORT" --socket="$MY_DATA/s.sock" --pid-file="$MY_DATA/pid" \
    --innodb-buffer-pool-size=2G --innodb-log-file-size=2G --innodb-flush-log-at-trx-commit=1 --local-infile=1 \
    --character-set-server=utf8mb4 --collation-server=utf8mb4_bin --default-time-zone=+00:00 --secure-file-priv= \
    --max-allowed-packet=256M --skip-name-resolve >"$MY_DATA.log" 2>&1 </dev/null &
  for _ in $(seq 60); do mariadb-admin --socket="$MY_DATA/s.sock" -uroot ping >/dev/null 2>&1 && break; sleep 0.5; done
  mariadb --socket="$MY_DATA/s.sock" -uroot -e "create database if not exists source; create database if not exists target;
    create user if not exists bench@'127.0.0.1' identified by 'bench'; grant all on *.* to bench@'127.0.0.1'"
  (umask 077; printf '[client]\nhost=127.0.0.1\nport=%s\nuser=bench\npassword=bench\ndefault-character-set=utf8mb4\n' "$MYPORT" > "$MYCNF")
}
case "${1:-}" in
  start) start_pg; start_my; "$0" status;;
  stop) pg pg_ctl -D "$PG_DATA" -m fast -w stop || true
        [ -s "$MY_DATA/pid" ] && kill "$(cat "$MY_DATA/pid")" || true;;
  status) psql -XtA "$PG_SRC" -c 'select version()'; mysrc -N -e 'select version()';;
  *) echo "usage: $0 start | stop | status"; exit 2;;
esac
