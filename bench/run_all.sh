#!/usr/bin/env bash
# One command on a fresh machine: install, start, build the data, run everything, print the tables.
#   ROWS=500000 ROWS_SLOW=50000 ./run_all.sh            smaller
#   ./run_all.sh -p limit,sling,syncapp -n 5            further options go to `bench.py run`
#   ./run_all.sh pg -n 5                                only PostgreSQL and files, only the limit and syncapp (from PATH): minutes, not hours
set -euo pipefail
cd "$(dirname "$0")"; . ./env.sh
if [ "${1:-}" = pg ]; then
  shift; ./install.sh pg
  psql -qXc 'select 1' "$PG_SRC" >/dev/null 2>&1 || ./servers.sh start pg
  [ -s "$BENCH_HOME/ddl/orders.sql" ] && [ -s "$CSV" ] || ./data.sh pg
  exec ./bench.py run -w W1,W3,W4,W5,W7 -p limit,syncapp "$@"
fi
./install.sh
psql -qXc 'select 1' "$PG_SRC" >/dev/null 2>&1 && mysrc -e 'select 1' >/dev/null 2>&1 || ./servers.sh start
[ -s "$BENCH_HOME/ddl/orders.sql" ] && [ -s "$CSV" ] || ./data.sh
./bench.py run "$@"
