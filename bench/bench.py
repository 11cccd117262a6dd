#!/usr/bin/env python3
"""Runs the peers and the physical limit on one workload after another, interleaved (A B C A B C ...), checks what arrived,
and prints a table.  Standard library only.

  bench.py list
  bench.py run  [-w W1,W3] [-p limit,sling] [-n 3] [--timeout 300] [--check full|rows|none] [--cmd NAME:FUNCTION=COMMAND ...]
  bench.py table [-w W1] [--since 2030-01-01T00:00:00]     all recorded runs, pooled

Another program is added as a file extra/NAME.sh with the same functions as peers/*.sh (pg2pg, my2pg, csv2pg, pg2parquet,
upsert, pg2my, pg2csv, pg2sqlite), or for one call by --cmd 'ours:pg2pg=ours sync ...' (variables T, PG_SRC, ... are set, see env.sh).
`cpu wait` is the share of the run in which some task waited for a processor: the machine was shared.
`of limit` is throughput over that of the `limit` run of the same round, pair by pair; the figure is the median.
`cpu ratio` is (client + server cpu seconds) over the same of the limit: it moves less when the machine is shared.
"""
import argparse, glob, json, os, signal, statistics as st, subprocess, sys, tempfile, threading, time

HERE = os.path.dirname(os.path.abspath(__file__))
ENV = dict(l.split("=", 1) for l in subprocess.run(["bash", "-c", f". '{HERE}/env.sh'; env -0"], capture_output=True, text=True, check=True)
           .stdout.split("\0") if "=" in l)
HOME = ENV["BENCH_HOME"]; OUT = ENV["OUT"]; RESULTS = f"{HOME}/results.jsonl"; TICK = os.sysconf("SC_CLK_TCK")
R, RS, RW, RT = (int(ENV[k]) for k in ("ROWS", "ROWS_SLOW", "ROWS_WIDE", "ROWS_SMALL")); RU = int(ENV["ROWS_UPD"]) + int(ENV["ROWS_INS"])
#        function      table          rows  what
WL = {"W1":  ("pg2pg", "orders", R, "PostgreSQL -> PostgreSQL, full refresh"),
      "W1s": ("pg2pg", "orders_s", RS, "same, small enough for the slow tools"),
      "W1w": ("pg2pg", "wide", RW, "same, 60 columns"),
      "W2":  ("my2pg", "orders", R, "MariaDB -> PostgreSQL, full refresh"),
      "W2s": ("my2pg", "orders_s", RS, "same, small"),
      "W3":  ("csv2pg", "orders", R, "CSV file -> PostgreSQL"),
      "W3s": ("csv2pg", "orders_s", RS, "same, small"),
      "W4":  ("pg2parquet", "orders", R, "PostgreSQL -> Parquet file"),
      "W4w": ("pg2parquet", "wide", RW, "same, 60 columns"),
      "W5":  ("upsert", "orders", RU, "PostgreSQL -> PostgreSQL, changed rows merged by key"),
      "W6":  ("pg2my", "orders", R, "PostgreSQL -> MariaDB, full refresh"),
      "W6s": ("pg2my", "orders_s", RS, "same, small"),
      "W7":  ("pg2pg", "orders_tiny", RT, "start-up: a tiny table"),
      "W9":  ("pg2csv", "orders", R, "PostgreSQL -> CSV file"),
      "W10": ("pg2sqlite", "orders", R, "PostgreSQL -> SQLite file")}

def psql(url, sql, check=True):
    p = subprocess.run(["psql", "-qXtA", "-F", "\x1f", url, "-v", "ON_ERROR_STOP=1", "-f", "-"], input=sql, capture_output=True, text=True, env=ENV)
    if check and p.returncode: raise RuntimeError(p.stderr.strip()[:400])
    return [l.split("\x1f") for l in p.stdout.splitlines()] if p.returncode == 0 else None
def my(db, sql):
    p = subprocess.run(["mariadb", f"--defaults-extra-file={HOME}/my-client.cnf", "-N", "-B", db], input=sql, capture_output=True, text=True)
    if p.returncode: raise RuntimeError(p.stderr.strip()[:400])
    return [l.split("\t") for l in p.stdout.splitlines()]
