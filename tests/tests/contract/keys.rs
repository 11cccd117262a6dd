//! The sync file's table: every key and word of the published JSON Schema, and what shows that it works or is refused.

use std::collections::BTreeSet;

use crate::contract::case::Case::{NoConnection, NotAvailable, Reads, Shown, Stream, Writes};
use crate::contract::case::{self, Case};
use crate::contract::place::Place;
use crate::contract::{connections, file, schema};

const STREAM: &str = "syncs.*.streams.*";

/// Keys of the stream `people`, what they are told apart from, a change between two runs, a look and what it finds.
const fn stream(
    keys: &'static str,
    otherwise: &'static str,
    change: &'static str,
    look: &'static str,
    want: &'static [&'static str],
) -> Case {
    Stream(case::Stream {
        keys,
        otherwise: Some(otherwise),
        change,
        look,
        want,
    })
}

/// The one word of a key that is built: there is nothing to tell it apart from.
const fn only(keys: &'static str, change: &'static str, look: &'static str, want: &'static [&'static str]) -> Case {
    Stream(case::Stream {
        keys,
        otherwise: None,
        change,
        look,
        want,
    })
}

const fn reads(
    keys: &'static str,
    otherwise: &'static str,
    file: (&'static str, &'static [u8]),
    look: &'static str,
    want: &'static [&'static str],
) -> Case {
    Reads(case::Reads {
        keys,
        otherwise,
        file,
        look,
        want,
    })
}

const fn writes(keys: &'static str, otherwise: &'static str, file: &'static str, begins: &'static [u8]) -> Case {
    Writes(case::Writes {
        keys,
        otherwise,
        file,
        begins,
    })
}

const COUNT: &str = "select count(*) from people";
const NAMES: &str = "select name from people order by id";

