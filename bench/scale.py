#!/usr/bin/env python3
"""How SyncApp's speed and memory change with rows, columns and streams, PostgreSQL to PostgreSQL, and what the other ways take at
the most rows. Standard library only.

  scale.py [-n 3] [--most-rows 10000000] [--most-streams 1000] [rows columns streams starts ways]

Takes `syncapp` from PATH and the servers and data of data.sh. Every run makes its target anew and reads all rows; the figures
are medians, `peak MB` is the greatest.
"""
import argparse, os, shutil, statistics, subprocess, time
from bench import DST, ENV, OUT, SRC, my, psql, reset

CELLS = 6_000_000

def timed(command, home):
    """Wall seconds and peak MB of a command."""
    begun = time.monotonic()
    child = subprocess.Popen(command, env=dict(ENV, SYNCAPP_HOME=home), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    problem = child.stderr.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode: raise SystemExit(f"{command} failed:\n{problem}")
    return time.monotonic() - begun, used.ru_maxrss / 1024

def sync(pattern, keys=""):
    """The file of a sync of all streams that a pattern matches; `keys` are more of theirs."""
    path = f"{OUT}/scale.yaml"
    with open(path, "w") as f:
        f.write(f"version: 1\nproject: bench\nconnections:\n  from: {{ connector: postgres, url: \"{SRC}\" }}\n  to: {{ connector: postgres, url: \"{DST}\" }}\n"
                f"syncs:\n  scale:\n    source: from\n    destination: to\n    streams:\n      \"{pattern}\": {{ into: \"public.{{stream}}\"{keys} }}\n")
    return path

def rounds(pattern, n):
    """Median seconds and greatest peak MB."""
    walls, peaks = [], []
    for _ in range(n):
        reset("pg2pg", "scale"); os.makedirs(f"{OUT}/scale/home", exist_ok=True)
        wall, peak = timed(["syncapp", "run", sync(pattern)], f"{OUT}/scale/home")
        walls.append(wall); peaks.append(peak)
    return statistics.median(walls), max(peaks)

def rows(a):
    print("\n### Rows (17 columns)\n\n| rows | median s | rows/s | peak MB |\n|---|---|---|---|")
    n = 10_000
    while n <= a.most_rows:
        psql(SRC, f"create schema scale; create table scale.rows as select o.* from generate_series(1, greatest(1, ceil({n} / (select count(*) from orders)::numeric))::int) g, orders o limit {n}; analyze scale.rows;")
        wall, peak = rounds("scale.rows", a.n); clean()
        print(f"| {n:,} | {wall:.3f} | {n / wall:,.0f} | {peak:.0f} |", flush=True)
        n *= 10

def columns(a):
    print("\n### Columns (6,000,000 cells: integers, texts, decimals and instants in turn)\n\n| columns | rows | median s | cells/s | peak MB |\n|---|---|---|---|---|")
    kinds = ["(i * {c}) % 1000003", "'value ' || (i % (97 * {c}))", "((i * {c}) % 10000000 / 100.0)::numeric(15,2)", "timestamptz '2024-01-01Z' + i * {c} * interval '1 microsecond'"]
    for width in (10, 50, 100, 250, 500):
        tall = CELLS // width
        cells = ", ".join(kinds[c % 4].format(c=c + 1) + f" as c{c}" for c in range(width))
        psql(SRC, f"create schema scale; create table scale.columns as select {cells} from generate_series(1, {tall}::bigint) i; analyze scale.columns;")
        wall, peak = rounds("scale.columns", a.n); clean()
        print(f"| {width} | {tall:,} | {wall:.3f} | {CELLS / wall:,.0f} | {peak:.0f} |", flush=True)

def streams(a):
    print("\n### Streams (100 rows each, in one sync)\n\n| streams | median s | streams/s | peak MB |\n|---|---|---|---|")
    n = 1
    while n <= a.most_streams:
        made = "".join(f"create table scale.t{i} as select * from orders_tiny;\n" for i in range(n))
        psql(SRC, f"create schema scale;\n{made}")
        wall, peak = rounds("scale.*", a.n); clean()
        print(f"| {n:,} | {wall:.3f} | {n / wall:,.1f} | {peak:.0f} |", flush=True)
        n *= 10

def starts(a):
    print("\n### Starts (100 rows, from the process's start to its end)\n\n| local store | median ms | best ms |\n|---|---|---|")
    reset("pg2pg", "scale"); home = f"{OUT}/scale/home"
    for name, kept in (("new", False), ("as the run before left it", True)):
        walls = []
        for _ in range(a.n):
            if not kept: shutil.rmtree(home, ignore_errors=True)
            psql(DST, "drop table if exists public.orders_tiny;"); os.makedirs(home, exist_ok=True)
            walls.append(timed(["syncapp", "copy", SRC, "public.orders_tiny", DST, "public.orders_tiny"], home)[0] * 1000)
        print(f"| {name} | {statistics.median(walls):.1f} | {min(walls):.1f} |", flush=True)

def read_csv(folder):
    """The file of a sync of the CSV file there, whose numbers are read as texts."""
    with open(f"{OUT}/ways.yaml", "w") as f:
        f.write(f"version: 1\nproject: bench\nconnections:\n  from: {{ connector: files, path: {folder}, columns: {{ score: string, rate: string, amount: string }} }}\n"
                f"  to: {{ connector: postgres, url: \"{DST}\" }}\nsyncs:\n  ways:\n    source: from\n    destination: to\n    streams:\n      rows.csv: {{ into: public.of_csv }}\n")
    return f.name

def ways(a):
    print(f"\n### Other ways ({a.most_rows:,} rows, once)\n\n| way | s | rows/s | peak MB |\n|---|---|---|---|")
    n, each, folder = a.most_rows, int(ENV["ROWS"]), f"{OUT}/ways"
    rest = ", ".join(row[0] for row in psql(SRC, "select attname from pg_attribute where attrelid = 'orders'::regclass and attnum > 1 order by attnum;"))
    psql(SRC, f"create schema scale; create table scale.rows as select id + g * {each}::bigint as id, {rest} from generate_series(0, {-(-n // each) - 1}) g, orders limit {n}; analyze scale.rows;")
    my("source", "drop database if exists target; create database target")
    reset("pg2pg", "scale"); os.makedirs(f"{OUT}/scale/home", exist_ok=True); os.makedirs(folder, exist_ok=True)
    keyed = ", write: merge, primary_key: [id]"
    for name, command in (("PostgreSQL to PostgreSQL, merged into nothing", ["run", sync("scale.rows", keyed)]),
                          ("the same again, merged into what is there", ["run", sync("scale.rows", keyed)]),
                          ("PostgreSQL to Parquet", ["copy", SRC, "scale.rows", folder, "rows.parquet"]),
                          ("PostgreSQL to SQLite", ["copy", SRC, "scale.rows", f"{folder}/rows.db", "rows"]),
                          ("PostgreSQL to CSV", ["copy", SRC, "scale.rows", folder, "rows.csv"]),
                          ("CSV to PostgreSQL", ["run", read_csv(folder)]),
                          ("PostgreSQL to MariaDB", ["copy", SRC, "scale.rows", ENV["MY_DST"], "rows"]),
                          ("MariaDB to PostgreSQL", ["copy", ENV["MY_DST"], "target.rows", DST, "public.of_mariadb"])):
        wall, peak = timed(["syncapp", *command], f"{OUT}/scale/home")
        print(f"| {name} | {wall:.1f} | {n / wall:,.0f} | {peak:.0f} |", flush=True)
        if "to Parquet" in name or "to SQLite" in name or name.startswith("CSV"): shutil.rmtree(folder); os.makedirs(folder)
        if "PostgreSQL to P" not in name: psql(DST, "drop table if exists public.rows, public.of_csv;")
    my("source", "drop database target; create database target"); clean()

def clean(): psql(SRC, "set client_min_messages = error; do $$ declare t text; begin for t in select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'scale' loop execute 'drop table ' || t; end loop; end $$; drop schema if exists scale;")

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=3); parser.add_argument("--most-rows", type=int, default=10_000_000); parser.add_argument("--most-streams", type=int, default=1000)
    parser.add_argument("curves", nargs="*", default=["rows", "columns", "streams", "starts", "ways"])
    a = parser.parse_args()
    clean()
    for curve in a.curves: globals()[curve](a)
