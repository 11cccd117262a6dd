//! The sync file's table: every key and word of the published JSON Schema, and what shows that it works or is refused.

use std::collections::BTreeSet;

use crate::contract::case::Case::{self, NoConnection, NotAvailable, Reads, Shown, Stream, Writes};
use crate::contract::case::{only, reads, writes};
use crate::contract::place::Place;
use crate::contract::stream_keys::{COUNT, STREAMS};
use crate::contract::{connections, file, mysql, schedule, schema, tunnel};

const STREAM: &str = "syncs.*.streams.*";

const CSV: (&str, &[u8]) = ("t.csv", b"a,b\n1,x\n2,y\n");
const LOOK: &str = "select a, b from t order by a";

/// All keys that are not below a stream.
const FILE: &[(&str, Case)] = &[
    ("version", Shown(file::version)),
    ("project", Shown(file::project)),
    ("connections", Shown(file::connections)),
    ("connections.*.connector", Shown(file::connections)),
    ("connections.*.max_streams", Shown(connections::max_streams)),
    ("connections.*.connector=postgres", Shown(connections::url)),
    ("connections.*.connector=sqlite", only("", "", COUNT, &["3"])),
    (
        "connections.*.connector=files",
        reads("path: data", "path: data, header: false", CSV, LOOK, &["1|x", "2|y"]),
    ),
    ("connections.postgres.max_streams", Shown(connections::max_streams)),
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
    ("connections.postgres.ssh", Shown(tunnel::postgres)),
    ("connections.postgres.ssh.host", Shown(tunnel::postgres)),
    ("connections.postgres.ssh.port", Shown(tunnel::postgres)),
    ("connections.postgres.ssh.user", Shown(tunnel::postgres)),
    ("connections.postgres.ssh.key", Shown(tunnel::postgres)),
    ("connections.postgres.ssh.passphrase", Shown(tunnel::postgres)),
    ("connections.postgres.ssh.password", Shown(tunnel::postgres)),
    ("connections.postgres.ssh.known_hosts", Shown(tunnel::postgres)),
    ("connections.postgres.ssh.host_key", Shown(tunnel::postgres)),
    (
        "connections.postgres.statement_timeout",
        Shown(connections::statement_timeout),
    ),
    ("connections.*.connector=mysql", Shown(mysql::url)),
    ("connections.mysql.max_streams", Shown(connections::max_streams)),
    ("connections.mysql.connector", Shown(mysql::url)),
    ("connections.mysql.url", Shown(mysql::url)),
    ("connections.mysql.host", Shown(mysql::parts)),
    ("connections.mysql.port", Shown(mysql::parts)),
    ("connections.mysql.database", Shown(mysql::parts)),
    ("connections.mysql.user", Shown(mysql::parts)),
    ("connections.mysql.password", Shown(mysql::parts)),
    ("connections.mysql.tls", Shown(mysql::tls)),
    ("connections.mysql.tls.mode", Shown(mysql::tls)),
    ("connections.mysql.tls.mode=disable", Shown(mysql::tls)),
    ("connections.mysql.tls.mode=prefer", Shown(mysql::tls)),
    ("connections.mysql.tls.mode=require", Shown(mysql::tls)),
    ("connections.mysql.tls.mode=verify-ca", Shown(mysql::tls)),
    ("connections.mysql.tls.mode=verify-full", Shown(mysql::tls)),
    ("connections.mysql.tls.ca_file", Shown(mysql::tls)),
    ("connections.mysql.ssh", Shown(tunnel::mysql)),
    ("connections.mysql.ssh.host", Shown(tunnel::mysql)),
    ("connections.mysql.ssh.port", Shown(tunnel::mysql)),
    ("connections.mysql.ssh.user", Shown(tunnel::mysql)),
    ("connections.mysql.ssh.key", Shown(tunnel::mysql)),
    ("connections.mysql.ssh.passphrase", Shown(tunnel::mysql)),
    ("connections.mysql.ssh.password", Shown(tunnel::mysql)),
    ("connections.mysql.ssh.known_hosts", Shown(tunnel::mysql)),
    ("connections.mysql.ssh.host_key", Shown(tunnel::mysql)),
    ("connections.mysql.statement_timeout", Shown(mysql::statement_timeout)),
    ("connections.sqlite.max_streams", Shown(connections::max_streams)),
    ("connections.sqlite.connector", only("", "", COUNT, &["3"])),
    ("connections.sqlite.path", Shown(file::relative_paths)),
    ("connections.files.max_streams", Shown(connections::max_streams)),
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
    (
        "environments.*.connections.*.max_streams",
        Shown(connections::max_streams),
    ),
    ("syncs", Shown(file::connections)),
    ("syncs.*.source", Shown(file::connections)),
    ("syncs.*.destination", Shown(file::connections)),
    ("syncs.*.streams", Shown(file::globs)),
    ("syncs.*.defaults", Shown(file::defaults)),
    ("syncs.*.state_schema", Shown(connections::state_schema)),
    ("syncs.*.schedule", Shown(schedule::schedule)),
    ("syncs.*.schedule.cron", Shown(schedule::schedule)),
    ("syncs.*.schedule.timezone", Shown(schedule::schedule)),
    ("syncs.*.schedule.every", Shown(schedule::schedule)),
    ("syncs.*.schedule.at", Shown(schedule::schedule)),
    ("syncs.*.schedule.after", Shown(schedule::schedule)),
    ("syncs.*.schedule.misfire", Shown(schedule::ticks)),
    ("syncs.*.schedule.misfire=skip", Shown(schedule::ticks)),
    ("syncs.*.schedule.misfire=once", Shown(schedule::ticks)),
    ("syncs.*.schedule.misfire=all", Shown(schedule::ticks)),
    ("syncs.*.schedule.overlap", Shown(schedule::ticks)),
    ("syncs.*.schedule.overlap=skip", Shown(schedule::ticks)),
    ("syncs.*.schedule.overlap=queue", Shown(schedule::ticks)),
    ("syncs.*.schedule.blackouts", Shown(schedule::ticks)),
    ("syncs.*.schedule.blackouts.*.days", Shown(schedule::schedule)),
    ("syncs.*.schedule.blackouts.*.days.*=mon", Shown(schedule::schedule)),
    ("syncs.*.schedule.blackouts.*.days.*=tue", Shown(schedule::schedule)),
    ("syncs.*.schedule.blackouts.*.days.*=wed", Shown(schedule::schedule)),
    ("syncs.*.schedule.blackouts.*.days.*=thu", Shown(schedule::schedule)),
    ("syncs.*.schedule.blackouts.*.days.*=fri", Shown(schedule::schedule)),
    ("syncs.*.schedule.blackouts.*.days.*=sat", Shown(schedule::schedule)),
    ("syncs.*.schedule.blackouts.*.days.*=sun", Shown(schedule::schedule)),
    ("syncs.*.schedule.blackouts.*.from", Shown(schedule::schedule)),
    ("syncs.*.schedule.blackouts.*.until", Shown(schedule::schedule)),
    ("syncs.*.schedule.blackouts.*.timezone", Shown(schedule::schedule)),
    ("syncs.*.schedule.paused", Shown(schedule::schedule)),
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