/// Keys below a stream.
const STREAMS: &[(&str, Case)] = &[
    (
        "into",
        stream("into: folk", "", "", "select count(*) from folk", &["3"]),
    ),
    (
        "mode",
        stream(
            "mode: incremental, cursor: rev, write: append",
            "write: append",
            "",
            COUNT,
            &["3"],
        ),
    ),
    (
        "mode=full_refresh",
        stream(
            "mode: full_refresh, write: append",
            "mode: incremental, cursor: rev, write: append",
            "",
            COUNT,
            &["6"],
        ),
    ),
    (
        "mode=incremental",
        stream(
            "mode: incremental, cursor: rev, write: append",
            "write: append",
            "",
            COUNT,
            &["3"],
        ),
    ),
    ("mode=cdc", NotAvailable("mode: cdc")),
    ("write", stream("write: append", "", "", COUNT, &["6"])),
    (
        "write=overwrite",
        stream("write: overwrite", "write: append", "", COUNT, &["3"]),
    ),
    (
        "write=append",
        stream("write: append", "write: overwrite", "", COUNT, &["6"]),
    ),
    (
        "write=merge",
        stream(
            "write: merge",
            "",
            "delete from people where id = 1; update people set name = 'Eve' where id = 2",
            NAMES,
            &["Ada", "Eve", "Cy"],
        ),
    ),
    ("write=history", NotAvailable("write: history")),
    (
        "primary_key",
        stream(
            "write: merge, primary_key: [name]",
            "write: merge",
            "update people set id = 9 where id = 2",
            COUNT,
            &["3"],
        ),
    ),
    (
        "cursor",
        stream(
            "mode: incremental, cursor: rev",
            "mode: incremental, cursor: id",
            "update people set rev = 40, age = 37 where id = 1",
            "select age from people where id = 1",
            &["37"],
        ),
    ),
    (
        "start",
        stream(
            "mode: incremental, cursor: rev, start: 20",
            "mode: incremental, cursor: rev",
            "",
            NAMES,
            &["Bob", "Cy"],
        ),
    ),
    (
        "lookback",
        NotAvailable("mode: incremental, cursor: rev, lookback: 10m"),
    ),
    (
        "query",
        stream(
            "query: \"select id, upper(name) as name from people\"",
            "",
            "",
            NAMES,
            &["ADA", "BOB", "CY"],
        ),
    ),
    ("where", stream("where: \"age > 30\"", "", "", NAMES, &["Ada", "Bob"])),
    (
        "select",
        stream(
            "select: [\"*\", -score, -rev]",
            "",
            "",
            "select name from pragma_table_info('people')",
            &["id", "name", "age"],
        ),
    ),
    (
        "columns",
        stream(
            "columns: { folk: { from: name } }",
            "",
            "",
            "select folk from people order by id",
            &["Ada", "Bob", "Cy"],
        ),
    ),
    (
        "columns.*.from",
        stream(
            "columns: { name: { from: score } }",
            "",
            "",
            NAMES,
            &["1.5", "2.5", "none"],
        ),
    ),
    (
        "columns.*.expr",
        stream(
            "columns: { name: { expr: \"upper(name) || age\" } }",
            "",
            "",
            NAMES,
            &["ADA36", "BOB41", "CY7"],
        ),
    ),
    (
        "columns.*.type",
        stream(
            "columns: { age: { type: string } }",
            "",
            "",
            "select distinct typeof(age) from people",
            &["text"],
        ),
    ),
    ("columns.*.native", NotAvailable("columns: { age: { native: jsonb } }")),
    (
        "columns.*.mask",
        stream(
            "columns: { name: { mask: redact } }",
            "",
            "",
            NAMES,
            &["***", "***", "***"],
        ),
    ),
    (
        "columns.*.mask=hash",
        stream(
            "columns: { name: { mask: hash } }",
            "columns: { name: { mask: redact } }",
            "",
            "select count(distinct name), min(length(name)) from people",
            &["3|64"],
        ),
    ),
    (
        "columns.*.mask=redact",
        stream(
            "columns: { name: { mask: redact } }",
            "columns: { name: { mask: hash } }",
            "",
            NAMES,
            &["***", "***", "***"],
        ),
    ),
    (
        "columns.*.mask=null",
        stream(
            "columns: { name: { mask: \"null\" } }",
            "",
            "",
            NAMES,
            &["NULL", "NULL", "NULL"],
        ),
    ),
    (
        "columns.*.mask.partial",
        stream(
            "columns: { name: { mask: { partial: { keep_first: 1, keep_last: 1 } } } }",
            "",
            "",
            "select name from people where id = 1",
            &["A*a"],
        ),
    ),
    (
        "columns.*.mask.partial.keep_first",
        stream(
            "columns: { name: { mask: { partial: { keep_first: 2 } } } }",
            "columns: { name: { mask: { partial: { } } } }",
            "",
            "select name from people where id = 1",
            &["Ad*"],
        ),
    ),
    (
        "columns.*.mask.partial.keep_last",
        stream(
            "columns: { name: { mask: { partial: { keep_last: 2 } } } }",
            "columns: { name: { mask: { partial: { } } } }",
            "",
            "select name from people where id = 1",
            &["*da"],
        ),
    ),
    (
        "columns.*.mask=encrypt",
        NotAvailable("columns: { name: { mask: encrypt } }"),
    ),
    (
        "columns.*.allow_lossy",
        stream(
            "columns: { age: { type: float64, allow_lossy: true } }",
            "columns: { age: { type: float64 } }",
            "",
            COUNT,
            &["3"],
        ),
    ),
    ("naming", only("naming: keep", "", NAMES, &["Ada", "Bob", "Cy"])),
    ("naming=keep", only("naming: keep", "", NAMES, &["Ada", "Bob", "Cy"])),
    ("naming=snake", NotAvailable("naming: snake")),
    (
        "deletes",
        only(
            "write: merge, deletes: ignore",
            "delete from people where id = 1",
            COUNT,
            &["3"],
        ),
    ),
    (
        "deletes=ignore",
        only(
            "write: merge, deletes: ignore",
            "delete from people where id = 1",
            COUNT,
            &["3"],
        ),
    ),
    ("deletes=soft", NotAvailable("write: merge, deletes: soft")),
    ("deletes=hard", NotAvailable("write: merge, deletes: hard")),
    (
        "schema_changes",
        only(
            "write: merge, schema_changes: propagate",
            "alter table people add column city text",
            "select count(*) from people where city is null",
            &["3"],
        ),
    ),
    (
        "schema_changes=propagate",
        only(
            "write: merge, schema_changes: propagate",
            "alter table people add column city text",
            "select count(*) from people where city is null",
            &["3"],
        ),
    ),
    ("schema_changes=ignore", NotAvailable("schema_changes: ignore")),
    ("schema_changes=pause", NotAvailable("schema_changes: pause")),
    (
        "on_error",
        only(
            "on_error: fail, columns: { score: { type: float64 } }",
            "",
            COUNT,
            &["no such table: people"],
        ),
    ),
    (
        "on_error=fail",
        only(
            "on_error: fail, columns: { age: { expr: \"1 / (rev - 50)\" } }",
            "update people set rev = 50, name = 'Eve' where id = 3",
            NAMES,
            &["Ada", "Bob", "Cy"],
        ),
    ),
    ("on_error=null", NotAvailable("on_error: \"null\"")),
    ("on_error=reject", NotAvailable("on_error: reject")),
    ("max_rejects", NotAvailable("max_rejects: 5")),
    ("max_reject_ratio", NotAvailable("max_reject_ratio: 0.5")),
    (
        "allow_lossy",
        stream(
            "allow_lossy: true, columns: { age: { type: float64 } }",
            "columns: { age: { type: float64 } }",
            "",
            COUNT,
            &["3"],
        ),
    ),
    ("metadata", NotAvailable("metadata: true")),
    ("undo", NotAvailable("undo: { keep: 7d }")),
    ("undo.keep", NotAvailable("undo: { keep: 1h }")),
    ("pool", NotAvailable("pool: big")),
    ("before_sql", NotAvailable("before_sql: \"delete from people\"")),
    ("after_sql", NotAvailable("after_sql: \"delete from people\"")),
];