SRC, DST, UPS = ENV["PG_SRC"], ENV["PG_DST"], ENV["PG_UPS"]; ADMIN = DST.rsplit("/", 1)[0] + "/postgres"

def reset(fn, peer):
    subprocess.run(["rm", "-rf", f"{OUT}/{peer}"])
    os.makedirs(OUT, exist_ok=True); os.chmod(OUT, 0o777)
    if fn == "upsert":
        psql(ADMIN, "drop database if exists target_upsert with (force);\ncreate database target_upsert template target_upsert_base strategy file_copy;")
    elif fn == "pg2my": my("source", "drop database if exists target; create database target")
    else: psql(DST, "set client_min_messages=error; do $$ declare s text; begin for s in select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' loop execute format('drop schema %I cascade', s); end loop; end $$; create schema public;")
    psql(ADMIN, "checkpoint;"); os.sync()

def stat(pid):
    f = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return [int(x) / TICK for x in f[11:15]]            # utime stime cutime cstime
def kids(pid):
    try: return [int(x) for x in open(f"/proc/{pid}/task/{pid}/children").read().split()]
    except OSError: return []
def server_cpu():
    pm = int(open(f"{ENV['PG_DATA']}/postmaster.pid").readline()); t = sum(stat(pm))
    for k in kids(pm):
        try: t += sum(stat(k)[:2])
        except OSError: pass
    try: return t + sum(stat(int(open(f"{ENV['MY_DATA']}/pid").read()))[:2])
    except OSError: return t                            # no MariaDB here: the workloads between PostgreSQL and files need none
def tree_rss(pid):
    tot, todo = 0, [pid]
    while todo:
        p = todo.pop(); todo += kids(p)
        try: tot += int(open(f"/proc/{p}/statm").read().split()[1]) * 4096
        except (OSError, IndexError): pass
    return tot

def pressure(): return int(open("/proc/pressure/cpu").readline().rsplit("total=", 1)[1]) / 1e6
def run_one(cmd, env, timeout, log):
    peak, done = [0], threading.Event()
    lsn = psql(ADMIN, "select pg_current_wal_lsn();")[0][0]; c0 = server_cpu()
    with open(log, "ab") as lf:
        t0 = time.monotonic(); p0 = pressure()
        p = subprocess.Popen(cmd, env=env, stdin=subprocess.DEVNULL, stdout=lf, stderr=lf, start_new_session=True, cwd=OUT)
        def sample():
            while not done.is_set():
                peak[0] = max(peak[0], tree_rss(p.pid)); done.wait(0.02 if time.monotonic() - t0 < 2 else 0.15)
        th = threading.Thread(target=sample, daemon=True); th.start()
        timer = threading.Timer(timeout, lambda: os.killpg(p.pid, signal.SIGKILL)); timer.start()
        _, status, ru = os.wait4(p.pid, 0); wall = time.monotonic() - t0; busy = pressure() - p0
        p.returncode = os.waitstatus_to_exitcode(status); timer.cancel(); done.set(); th.join()
        try: os.killpg(p.pid, signal.SIGKILL)            # whatever it left behind in its own group
        except ProcessLookupError: pass
    time.sleep(0.15); c1 = server_cpu()
    wal = float(psql(ADMIN, f"select pg_wal_lsn_diff(pg_current_wal_lsn(), '{lsn}');")[0][0]) / 1e6
    return dict(rc=p.returncode, wall=round(wall, 3), cpu=round(ru.ru_utime + ru.ru_stime, 2), srv_cpu=round(c1 - c0, 2),
                peak_mb=round(ru.ru_maxrss / 1024), tree_mb=round(peak[0] / 1048576), wal_mb=round(wal), cpu_wait_pct=round(100 * busy / wall))

# ---- what arrived ------------------------------------------------------------------------------------------------------
def pg_cols(url, table):
    return {r[0]: r[1] for r in psql(url, f"select attname, format_type(atttypid, atttypmod) from pg_attribute where attrelid=to_regclass('public.{table}') and attnum>0 and not attisdropped order by attnum;")}
