//! Failures as a newcomer meets them: code, where, why and help, the exit code, and a target that is as it was.
//!
//! The texts are snapshots. [`Place::ran`] looks for secrets in everything that was said or kept.

use crate::contract::case::{PEOPLE, people, sync};
use crate::contract::connections::{shop, wait};
use crate::contract::place::{Place, Ran, database, postgres, program};

const FROM: &str = "{ connector: sqlite, path: from.db }";
const TO: &str = "{ connector: sqlite, path: to.db }";

/// What the program says of a failed run, in a form that is the same everywhere.
fn said(place: &Place, ran: &Ran) -> String {
    let progress = |line: &&str| !line.contains(" → ");
    let lines: Vec<&str> = ran.stderr.lines().filter(progress).collect();
    format!("exit code {}\n{}", ran.code, place.steady(&lines.join("\n")))
}

/// Compares what was said with the snapshot of that name.
fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.add_filter(r"127\.0\.0\.1:\d+", "127.0.0.1:[port]");
    settings.add_filter(r"port: \d+", "port: [port]");
    settings.add_filter(r"port \d{4,5}", "port [port]");
    settings.add_filter(r"(test|reader|writer)_\d+", "${1}_[n]");
    settings.add_filter(r"again in \d+ s", "again in [n] s");
    settings.add_filter(r"bytes \d+ of", "bytes [n] of");
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// Runs `sync.yaml`, which must fail with what the snapshot says and leave everything as it was.
#[track_caller]
fn fails(name: &str, place: &Place, code: i32) {
    let before = place.contents();
    let ran = place.syncapp(&["run", "sync.yaml"]);
    snapshot(name, &said(place, &ran));
    assert_eq!(ran.code, code, "{name}: {}", ran.stderr);
    assert!(before == place.contents(), "{name}: the target is not as it was");
    assert!(
        ran.stderr.contains(" = help: "),
        "{name} says nothing of what to do: {}",
        ran.stderr
    );
}

/// `people` from SQLite into SQLite, where a table of that name already holds a row.
fn place(keys: &str) -> Place {
    Place::new()
        .sqlite("from.db", PEOPLE)
        .sqlite(
            "to.db",
            "create table people(id integer primary key, name text, age integer, rev integer, score text);
                          insert into people values (1, 'before', 0, 0, '')",
        )
        .file("sync.yaml", people(keys))
}

#[test]
fn of_the_file() {
    let table: &[(&str, &str)] = &[
        ("unknown_key", "inot: folk"),
        ("unknown_word", "mode: incremetal"),
        ("unparsable_expression", "columns: { name: { expr: \"upper(name\" } }"),
        (
            "expression_of_an_unknown_column",
            "columns: { name: { expr: \"upper(nmae)\" } }",
        ),
        ("expression_with_an_unknown_function", "where: \"uper(name) = 'ADA'\""),
        ("unknown_column", "columns: { first_name: { from: nmae } }"),
        ("unknown_cursor", "mode: incremental, cursor: revv"),
        ("unknown_key_column", "write: merge, primary_key: [idd]"),
        ("lossy_cast", "columns: { age: { type: float64 } }"),
        ("mask_without_a_secret", "columns: { name: { mask: hash } }"),
        ("increment_without_a_cursor", "mode: incremental"),
        ("wrong_start", "mode: incremental, cursor: rev, start: soon"),
    ];
    for (name, keys) in table {
        fails(name, &place(keys), 2);
    }
    let place = place("");
    place.put("sync.yaml", people("").replace("streams:", "streams:\n      *people:"));
    fails("glob_without_quotes", &place, 2);
    place.put("sync.yaml", people("").replace("streams:", "streams:\n      !tmp_*:"));
    fails("exclusion_without_quotes", &place, 2);
    place.put("sync.yaml", people("").replace("destination: to", "destination: too"));
    fails("unknown_connection", &place, 2);
    place.put("sync.yaml", people("").replace("from.db", "${FROM_DB}"));
    fails("variable_without_quotes", &place, 2);
    place.put("sync.yaml", people("").replace("from.db", "\"${FROM_DB}\""));
    fails("unset_variable", &place, 2);
    place.put("sync.yaml", people("").replace("from.db", "secret://from-db"));
    fails("unknown_secret", &place, 2);
    place.put(
        "sync.yaml",
        people("").replace("people: {  }", "people: { into: folk }\n      pets: { into: folk }"),
    );
    place.alter("from.db", "create table pets(id integer)");
    fails("target_collision", &place, 2);
    std::fs::remove_file(place.path("sync.yaml")).unwrap();
    fails("no_sync_file", &place, 2);
}