const CSV: (&str, &[u8]) = ("t.csv", b"a,b\n1,x\n2,y\n");
const LOOK: &str = "select a, b from t order by a";

/// All keys that are not below a stream.
const FILE: &[(&str, Case)] = &[
    ("version", Shown(file::version)),
    ("project", Shown(file::project)),
    ("connections", Shown(file::connections)),
    ("connections.*.connector", Shown(file::connections)),
    ("connections.*.connector=postgres", Shown(connections::url)),
    ("connections.*.connector=sqlite", only("", "", COUNT, &["3"])),
    (
        "connections.*.connector=files",
        reads("path: data", "path: data, header: false", CSV, LOOK, &["1|x", "2|y"]),
    ),
    ("connections.postgres.connector", Shown(connections::url)),
    ("connections.postgres.url", Shown(connections::url)),
    ("connections.postgres.host", Shown(connections::parts)),
    ("connections.postgres.port", Shown(connections::parts)),
    ("connections.postgres.database", Shown(connections::parts)),
    ("connections.postgres.user", Shown(connections::parts)),
    ("connections.postgres.password", Shown(connections::parts)),
    ("connections.postgres.tls", Shown(connections::tls)),
    ("connections.postgres.tls.mode", Shown(connections::tls)),
    ("connections.postgres.tls.mode=disable", Shown(connections::tls)),
    ("connections.postgres.tls.mode=prefer", Shown(connections::tls)),
    ("connections.postgres.tls.mode=require", Shown(connections::tls)),
    ("connections.postgres.tls.mode=verify-ca", Shown(connections::tls)),
    ("connections.postgres.tls.mode=verify-full", Shown(connections::tls)),
    ("connections.postgres.tls.ca_file", Shown(connections::tls)),
    (
        "connections.postgres.ssh",
        NoConnection("{ connector: postgres, host: h, user: u, database: d, ssh: { host: bastion, user: me } }"),
    ),
    (
        "connections.postgres.statement_timeout",
        Shown(connections::statement_timeout),
    ),
    ("connections.sqlite.connector", only("", "", COUNT, &["3"])),
    ("connections.sqlite.path", Shown(file::relative_paths)),
    (
        "connections.files.connector",
        reads("path: data", "path: data, header: false", CSV, LOOK, &["1|x", "2|y"]),
    ),
    (
        "connections.files.path",
        reads("path: data", "path: .", CSV, LOOK, &["1|x", "2|y"]),
    ),
    (
        "connections.files.format",
        reads(
            "path: data, format: csv",
            "path: data",
            ("t.txt", CSV.1),
            LOOK,
            &["1|x", "2|y"],
        ),
    ),
    (
        "connections.files.format=csv",
        reads(
            "path: data, format: csv",
            "path: data, format: ndjson",
            ("t.txt", CSV.1),
            LOOK,
            &["1|x", "2|y"],
        ),
    ),
    (
        "connections.files.format=ndjson",
        reads(
            "path: data, format: ndjson",
            "path: data, format: csv",
            ("t.txt", b"{\"a\":1,\"b\":\"x\"}\n"),
            LOOK,
            &["1|x"],
        ),
    ),
    (
        "connections.files.format=json",
        NoConnection("{ connector: files, path: ., format: json }"),
    ),
    (
        "connections.files.format=parquet",
        writes("format: parquet", "format: csv", "people.parquet", b"PAR1"),
    ),
    (
        "connections.files.compression",
        writes(
            "format: csv, compression: gzip",
            "format: csv",
            "people.csv.gz",
            b"\x1f\x8b",
        ),
    ),
    (
        "connections.files.compression=none",
        writes(
            "format: csv, compression: none",
            "format: csv, compression: gzip",
            "people.csv",
            b"id,name,age,rev,score\n1,Ada,36,10,1.5\n",
        ),
    ),
    (
        "connections.files.compression=gzip",
        writes(
            "format: csv, compression: gzip",
            "format: csv",
            "people.csv.gz",
            b"\x1f\x8b",
        ),
    ),
    (
        "connections.files.compression=zstd",
        writes(
            "format: csv, compression: zstd",
            "format: csv",
            "people.csv.zst",
            b"\x28\xb5\x2f\xfd",
        ),
    ),
    (
        "connections.files.compression=snappy",
        writes(
            "format: parquet, compression: snappy",
            "format: parquet, compression: none",
            "people.parquet",
            b"PAR1",
        ),
    ),
    (
        "connections.files.delimiter",
        reads(
            "path: data, delimiter: \";\"",
            "path: data",
            ("t.csv", b"a;b\n1;x\n"),
            LOOK,
            &["1|x"],
        ),
    ),
    (
        "connections.files.header",
        reads(
            "path: data, header: false",
            "path: data",
            CSV,
            "select column_1, column_2 from t",
            &["a|b", "1|x", "2|y"],
        ),
    ),
    (
        "connections.files.null_values",
        reads(
            "path: data, null_values: [\"n/a\"]",
            "path: data",
            ("t.csv", b"a,b\n1,n/a\n"),
            LOOK,
            &["1|NULL"],
        ),
    ),
    (
        "connections.files.quote",
        reads(
            "path: data, quote: \"'\"",
            "path: data",
            ("t.csv", b"a,b\n1,'x,y'\n"),
            LOOK,
            &["1|x,y"],
        ),
    ),
    (
        "connections.files.encoding",
        reads(
            "path: data, encoding: latin-1",
            "path: data",
            ("t.csv", b"a,b\n1,\xe9\n"),
            LOOK,
            &["1|\u{e9}"],
        ),
    ),
    (
        "connections.files.sample_rows",
        reads(
            "path: data, sample_rows: 0",
            "path: data, sample_rows: 1",
            CSV_LATE,
            LOOK,
            &["1|x", "late|y"],
        ),
    ),
    (
        "connections.files.columns",
        reads(
            "path: data, columns: { a: string }",
            "path: data",
            CSV,
            "select distinct typeof(a) from t",
            &["text"],
        ),
    ),
    ("connections.files.file_size", Shown(file::file_size)),
    ("environments", Shown(file::environments)),
    ("environments.*.connections", Shown(file::environments)),
    ("syncs", Shown(file::connections)),
    ("syncs.*.source", Shown(file::connections)),
    ("syncs.*.destination", Shown(file::connections)),
    ("syncs.*.streams", Shown(file::globs)),
    ("syncs.*.defaults", Shown(file::defaults)),
    ("syncs.*.state_schema", Shown(connections::state_schema)),
    ("syncs.*.schedule", Shown(file::schedule)),
    ("syncs.*.schedule.cron", Shown(file::schedule)),
    ("syncs.*.schedule.timezone", Shown(file::schedule)),
    ("syncs.*.schedule.misfire", Shown(file::schedule)),
    ("syncs.*.schedule.misfire=skip", Shown(file::schedule)),
    ("syncs.*.schedule.misfire=once", Shown(file::schedule)),
    ("syncs.*.schedule.misfire=all", Shown(file::schedule)),
    ("syncs.*.schedule.overlap", Shown(file::schedule)),
    ("syncs.*.schedule.overlap=skip", Shown(file::schedule)),
    ("syncs.*.schedule.overlap=queue", Shown(file::schedule)),
];