def canon(col, typ):
    q = f'"{col}"'
    if typ.startswith("numeric"): return f"trim_scale({q}::text::numeric)"
    if typ == "timestamp with time zone": return f"(extract(epoch from {q}::timestamptz)*1000000)::numeric(30,0)"
    if typ.startswith("timestamp"): return f"(extract(epoch from {q}::timestamp)*1000000)::numeric(30,0)"
    if typ == "boolean": return f"{q}::text::boolean"
    if typ in ("jsonb", "json"): return f"{q}::text::jsonb"
    if typ in ("uuid", "date"): return f"{q}::text::{typ}"
    if typ in ("bigint", "integer", "smallint"): return f"{q}::text::numeric::bigint"
    return f"{q}::text" if typ == "text" else f"{q}::{typ}"
def sums(url, table, want, my_bool=False):
    agg = lambda c, t: f"count({canon(c, t)}), coalesce(sum(hashtextextended(({canon(c, t)})::text, 0)::numeric), 0)"
    pre = "set timezone='UTC'; set max_parallel_workers_per_gather=0; "
    row = psql(url, pre + "select " + ", ".join(agg(c, t) for c, t in want.items()) + f' from public."{table}";', check=False)
    if row: return {c: (row[0][2 * i], row[0][2 * i + 1]) for i, c in enumerate(want)}
    out = {}
    for c, t in want.items():
        row = psql(url, pre + f'select {agg(c, t)} from public."{table}";', check=False); out[c] = tuple(row[0]) if row else ("?", "cast fails")
    return out
_ref = {}
def ref(table):
    if table not in _ref: w = pg_cols(SRC, table); _ref[table] = (w, sums(SRC, table, w), psql(SRC, f"select count(*) from {table};")[0][0])
    return _ref[table]
OKTYPE = {"is_priority": {"smallint", "boolean", "integer"}, "is_gift": {"smallint", "boolean", "integer"}, "attrs": {"json", "jsonb"}}
def check_pg(fn, table):
    src = "orders_chg" if fn == "upsert" else table; url = UPS if fn == "upsert" else DST
    want, s, n = ref(src); have = pg_cols(url, table)
    if not have: return "no table " + str(psql(url, "select table_schema||'.'||table_name from information_schema.tables where table_schema not in ('pg_catalog','information_schema');")[:6])
    m = psql(url, f'select count(*) from public."{table}";')[0][0]; bad = [] if m == n else [f"rows {m} of {n}"]
    miss = [c for c in want if c not in have]; bad += ["missing " + ",".join(miss)] if miss else []
    w2 = {c: t for c, t in want.items() if c in have}
    if fn == "my2pg": w2 = {c: ("integer" if t == "boolean" else t) for c, t in w2.items()}
    if fn == "my2pg":
        d = {}
        for c in ("is_priority", "is_gift"):
            if c in w2: d[c] = f'"{c}"::int' if have[c] == "boolean" else f'"{c}"::text::int'
        sd = {}
        for c in d:
            f = lambda url_, t_, ex: psql(url_, f"select count({ex}), coalesce(sum(hashtextextended(({ex})::text,0)::numeric),0) from public.\"{t_}\";", check=False)
            a, b = f(SRC, src, f'"{c}"::int'), f(url, table, d[c]); sd[c] = (a and tuple(a[0]), b and tuple(b[0])); w2.pop(c)
        bad += [f"{c} VALUES differ" for c, (a, b) in sd.items() if a != b]
    h = sums(url, table, w2)
    for c in w2:
        if tuple(s[c]) != h[c]:
            ex = psql(SRC, f'set timezone=\'UTC\'; select id, "{c}"::text from {src} where id<=3000 order by id;', False) if "id" in want else None
            ey = psql(url, f'set timezone=\'UTC\'; select id, "{c}"::text from "{table}" where id::bigint<=3000 order by id::bigint;', False) if "id" in have else None
            eg = ""
            if ex and ey:
                for a, b in zip(ex, ey):
                    if a != b and a[0] == b[0]: eg = f" (id {a[0]}: {a[1][:34]!r} -> {b[1][:34]!r})"; break
            bad.append(f"{c} " + ("cast fails" if h[c][1] == "cast fails" else f"NULLs {int(n) - int(s[c][0])} -> {int(m) - int(h[c][0])}" if h[c][0] != s[c][0] else "VALUES differ") + eg)
    lost = [f"{c}:{want[c]}->{t}" for c, t in have.items() if c in want and t != want[c] and not (fn == "my2pg" and t in OKTYPE.get(c, ()))] if fn != "upsert" else []
    extra = [c for c in have if c not in want]
    return "; ".join((bad or ["values identical"]) + (["types " + ", ".join(lost)] if lost else ["types kept"]) + (["added " + ",".join(extra)] if extra else []))
