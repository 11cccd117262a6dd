//! Effects of the sync file's outer keys.

use crate::contract::case::{PEOPLE, people, sync};
use crate::contract::place::Place;

const SQLITE: &str = "{ connector: sqlite, path: to.db }";

pub(crate) fn place(file: &str) -> Place {
    Place::new().sqlite("from.db", PEOPLE).file("sync.yaml", file)
}

pub(crate) fn version() {
    place(&people("")).syncapp(&["run", "sync.yaml"]).exits(0);
    let place = place(&people("").replace("version: 1", "version: 2"));
    let ran = place.syncapp(&["run", "sync.yaml"]).exits(2);
    assert!(
        ran.stderr.contains("config.invalid_value") && !place.path("to.db").exists(),
        "{}",
        ran.stderr
    );
}

pub(crate) fn project() {
    for (file, want) in [(people(""), "sync"), (format!("project: shop\n{}", people("")), "shop")] {
        let place = place(&file);
        place.syncapp(&["run", "sync.yaml"]).exits(0);
        assert_eq!(place.rows("to.db", "select project from _syncapp_checkpoint"), [want]);
    }
}

/// Two syncs of three connections: each reads and writes the ones it names.
pub(crate) fn connections() {
    let place = Place::new().sqlite("a.db", PEOPLE).file(
        "sync.yaml",
        "
version: 1
connections:
  a: { connector: sqlite, path: a.db }
  b: { connector: sqlite, path: b.db }
  c: { connector: sqlite, path: c.db }
syncs:
  ab: { source: a, destination: b, streams: { people: { where: \"id = 1\" } } }
  ac: { source: a, destination: c, streams: { people: { where: \"id > 1\" } } }
",
    );
    place.syncapp(&["run", "sync.yaml"]).exits(0);
    assert_eq!(place.rows("b.db", "select name from people"), ["Ada"]);
    assert_eq!(place.rows("c.db", "select name from people order by id"), ["Bob", "Cy"]);
}

/// A path begins at the sync file's folder, wherever the program is run.
pub(crate) fn relative_paths() {
    let place = Place::new().file("sub/sync.yaml", people(""));
    place.alter("sub/from.db", PEOPLE);
    place.syncapp(&["run", "sub/sync.yaml"]).exits(0);
    assert!(place.path("sub/to.db").exists() && !place.path("to.db").exists());
    place
        .run(&[
            "sh",
            "-c",
            &format!(
                "cd / && {} check {}",
                super::place::program(),
                place.path("sub/sync.yaml").display()
            ),
        ])
        .exits(0);
}

pub(crate) fn file_size() {
    let parts = |keys: &str| {
        let to = format!("{{ connector: files, path: out, format: csv, {keys} }}");
        let file = sync("{ connector: sqlite, path: from.db }", &to, "people", "");
        let place = place(&file);
        place.alter(
            "from.db",
            "with recursive n(i) as (select 10 union all select i + 1 from n where i < 30000)
            insert into people select i, 'somebody', 1, i, 'x' from n",
        );
        place.syncapp(&["run", "sync.yaml"]).exits(0);
        let entries = std::fs::read_dir(place.path("out")).unwrap().flatten();
        entries
            .filter(|entry| entry.file_name().to_string_lossy().ends_with(".csv"))
            .count()
    };
    assert_eq!(parts(""), 1);
    assert!(parts("file_size: 100KB") > 2);
}

pub(crate) fn environments() {
    let file = format!(
        "{}environments:\n  prod: {{ connections: {{ to: {{ path: prod.db }} }} }}\n",
        people("")
    );
    let place = place(&file);
    place.syncapp(&["run", "sync.yaml", "--env", "prod"]).exits(0);
    assert!(place.path("prod.db").exists() && !place.path("to.db").exists());
    place.syncapp(&["run", "sync.yaml"]).exits(0);
    assert!(place.path("to.db").exists());
    let ran = place.syncapp(&["run", "sync.yaml", "--env", "prot"]).exits(2);
    assert!(
        ran.stderr.contains("config.unknown_name") && ran.stderr.contains("prod"),
        "{}",
        ran.stderr
    );
}

/// Exact names beat globs, later globs earlier ones, and `!` leaves out.
pub(crate) fn globs() {
    let from = "{ connector: sqlite, path: from.db }";
    let file = sync(from, SQLITE, "\"*\"", "").replace(
        "      \"*\": {  }\n",
        "      \"*\":\n      \"p*\": { where: \"id > 1\" }\n      pets: { into: animals }\n      \"!tmp_*\":\n",
    );
    let place = place(&file);
    place.alter(
        "from.db",
        "create table pets(id integer); create table plants(id integer); insert into plants values (1), (2);
        create table tmp_x(id integer); create table other(id integer); create view v as select * from pets",
    );
    place.syncapp(&["run", "sync.yaml"]).exits(0);
    let tables = "select name from sqlite_schema where type = 'table' and name not like '%syncapp%' order by name";
    assert_eq!(place.rows("to.db", tables), ["animals", "other", "people", "plants"]);
    assert_eq!(place.rows("to.db", "select id from plants"), ["2"]);
}

pub(crate) fn defaults() {
    let file = people("").replace(
        "    streams:\n",
        "    defaults: { where: \"id = 1\", select: [id, name] }\n    streams:\n",
    );
    let place = place(&file);
    place.syncapp(&["run", "sync.yaml"]).exits(0);
    assert_eq!(place.rows("to.db", "select * from people"), ["1|Ada"]);
    place.put("sync.yaml", file.replace("people: {", "people: { where: \"id = 2\""));
    place.syncapp(&["run", "sync.yaml"]).exits(0);
    assert_eq!(
        place.rows("to.db", "select * from people"),
        ["2|Bob"],
        "a stream's own key replaces the default"
    );
}

/// The documentation's own example: every key in it is known, and all of it is built.
#[test]
fn the_documented_example_is_a_sync_file() {
    let page = include_str!("../../../docs/sync-file.md");
    let example = page
        .split("```yaml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    let place = Place::new()
        .file("sync.yaml", example)
        .variable("SHOP_PASSWORD", "canary-shop");
    let ran = place.syncapp(&["check", "sync.yaml"]).exits(1);
    assert!(
        ran.stdout.contains("connection lake (destination): ok"),
        "{}",
        ran.stdout
    );
    // Its servers are nowhere.
    let errors: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("error[")).collect();
    assert!(!errors.is_empty(), "{}", ran.stderr);
    for error in errors {
        assert!(error.starts_with("error[source.unreachable]"), "{}", ran.stderr);
    }
}