const CSV_LATE: (&str, &[u8]) = ("t.csv", b"a,b\n1,x\nlate,y\n");

fn table() -> Vec<(String, Case)> {
    let below = STREAMS.iter().map(|(key, case)| (format!("{STREAM}.{key}"), *case));
    FILE.iter()
        .map(|(key, case)| ((*key).to_owned(), *case))
        .chain(below)
        .collect()
}

#[test]
fn the_table_names_exactly_the_schema_s_keys() {
    let published = Place::new().syncapp(&["schema"]).exits(0).stdout;
    let published = schema::keys(&serde_json::from_str(&published).unwrap());
    let told: BTreeSet<String> = table().into_iter().map(|(key, _)| key).collect();
    let missing: Vec<_> = published.difference(&told).collect();
    let unknown: Vec<_> = told.difference(&published).collect();
    assert!(missing.is_empty(), "no row shows what these keys do: {missing:#?}");
    assert!(unknown.is_empty(), "these rows have no key in the schema: {unknown:#?}");
    assert_eq!(told.len(), table().len(), "a key has two rows");
}

/// Shows the rows that `chosen` picks; those that are tests of their own run as such.
fn show(chosen: fn(&Case) -> bool) {
    let rows: Vec<_> = table().into_iter().filter(|(_, case)| chosen(case)).collect();
    assert!(!rows.is_empty());
    for (key, case) in rows {
        case.show(&key);
    }
}

#[test]
fn stream_keys_have_their_effect() {
    show(|case| matches!(case, Stream(_)));
}

#[test]
fn keys_of_files_have_their_effect() {
    show(|case| matches!(case, Reads(_) | Writes(_)));
}

#[test]
fn what_is_not_built_is_refused() {
    show(|case| matches!(case, NotAvailable(_) | NoConnection(_)));
}

#[test]
fn other_keys_have_their_effect() {
    let mut tests: Vec<fn()> = Vec::new();
    for (_, case) in table() {
        if let Shown(test) = case
            && !tests.iter().any(|known| std::ptr::fn_addr_eq(*known, test))
        {
            tests.push(test);
        }
    }
    assert!(tests.len() > 10);
    std::thread::scope(|scope| {
        for test in tests {
            scope.spawn(test);
        }
    });
}