def check_my(table):
    try: cols = my("target", f"select column_name, column_type from information_schema.columns where table_schema='target' and table_name='{table}' order by ordinal_position")
    except RuntimeError as x: return str(x)
    have = dict(cols)
    if not have: return "no table"
    want = dict(my("source", f"select column_name, column_type from information_schema.columns where table_schema='source' and table_name='{table}' order by ordinal_position"))
    def can(c, t):
        if t.startswith("decimal"): return f"cast(`{c}` as decimal(30,10))"
        if t.startswith(("timestamp", "datetime")): return f"cast(`{c}` as datetime(6))"
        if t == "date": return f"cast(`{c}` as date)"
        if t == "double": return f"cast(`{c}` as double)"
        if "int" in t: return f"cast(`{c}` as signed)"
        if c == "attrs": return f"json_compact(`{c}`)"
        return f"cast(`{c}` as char character set utf8mb4)"
    f = lambda db: my(db, "set time_zone='+00:00'; select count(*), " + ", ".join(f"count(`{c}`), coalesce(sum(crc32({can(c, t)})),0)" for c, t in want.items() if c in have) + f" from `{table}`")[0]
    a, b = f("source"), f("target"); bad = [] if a[0] == b[0] else [f"rows {b[0]} of {a[0]}"]
    for i, c in enumerate(k for k in want if k in have):
        x, y = a[1 + 2 * i:3 + 2 * i], b[1 + 2 * i:3 + 2 * i]
        if x != y:
            g = lambda db: my(db, f"set time_zone='+00:00'; select id, `{c}` from `{table}` where id<=2000 order by id"); eg = ""
            for p, q in zip(g("source"), g("target")):
                if p != q: eg = f" (id {p[0]}: {p[1][:30]!r} -> {q[1][:30]!r})"; break
            bad.append(f"{c} " + (f"NULLs {int(a[0]) - int(x[0])} -> {int(b[0]) - int(y[0])}" if x[0] != y[0] else "VALUES differ") + eg)
    lost = [f"{c}:{want[c]}->{have[c]}" for c in want if c in have and want[c] != have[c]]
    return "; ".join((bad or ["values identical"]) + (["types (MariaDB source -> target) " + ", ".join(lost)] if lost else ["types kept"]))
def check_parquet(peer, table):
    p = subprocess.run([f"{ENV['VENV']}/duckdb/bin/python", f"{HERE}/lib/check_parquet.py", table, f"{OUT}/{peer}"], capture_output=True, text=True, env=ENV)
    return p.stdout.strip() or "check failed: " + p.stderr.strip()[-300:]
def count(fn, peer, table):
    if fn in FILES: return check_file(fn, peer, table)
    if fn == "pg2my": n, m = my("source", f"select count(*) from {table}")[0][0], my("target", f"select count(*) from {table}")[0][0]
    elif fn == "pg2parquet":
        m = subprocess.run([f"{ENV['VENV']}/duckdb/bin/python", "-c", f"import duckdb,glob; print(duckdb.execute('select count(*) from read_parquet(?)', [[f for f in glob.glob('{OUT}/{peer}/**/*.parquet', recursive=True) if '_dlt' not in f]]).fetchone()[0])"], capture_output=True, text=True).stdout.strip(); n = psql(SRC, f"select count(*) from {table};")[0][0]
    else:
        n = psql(SRC, f"select count(*) from {'orders_chg' if fn == 'upsert' else table};")[0][0]; m = psql(UPS if fn == "upsert" else DST, f'select count(*) from public."{table}";')[0][0]
    return "all rows" if n == m else f"ROWS {m} of {n}"
def cells(row):
    text = lambda v: v.hex() if isinstance(v, bytes) else str(v)
    return ",".join("" if v is None else '"' + text(v).replace('"', '""') + '"' for v in row) + "\n"
