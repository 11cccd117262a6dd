//! Columns of users' own tables that change values: only with consent, and said by `check`, `plan` and `run` before.

use crate::contract::case::sync;
use crate::contract::connections::wait;
use crate::contract::place::{Place, database, postgres};
use crate::mysql::lab;
use syncapp_tests::server::mariadb::MariaDb;

const FROM: &str = "{ connector: sqlite, path: from.db }";

/// A source with one column `v` beside the key, of this type with this value.
fn source(declared: &str, value: &str) -> Place {
    Place::new().sqlite(
        "from.db",
        &format!("create table t(id integer primary key, v {declared}); insert into t values (1, {value})"),
    )
}

/// Without consent nothing lands, and the error names both types and the remedy; with it the value lands as `landed`.
fn refused_then_allowed(
    at: &Place,
    to: &str,
    keys: &str,
    types: [&str; 2],
    look: impl Fn() -> Vec<Option<String>>,
    landed: &str,
) {
    at.put("sync.yaml", sync(FROM, to, "t", keys));
    let ran = at.syncapp(&["run", "sync.yaml"]).exits(2);
    for said in ["config.lossy_type", types[0], types[1], "allow_lossy: true"] {
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
    assert_eq!(look(), [], "{keys}: nothing landed");
    let ran = at.syncapp(&["check", "sync.yaml"]).exits(2);
    assert!(ran.stderr.contains("config.lossy_type"), "{}", ran.stderr);
    assert!(ran.stdout.contains("would change"), "{}", ran.stdout);
    let ran = at.syncapp(&["plan", "sync.yaml"]).exits(2);
    assert!(ran.stdout.contains("would change: refused"), "{}", ran.stdout);

    for consent in ["allow_lossy: true", "columns: { v: { allow_lossy: true } }"] {
        at.put("sync.yaml", sync(FROM, to, "t", &format!("{keys}, {consent}")));
        let ran = at.syncapp(&["check", "sync.yaml"]).exits(0);
        assert!(
            ran.stdout.contains("may change, which the file allows"),
            "{}",
            ran.stdout
        );
        let ran = at.syncapp(&["plan", "sync.yaml"]).exits(0);
        assert!(ran.stdout.contains("may change: allowed"), "{}", ran.stdout);
        at.syncapp(&["run", "sync.yaml"]).exits(0);
        assert_eq!(look(), [Some(landed.to_owned())], "{keys}");
    }
}

#[test]
fn postgres_columns_that_change_values_need_consent() {
    let target = wait(database());
    let to = postgres(&target.writer);
    for (at, (kind, declared, value, ty, landed)) in [
        (
            "jsonb",
            "TEXT_JSON",
            "'{\"b\": 1.10, \"a\": 1, \"a\": 2}'",
            "json",
            "{\"a\": 2, \"b\": 1.10}",
        ),
        ("character(4)", "TEXT", "'ab'", "string", "ab  "),
        (
            "timestamp(0) without time zone",
            "TEXT_TIMESTAMP",
            "'2024-02-29 23:59:59.700000'",
            "timestamp",
            "2024-03-01 00:00:00",
        ),
        ("numeric(1000,1)", "TEXT_DECIMAL", "'1.25'", "decimal", "1.3"),
    ]
    .into_iter()
    .enumerate()
    {
        let table = format!("landing.t{at}");
        wait(target.run(&format!(
            "create table {table}(id bigint, v {kind}); alter table {table} owner to {}",
            target.writer.user
        )));
        let look = || {
            wait(target.texts(&format!(
                "select concat(v::text, repeat(' ', 4 - length(v::text))) from {table}"
            )))
        };
        let look = || {
            if kind.starts_with("character") {
                look()
            } else {
                wait(target.texts(&format!("select v::text from {table}")))
            }
        };
        refused_then_allowed(
            &source(declared, value),
            &to,
            &format!("into: {table}"),
            [ty, kind],
            look,
            landed,
        );
    }
    // A type asked for by its own name is consent.
    let at = source("TEXT_JSON", "'{\"b\": 1, \"a\": 2}'");
    at.put(
        "sync.yaml",
        sync(FROM, &to, "t", "into: landing.asked, columns: { v: { native: jsonb } }"),
    );
    at.syncapp(&["run", "sync.yaml"]).exits(0);
    assert_eq!(
        wait(target.text("select v::text from landing.asked")),
        "{\"a\": 2, \"b\": 1}"
    );
}

#[test]
fn mysql_columns_that_change_values_need_consent() {
    let databases = wait(async { MariaDb::shared().await.databases().await });
    let to = lab::connection(&databases.writer);
    for (at, (kind, declared, value, ty, landed)) in [
        (
            "datetime",
            "TEXT_TIMESTAMP",
            "'2024-02-29 23:59:58.700000'",
            "timestamp",
            "2024-02-29 23:59:58",
        ),
        ("float(7,1)", "BLOB_FLOAT32", "1.75", "float32", "1.8"),
    ]
    .into_iter()
    .enumerate()
    {
        let table = format!("t{at}");
        wait(
            databases
                .writer
                .run(&format!("create table {table}(id bigint, v {kind})")),
        );
        let look = || wait(databases.writer.texts(&format!("select cast(v as char) from {table}")));
        refused_then_allowed(
            &source(declared, value),
            &to,
            &format!("into: {table}"),
            [ty, kind],
            look,
            landed,
        );
    }
    // A text that a `char` would shorten is an error of its row.
    wait(databases.writer.run("create table short(id bigint, v char(5))"));
    let at = source("TEXT", "'ab '");
    at.put("sync.yaml", sync(FROM, &to, "t", "into: short"));
    let ran = at.syncapp(&["run", "sync.yaml"]).exits(1);
    assert!(
        ran.stderr.contains("destination.value_out_of_range") && ran.stderr.contains("blanks at its end"),
        "{}",
        ran.stderr
    );
    // Keys that the table's collation takes for one.
    wait(databases.writer.run(
        "create table folded(id bigint, v varchar(20) character set utf8mb4 collate utf8mb4_general_ci primary key)",
    ));
    let look = || wait(databases.writer.texts("select v from folded"));
    let keys = "into: folded, write: merge, primary_key: [v]";
    refused_then_allowed(
        &source("TEXT", "'A'"),
        &to,
        keys,
        ["string", "utf8mb4_general_ci"],
        look,
        "A",
    );
}

#[test]
fn types_that_land_in_wider_ones_are_said() {
    let target = wait(database());
    wait(target.run(&format!(
        "create table landing.t(id numeric(30,5), v text); alter table landing.t owner to {}",
        target.writer.user
    )));
    let at = source("TEXT_JSON", "'[1]'");
    at.put(
        "sync.yaml",
        sync(FROM, &postgres(&target.writer), "t", "into: landing.t"),
    );
    let ran = at.syncapp(&["check", "sync.yaml"]).exits(0);
    assert!(
        ran.stdout.contains("t.id: INTEGER → numeric(30,5), widened")
            && ran.stdout.contains("t.v: TEXT_JSON → text, widened"),
        "{}",
        ran.stdout
    );
    let json = at.syncapp(&["check", "sync.yaml", "--json"]).exits(0).json();
    assert_eq!(json[0]["streams"][0]["columns"][1]["fit"], "widened");
    let ran = at.syncapp(&["plan", "sync.yaml"]).exits(0);
    assert!(ran.stdout.contains("widened"), "{}", ran.stdout);
    at.syncapp(&["run", "sync.yaml"]).exits(0);
    assert_eq!(wait(target.text("select id || v from landing.t")), "1.00000[1]");
}
