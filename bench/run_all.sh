#!/usr/bin/env bash
# One command on a fresh machine: install, start, build the data, run everything, print the tables.
#   ROWS=500000 ROWS_SLOW=50000 ./run_all.sh            smaller
#   ./run_all.sh -p limit,sling,syncapp -n 5            further options go to `bench.py run`
#   ./run_all.sh own -n 5                               only the limit and syncapp (from PATH): minutes, not hours
set -euo pipefail
cd "$(dirname "$0")"; . ./env.sh
own=()
if [ "${1:-}" = own ]; then
  shift; ./install.sh own
  own=(-w W1,W1w,W2,W3,W4,W5,W6,W7,W9,W10 -p limit,syncapp)
else
  ./install.sh
fi
psql -qXc 'select 1' "$PG_SRC" >/dev/null 2>&1 && mysrc -e 'select 1' >/dev/null 2>&1 || ./servers.sh start
[ -s "$BENCH_HOME/built" ] || ./data.sh
./bench.py run "${own[@]}" "$@"
