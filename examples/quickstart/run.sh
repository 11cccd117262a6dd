#!/usr/bin/env bash
# Runs the quick start: the evening's export first, then the next day's, of which only the change moves.
set -euo pipefail
cd "$(dirname "$0")"
command -v syncapp >/dev/null || { echo "syncapp is not in PATH: run \`make run\` in the project's folder" >&2; exit 2; }
export SYNCAPP_HOME="$PWD/out/home" # the history of runs stays in this folder

rows() { echo $(($(wc -l <"$1") - 1)); }
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n%s\n' "$*"; }

rm -rf out
mkdir -p out/home

cp data/evening.csv out/flights.csv
say "1. The evening's export has $(rows out/flights.csv) flights; the first run brings them all."
syncapp run quickstart.yaml

cp data/next-day.csv out/flights.csv
say "2. The next day's export has $(rows out/flights.csv): 915 are new and 372 have changed; only they move."
syncapp run quickstart.yaml

say "3. Both runs, as SyncApp remembers them:"
syncapp runs
printf '\nThe result is in %s; the sync file is %s.\n' "examples/quickstart/out/flights.db" "examples/quickstart/quickstart.yaml"