def check_file(fn, peer, table):
    """Puts the file into the target database, as PostgreSQL itself reads CSV, and compares there."""
    psql(DST, open(f"{HOME}/ddl/{table}.sql").read())
    if fn == "pg2csv":
        f = glob.glob(f"{OUT}/{peer}/**/*.csv", recursive=True)[0]; cols = open(f).readline().strip()
        psql(DST, f"set timezone='UTC';\n\\copy {table} ({cols}) from '{f}' (format csv, header)\n")
    else:
        import sqlite3
        rows = sqlite3.connect(f"file:{OUT}/{peer}/{table}.db?mode=ro", uri=True).execute(f"select * from {table}")
        cols = ",".join(d[0] for d in rows.description)
        p = subprocess.Popen(["psql", "-qX", DST, "-v", "ON_ERROR_STOP=1", "-c", "set timezone='UTC'", "-c", f"copy {table} ({cols}) from stdin (format csv)"], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENV)
        try:
            for r in rows: p.stdin.write(cells(r))
        except BrokenPipeError: pass
        problem = p.communicate()[1]
        if p.returncode: raise RuntimeError(problem.strip()[:300])
    return check_pg(fn, table).replace("; types kept", "")
def check(fn, peer, table):
    if fn in FILES: return check_file(fn, peer, table)
    return check_my(table) if fn == "pg2my" else check_parquet(peer, table) if fn == "pg2parquet" else check_pg(fn, table)

# ---- the runs ----------------------------------------------------------------------------------------------------------
def peers(): return {os.path.basename(f)[:-3]: f for d in ("peers", "extra") for f in sorted(glob.glob(f"{HERE}/{d}/*.sh"))}
def has(f, fn): return subprocess.run(["bash", "-c", f". '{HERE}/env.sh'; . '{f}'; declare -F {fn}"], capture_output=True, env=ENV).returncode == 0
NOCHECK = {"src_only", "dst_only"}; FILES = {"pg2csv", "pg2sqlite"}
def run(a):
    P = peers(); tmp = []
    for c in a.cmd or []:
        head, cmd = c.split("=", 1); name, fn = head.split(":"); f = tempfile.NamedTemporaryFile("w", suffix=".sh", delete=False); f.write(f"{fn}() {{ {cmd}\n}}\n"); f.close(); P[name] = f.name; tmp.append(name)
    names = (a.peers.split(",") if a.peers else list(P)) + [t for t in tmp if not a.peers or t not in a.peers.split(",")]
    if "limit" in names: names.remove("limit")
    names = ["limit"] + names
    call = time.strftime("%Y-%m-%dT%H:%M:%S"); os.makedirs(f"{HOME}/logs", exist_ok=True)
    for w in a.workloads.split(","):
        fn, table, rows, _ = WL[w]; use = [n for n in names if n in P and has(P[n], fn)]; dead = set(); seen = set()
        print(f"== {w} {WL[w][3]}: {rows} rows, {a.n} rounds: {' '.join(use)}", flush=True)
        for rnd in range(a.n):
            for n in use:
                if n in dead: continue
                env = dict(ENV, T=table, N=str(rows), PEER=n, CSVF=ENV["CSV_S"] if table == "orders_s" else ENV["CSV"]); log = f"{HOME}/logs/{w}.{n}.log"
                reset(fn, n)
                for hook in ("prepare", "prepare_" + fn):     # a peer's own untimed preparation
                    if has(P[n], hook): subprocess.run(["bash", "-c", f". '{HERE}/env.sh'; . '{P[n]}'; {hook}"], env=env)
                with open(log, "ab") as lf: lf.write(f"\n#### {call} round {rnd}\n".encode())
                r = run_one([f"{HERE}/lib/run_peer.sh", P[n], fn], env, a.timeout, log)
                r.update(call=call, w=w, peer=n, rows=rows, round=rnd)
                if r["rc"]: dead.add(n); r["note"] = "exit " + str(r["rc"]) + (" (time limit)" if r["wall"] >= a.timeout - 1 else "")
                elif n not in seen and a.check != "none" and n not in NOCHECK and not (fn in ("pg2parquet", "pg2sqlite") and n.startswith("limit")):
                    try: r["check"] = check(fn, n, table) if a.check == "full" else count(fn, n, table)
                    except Exception as x: r["check"] = "check failed: " + str(x)[:200]
                seen.add(n)
                with open(RESULTS, "a") as f: f.write(json.dumps(r) + "\n")
                print(f"   {rnd} {n:15s} rc {r['rc']:<3} {r['wall']:8.2f} s  client cpu {r['cpu']:7.2f}  server cpu {r['srv_cpu']:7.2f}  peak {r['peak_mb']:6d} MB (tree {r['tree_mb']})  WAL {r['wal_mb']} MB  cpu wait {r['cpu_wait_pct']}%  {r.get('note','')} {r.get('check','')}", flush=True)
    a.call = call; table_(a)