#[test]
fn of_rows() {
    let table: &[(&str, &str)] = &[
        ("cast", "columns: { score: { type: int64 } }"),
        ("expression", "columns: { share: { expr: \"100 / (age - 7)\" } }"),
        ("null_key", "write: merge, primary_key: [name]"),
        ("duplicate_key", "write: merge, primary_key: [age]"),
        ("null_cursor", "mode: incremental, cursor: rev"),
        ("merge_without_a_key", "write: merge"),
    ];
    for (name, keys) in table {
        let place = place(keys);
        if name.ends_with("_without_a_key") {
            place.alter(
                "from.db",
                "create table old as select * from people; drop table people; alter table old rename to people",
            );
        }
        if *name == "cast" {
            place.alter("to.db", "drop table people; create table people(id integer, name text, age integer, rev integer, score integer)");
        }
        if *name == "expression" {
            place.alter("to.db", "alter table people add column share integer");
        }
        place.alter("from.db", "insert into people values (4, 'Di', 36, 40, '4')");
        if name.starts_with("null") {
            place.alter("from.db", "insert into people values (5, null, 5, null, '5')");
        }
        fails(name, &place, if name.ends_with("_without_a_key") { 2 } else { 1 });
    }
}

#[test]
fn of_sqlite() {
    let at = place("");
    at.put("sync.yaml", people("").replace("people: {", "peple: {"));
    fails("sqlite_missing_table", &at, 1);
    at.put("sync.yaml", people("").replace("from.db", "form.db"));
    fails("sqlite_missing_file", &at, 1);
    at.put("sync.yaml", people("").replace("to.db", "nowhere/to.db"));
    fails("sqlite_missing_folder", &at, 1);
    at.put(
        "noise.db",
        "this is no database, and it is long enough to be looked at as one",
    );
    at.put("sync.yaml", people("").replace("from.db", "noise.db"));
    fails("sqlite_no_database", &at, 1);
    let at = place("write: append");
    at.alter("to.db", "drop table people; create table people(id integer primary key check (id < 2), name text, age integer, rev integer, score text)");
    fails("sqlite_constraint", &at, 1);
}

#[test]
fn of_files() {
    let at = |files: &[(&str, &str)], stream: &str, keys: &str| {
        let file = sync("{ connector: files, path: data }", TO, stream, keys);
        let place = Place::new().sqlite(
            "to.db",
            "create table orders(a integer, b text); insert into orders values (0, 'before')",
        );
        for (name, text) in files {
            place.put(name, text);
        }
        place.put("sync.yaml", file);
        place
    };
    let orders = ("data/orders.csv", "a,b\n1,x\n2,y\n");
    fails("csv_missing_file", &at(&[orders], "order.csv", "into: orders"), 1);
    fails("csv_missing_folder", &at(&[], "orders.csv", "into: orders"), 1);
    fails(
        "csv_empty_folder",
        &at(&[("data/.keep", "")], "orders.csv", "into: orders"),
        1,
    );
    fails(
        "csv_unknown_ending",
        &at(&[("data/orders.txt", orders.1)], "orders.txt", "into: orders"),
        2,
    );
    fails(
        "csv_ragged",
        &at(&[("data/orders.csv", "a,b\n1,x\n2\n3,z\n")], "orders.csv", ""),
        1,
    );
    fails(
        "csv_open_quote",
        &at(&[("data/orders.csv", "a,b\n1,x\n2,\"y\n")], "orders.csv", ""),
        1,
    );
    fails(
        "ndjson_torn",
        &at(&[("data/orders.ndjson", "{\"a\":1}\n{\"a\":\n")], "orders.ndjson", ""),
        1,
    );
    fails(
        "parquet_noise",
        &at(&[("data/orders.parquet", "this is not Parquet")], "orders.parquet", ""),
        1,
    );
    fails("outside_the_folder", &at(&[orders], "../to.db", "into: orders"), 2);
}

