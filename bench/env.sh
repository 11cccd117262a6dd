# Sourced by every script. Everything can be overridden from the environment.
: "${BENCH_HOME:=/var/tmp/syncapp-bench}"   # venvs, data directories, results (never committed; 12 GB at the default size); the servers' users must be able to reach it
BENCH_DIR="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

: "${ROWS:=2000000}"                   # orders table / CSV
: "${ROWS_SLOW:=200000}"               # orders_s: the size every tool can finish, the Singer pair included
: "${ROWS_WIDE:=300000}"               # 60-column table
: "${ROWS_UPD:=80000}"                 # W5: existing rows changed
: "${ROWS_INS:=20000}"                 # W5: rows added
: "${ROWS_SMALL:=100}"                 # W7

: "${PGBIN:=/usr/lib/postgresql/15/bin}"
: "${PGPORT:=9432}"
: "${MYPORT:=9306}"
: "${PG_BUFFERS:=2GB}"
: "${PG_DATA:=$BENCH_HOME/pgdata}"
: "${MY_DATA:=$BENCH_HOME/mydata}"
: "${CSV:=$BENCH_HOME/data/orders.csv}"
: "${CSV_S:=$BENCH_HOME/data/orders_s.csv}"
: "${OUT:=$BENCH_HOME/out}"            # scratch of the tools, Parquet output

export PGHOST=127.0.0.1 PGPORT PGUSER=bench PGPASSWORD=bench
export MYHOST=127.0.0.1 MYPORT MYUSER=bench MYPASSWORD=bench
PG_SRC="postgresql://bench:bench@127.0.0.1:$PGPORT/source"
PG_DST="postgresql://bench:bench@127.0.0.1:$PGPORT/target"
PG_UPS="postgresql://bench:bench@127.0.0.1:$PGPORT/target_upsert"
MY_SRC="mysql://bench:bench@127.0.0.1:$MYPORT/source"
MY_DST="mysql://bench:bench@127.0.0.1:$MYPORT/target"
W5_CUTOFF="2025-01-01T00:00:00Z"       # rows changed after this instant are the increment

VENV="$BENCH_HOME/venvs"
SLING="$VENV/sling/lib/python3.11/site-packages/sling_linux_amd64/bin/sling-linux-amd64"
export PATH="$PGBIN:$PATH"                # the real psql, not the distribution's Perl wrapper (40 ms a start)
export BENCH_HOME BENCH_DIR ROWS ROWS_SLOW ROWS_WIDE ROWS_UPD ROWS_INS ROWS_SMALL PGBIN MYPORT PG_DATA MY_DATA CSV CSV_S OUT \
       PG_SRC PG_DST PG_UPS MY_SRC MY_DST W5_CUTOFF VENV SLING
# the mariadb client, with the password out of the process list
export MYCNF="$BENCH_HOME/my-client.cnf"
mysrc() { mariadb --defaults-extra-file="$MYCNF" "$@" source; }
mydst() { mariadb --defaults-extra-file="$MYCNF" "$@" target; }
export -f mysrc mydst