def table_(a):
    since = getattr(a, "since", None) or getattr(a, "call", "")
    every = [json.loads(l) for l in open(RESULTS)]; rec = [r for r in every if r["call"] >= since]
    def arrived(w, n):   # the newest full check of that peer, at the small size if that is the only one
        for v in (w, w + "s", w[:2] + "s"):
            c = [r["check"] for r in every if r["w"] == v and r["peer"] == n and len(r.get("check", "")) > 25 or r["w"] == v and r["peer"] == n and "identical" in r.get("check", "")]
            if c: return c[-1]
        return next((r["check"] for r in every if r["w"] == w and r["peer"] == n and r.get("check")), "")
    for w in a.workloads.split(","):
        rw = [r for r in rec if r["w"] == w]; lim = {(r["call"], r["round"]): r["wall"] for r in rw if r["peer"] == "limit" and not r["rc"]}
        if not rw: continue
        print(f"\n### {w}: {WL[w][3]} ({WL[w][2]} rows)\n")
        print("| tool | median s | best s | rows/s (median) | of limit | client cpu s | server cpu s | cpu ratio | peak MB | tree MB | WAL MB | runs | what arrived |\n" + "|---" * 13 + "|")
        lc = st.median([r["cpu"] + r["srv_cpu"] for r in rw if r["peer"] == "limit" and not r["rc"]] or [1]) or 0.01; out = []
        for n in dict.fromkeys(r["peer"] for r in rw):
            rs = [r for r in rw if r["peer"] == n]; ok = [r for r in rs if not r["rc"]]
            chk = arrived(w, n)
            if not ok: out.append((1e9, f"| {n} | - " + "| " * 9 + f"| 0 | {rs[-1].get('note', '')} |")); continue
            m = lambda k: st.median(r[k] for r in ok); best = min(r["wall"] for r in ok); ra = [lim[k] / r["wall"] for r in ok if (k := (r["call"], r["round"])) in lim]
            out.append((m("wall"), f"| {n} | {m('wall'):.3f} | {best:.3f} | {rs[0]['rows'] / m('wall'):,.0f} | {st.median(ra):.2f} | {m('cpu'):.1f} | {m('srv_cpu'):.1f} | {(m('cpu') + m('srv_cpu')) / lc:.2f} "
                        f"| {m('peak_mb'):.0f} | {m('tree_mb'):.0f} | {m('wal_mb'):.0f} | {len(ok)} | {chk} |"))
        print("\n".join(l for _, l in sorted(out)))
if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter); sp = ap.add_subparsers(dest="what", required=True)
    sp.add_parser("list"); r = sp.add_parser("run"); t = sp.add_parser("table")
    for x in (r, t): x.add_argument("-w", "--workloads", default=",".join(WL))
    t.add_argument("--since", default="", help="leave out calls of `run` before this time"); r.add_argument("-p", "--peers"); r.add_argument("-n", type=int, default=3); r.add_argument("--timeout", type=float, default=300); r.add_argument("--check", choices=("full", "rows", "none"), default="full"); r.add_argument("--cmd", action="append")
    a = ap.parse_args()
    if a.what == "list":
        for w, v in WL.items(): print(f"{w:4s} {v[0]:11s} {v[1]:12s} {v[2]:>9} {v[3]}  [{', '.join(n for n, f in peers().items() if has(f, v[0]))}]")
    else: (run if a.what == "run" else table_)(a)