/// Root reads everything: without its capabilities it is a user like others.
#[test]
fn of_rights() {
    use std::os::unix::fs::PermissionsExt;
    let locked = |place: &Place, name: &str, mode: u32| {
        std::fs::set_permissions(place.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let fails = |name: &str, place: &Place| {
        let program = program();
        let line = [
            "setpriv",
            "--inh-caps=-all",
            "--bounding-set=-all",
            &program,
            "run",
            "sync.yaml",
        ];
        let root = std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
        let ran = place.run(if root { &line } else { &line[3..] });
        snapshot(name, &said(place, &ran));
        ran
    };
    let at = Place::new().file("data/orders.csv", "a,b\n1,x\n").file(
        "sync.yaml",
        sync("{ connector: files, path: data }", TO, "orders.csv", ""),
    );
    locked(&at, "data/orders.csv", 0o000);
    fails("unreadable_csv", &at).exits(1);
    locked(&at, "data", 0o000);
    fails("unreadable_folder", &at).exits(1);
    locked(&at, "data", 0o755);
    assert!(!at.path("to.db").exists());
    let at = place("");
    let before = at.contents();
    locked(&at, "from.db", 0o000);
    fails("unreadable_database", &at).exits(1);
    locked(&at, "from.db", 0o644);
    locked(&at, "to.db", 0o444);
    fails("unwritable_database", &at).exits(1);
    locked(&at, "to.db", 0o644);
    locked(&at, "sync.yaml", 0o000);
    fails("unreadable_sync_file", &at).exits(2);
    locked(&at, "sync.yaml", 0o644);
    assert!(before == at.contents());
    at.put(
        "sync.yaml",
        sync(FROM, "{ connector: files, path: out, format: csv }", "people", ""),
    );
    at.put("out/people.csv", "before\n");
    locked(&at, "out", 0o555);
    fails("unwritable_folder", &at).exits(1);
    locked(&at, "out", 0o755);
    assert_eq!(at.text("out/people.csv"), "before\n");
}

/// A limit on the size of files stands for a full disk: writing fails in the middle.
#[test]
fn of_a_full_disk() {
    let rows = "with recursive n(i) as (select 10 union all select i + 1 from n where i < 60000)
                insert into people select i, 'somebody of a long name', i, i, 'x' from n";
    for (name, to) in [
        ("full_disk_sqlite", TO),
        ("full_disk_csv", "{ connector: files, path: out, format: csv }"),
        (
            "full_disk_parquet",
            "{ connector: files, path: out, format: parquet, compression: none }",
        ),
    ] {
        let at = place("").file("sync.yaml", sync(FROM, to, "people", ""));
        at.alter("from.db", rows);
        at.put("out/people.csv", "before\n");
        at.put("out/people.parquet", "before\n");
        let before = at.contents();
        let limited = format!("trap '' XFSZ; ulimit -f 400; exec {} run sync.yaml", program());
        let ran = at.run(&["bash", "-c", &limited]);
        snapshot(name, &said(&at, &ran));
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        assert!(ran.stderr.contains(" = help: "), "{}", ran.stderr);
        assert!(before == at.contents(), "{name}: the target is not as it was");
        at.syncapp(&["run", "sync.yaml"]).exits(0);
    }
}

#[test]
fn of_postgres_as_source() {
    let shop = shop();
    let good = postgres(&shop.reader);
    let at = place("");
    let run = |name: &str, connection: &str, stream: &str, keys: &str, code: i32| {
        at.put("sync.yaml", sync(connection, TO, stream, keys));
        fails(name, &at, code);
    };
    let parts = |host: &str, port: u16, database: &str| {
        let login = &shop.reader;
        format!(
            "{{ connector: postgres, host: {host}, port: {port}, database: {database}, user: {}, password: {} }}",
            login.user, login.password
        )
    };
    let (port, name) = (shop.reader.port, shop.name.clone());
    run(
        "pg_wrong_password",
        &good.replace(&shop.reader.password, "canary-wrong"),
        "public.orders",
        "",
        1,
    );
    run(
        "pg_unknown_host",
        &parts("nowhere.invalid", port, &name),
        "public.orders",
        "",
        1,
    );
    run("pg_closed_port", &parts("127.0.0.1", 1, &name), "public.orders", "", 1);
    run(
        "pg_unknown_database",
        &parts("127.0.0.1", port, "nowhere"),
        "public.orders",
        "",
        1,
    );
    run("pg_missing_table", &good, "public.order", "", 1);
    run("pg_missing_schema", &good, "publik.orders", "", 1);
    run(
        "pg_wrong_query",
        &good,
        "public.q",
        "into: q, query: \"select * form orders\"",
        2,
    );
    run(
        "pg_unknown_column",
        &good,
        "public.orders",
        "columns: { sum: { from: totl } }",
        2,
    );
    wait(shop.run("create table public.secret(id int); revoke all on public.secret from public; revoke all on all tables in schema public from public"));
    wait(shop.run(&format!("revoke select on public.secret from {}", shop.reader.user)));
    run("pg_no_rights", &good, "public.secret", "", 1);
}

#[test]
fn of_postgres_as_destination() {
    let (target, other) = (wait(database()), shop());
    let setup = format!(
        "create table landing.people(id bigint primary key, name text not null, age bigint, rev bigint, score text);
         insert into landing.people values (1, 'before', 0, 0, '');
         alter table landing.people owner to {}",
        target.writer.user
    );
    wait(target.run(&setup));
    let good = postgres(&target.writer);
    let at = Place::new().sqlite("from.db", PEOPLE);
    let run = |name: &str, connection: &str, keys: &str, code: i32| {
        at.put("sync.yaml", sync(FROM, connection, "people", keys));
        fails(name, &at, code);
        let rows = wait(target.texts("select people::text from landing.people"));
        assert_eq!(rows, [Some("(1,before,0,0,\"\")".into())], "{name}");
        let tables = "select string_agg(relname, ',' order by relname) from pg_class c join pg_namespace n on n.oid = relnamespace
                      where nspname = 'landing' and relkind = 'r' and relname not in ('_syncapp_checkpoint', '_syncapp_boundary')";
        let left = wait(target.text(tables));
        assert_eq!(left, "people", "{name}");
    };
    run(
        "pg_target_wrong_password",
        &good.replace(&target.writer.password, "canary-wrong"),
        "",
        1,
    );
    run("pg_target_unknown_schema", &good, "into: nowhere.people", 1);
    run("pg_target_no_rights", &good, "into: public.people", 1);
    run(
        "pg_target_not_null",
        &good,
        "into: landing.people, columns: { name: { expr: \"nullif(name, 'Bob')\" } }",
        1,
    );
    run(
        "pg_target_cast",
        &good,
        "into: landing.people, columns: { age: { from: score, type: int64 } }",
        1,
    );
    run(
        "pg_target_out_of_range",
        &good,
        "into: landing.people, columns: { rev: { expr: \"rev * 1000000000000000000\" } }",
        1,
    );
    drop(other);
}
