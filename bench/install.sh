#!/usr/bin/env bash
# Installs the servers and the peers. Debian packages through apt, Python ones into venvs under $BENCH_HOME/venvs.
#   install.sh       all of it
#   install.sh own   the servers, and the DuckDB that checks Parquet files
set -euo pipefail
. "$(dirname "$0")/env.sh"
mkdir -p "$BENCH_HOME/logs" "$VENV"
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1     # no service is started
packages=(postgresql-15 python3-venv mariadb-server mariadb-client sqlite3); [ "${1:-}" = own ] || packages+=(pgloader gdal-bin)
need=(); for p in "${packages[@]}"; do dpkg -s "$p" >/dev/null 2>&1 || need+=("$p"); done
[ ${#need[@]} = 0 ] || { apt-get update -q -o DPkg::Lock::Timeout=400; apt-get install -y -q -o DPkg::Lock::Timeout=400 --no-install-recommends "${need[@]}"; } >"$BENCH_HOME/logs/apt.log" 2>&1
if [ "${1:-}" = own ]; then
  [ -x "$VENV/duckdb/bin/python" ] || python3 -m venv "$VENV/duckdb"
  duck() { "$VENV/duckdb/bin/python" -c 'import duckdb; duckdb.connect().load_extension("postgres_scanner")' 2>/dev/null; }
  duck && exit
  "$VENV/duckdb/bin/pip" -q --disable-pip-version-check install duckdb==1.5.5 duckdb-extensions==1.5.5 duckdb-extension-postgres-scanner==1.5.5
  "$VENV/duckdb/bin/python" -c 'from duckdb_extensions import import_extension as i; i("postgres_scanner")'
  duck; exit
fi
[ -x "$VENV/uv/bin/uv" ] || { python3 -m venv "$VENV/uv"; "$VENV/uv/bin/pip" -q install uv; }
venv() { # name, requirements ...
  local n=$1; shift
  [ -x "$VENV/$n/bin/python" ] || "$VENV/uv/bin/uv" -q venv --python 3.11 "$VENV/$n"
  "$VENV/uv/bin/uv" -q pip install --python "$VENV/$n/bin/python" "$@" 2>"$BENCH_HOME/logs/pip-$n.log" && echo "ok   $n" || echo "FAIL $n: see $BENCH_HOME/logs/pip-$n.log"
}
# The `sling` wheel from 1.5 on only downloads a binary from GitHub; the last wheel that carries one is sling-linux-amd64 1.4.11.
venv sling sling-linux-amd64==1.4.11 duckdb-cli==1.5.5     # the DuckDB it would download writes its Parquet files
# The same for ingestr from 1.1.23 on; 1.1.22 is the last wheel with the (Go) binary inside.
venv ingestr ingestr==1.1.22
venv duckdb duckdb==1.5.5 duckdb-extensions==1.5.5 duckdb-extension-postgres-scanner==1.5.5 duckdb-extension-mysql-scanner==1.5.5 \
  duckdb-extension-json==1.5.5 duckdb-extension-httpfs==1.5.5
"$VENV/duckdb/bin/python" -c 'from duckdb_extensions import import_extension as i; [i(x) for x in ("postgres_scanner", "mysql_scanner", "json", "httpfs")]'
venv dlt 'dlt[postgres,sql_database,parquet]==1.31.0' connectorx pyarrow psycopg2-binary pymysql sqlalchemy pandas numpy
venv adbc adbc-driver-postgresql==1.13.0 adbc-driver-manager==1.13.0 connectorx==0.4.6 pyarrow
venv chdb chdb==4.4.0
venv tap meltanolabs-tap-postgres==0.10.0
venv target meltanolabs-target-postgres==0.8.1
