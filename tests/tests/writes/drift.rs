//! The columns of a source that change between two runs, each change with each policy and each kind of target: what the
//! table is then, what it holds, how the run ends and what it says. Nothing is ever cut to fit.

use std::fmt::Write as _;
use std::thread;

use super::lab::{Lab, Target};

const POLICIES: [&str; 3] = ["propagate", "ignore", "pause"];

const WRITES: [&str; 3] = ["overwrite", "append", "merge"];

/// What changes: its name, and the tables of the source one after the other, each before a run.
const CHANGES: [(&str, &[&str]); 8] = [
    (
        "int64 to int32",
        &[
            "v integer); insert into people values (1, 5000000000), (2, 20)",
            "v int32); insert into people values (1, 10), (2, 20), (3, 30)",
        ],
    ),
    (
        "int32 to int64",
        &[
            "v int32); insert into people values (1, 10), (2, 20)",
            "v integer); insert into people values (1, 5000000000), (2, 20), (3, 30)",
        ],
    ),
    (
        "varchar(50) to varchar(10)",
        &[
            "v varchar(50)); insert into people values (1, 'longer than ten'), (2, 'b')",
            "v varchar(10)); insert into people values (1, 'a'), (2, 'b'), (3, 'c')",
        ],
    ),
    (
        "int to text",
        &[
            "v integer); insert into people values (1, 10), (2, 20)",
            "v text); insert into people values (1, 'ten'), (2, '20'), (3, '030')",
        ],
    ),
    (
        "text to int",
        &[
            "v text); insert into people values (1, 'ten'), (2, '20')",
            "v integer); insert into people values (1, 10), (2, 20), (3, 30)",
        ],
    ),
    (
        "timestamp to date",
        &[
            "v text_timestamp); insert into people values (1, '2024-01-02 03:04:05'), (2, '2024-02-03 00:00:00')",
            "v text_date); insert into people values (1, '2024-01-02'), (2, '2024-02-03'), (3, '2024-03-04')",
        ],
    ),
    (
        "v renamed to w",
        &[
            "v text); insert into people values (1, 'a'), (2, 'b')",
            "w text); insert into people values (1, 'a'), (2, 'new'), (3, 'c')",
        ],
    ),
    (
        "v dropped, and added again as text",
        &[
            "v integer); insert into people values (1, 10), (2, 20)",
            "u text); insert into people values (1, 'u'), (2, 'u'), (3, 'u')",
            "u text, v text); insert into people values (1, 'u', 'ten'), (2, 'u', 'b'), (4, 'u', 'c')",
        ],
    ),
];

#[test]
fn each_change_has_its_outcome() {
    let labs = Lab::all();
    let told: Vec<(&str, String)> = thread::scope(|scope| {
        let runs: Vec<_> = labs
            .iter()
            .map(|lab| scope.spawn(move || (name(lab), outcomes(lab))))
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    for (system, told) in told {
        insta::assert_snapshot!(format!("drift_{system}"), told);
    }
}

fn name(lab: &Lab) -> &'static str {
    match lab.target {
        Target::Sqlite => "sqlite",
        Target::Postgres(_) => "postgres",
        Target::MariaDb(_) => "mariadb",
    }
}

/// How each change ends, as text.
fn outcomes(lab: &Lab) -> String {
    let (mut told, mut number) = (String::new(), 0);
    for (change, tables) in CHANGES {
        let _ = writeln!(told, "# {change}");
        for write in WRITES {
            for policy in POLICIES {
                number += 1;
                let table = format!("d{number}");
                let keys = format!("write: {write}, into: {table}, schema_changes: {policy}");
                lab.change(&format!(
                    "drop table people; create table people(id integer primary key, {}",
                    tables[0]
                ));
                lab.run(&keys).exits(0);
                for after in &tables[1..] {
                    lab.change(&format!(
                        "drop table people; create table people(id integer primary key, {after}"
                    ));
                    let ran = lab.run(&keys);
                    let _ = writeln!(told, "{write}, {policy}: exit {}", ran.code);
                    let said = |line: &&str| line.starts_with("error[") || line.starts_with("warning[");
                    for line in ran.stderr.lines().filter(said) {
                        let _ = writeln!(told, "    {}", steady(line, &table));
                    }
                    let columns = columns(lab, &table);
                    let _ = writeln!(told, "    {}", columns.join(", "));
                    let _ = writeln!(told, "    {}", rows(lab, &table, &columns).join(", "));
                }
            }
        }
    }
    told
}

/// What is said, without the names of this lab's table.
fn steady(line: &str, table: &str) -> String {
    match line.split_once("of landing") {
        Some((before, behind)) => {
            let behind = behind.split_once(table).map_or("", |(_, behind)| behind);
            format!("{before}of TABLE{behind}")
        }
        None => line.to_owned(),
    }
}

/// The columns of a table: name, type, and `!` where it takes no NULL.
fn columns(lab: &Lab, table: &str) -> Vec<String> {
    lab.rows(&match &lab.target {
        Target::Sqlite => {
            format!("select name || ' ' || type || iif(\"notnull\", '!', '') from pragma_table_info('{table}') order by cid")
        }
        Target::Postgres(_) => format!(
            "select attname || ' ' || format_type(atttypid, atttypmod) || case when attnotnull then '!' else '' end \
             from pg_attribute where attrelid = '{table}'::regclass and attnum > 0 and not attisdropped order by attnum"
        ),
        Target::MariaDb(_) => format!(
            "select concat(column_name, ' ', column_type, if(is_nullable = 'NO', '!', '')) from information_schema.columns \
             where table_schema = database() and table_name = '{table}' order by ordinal_position"
        ),
    })
}

/// Its rows, each as `a|b`.
fn rows(lab: &Lab, table: &str, columns: &[String]) -> Vec<String> {
    let texts: Vec<String> = columns
        .iter()
        .map(|column| {
            let name = column.split(' ').next().unwrap();
            format!(
                "coalesce(cast({name} as {}), 'NULL')",
                if matches!(lab.target, Target::MariaDb(_)) {
                    "char"
                } else {
                    "text"
                }
            )
        })
        .collect();
    let row = match &lab.target {
        Target::MariaDb(_) => format!("concat_ws('|', {})", texts.join(", ")),
        _ => texts.join(" || '|' || "),
    };
    lab.rows(&format!("select {row} from {table} order by 1"))
}

/// The new table of a glob, whatever the policy says of columns.
#[test]
fn a_new_table_comes_along_with_each_policy() {
    for policy in POLICIES {
        Lab::each(|lab| {
            lab.run(&format!("schema_changes: {policy}")).exits(0);
            let glob = |lab: &Lab| lab.place.text("sync.yaml").replace("      people:", "      \"*\":");
            lab.place.put("sync.yaml", glob(lab));
            lab.change("create table pets(id integer primary key, name text); insert into pets values (1, 'Rex')");
            lab.place.syncapp(&["run", "sync.yaml"]).exits(0);
            assert_eq!(lab.rows("select name from pets"), ["Rex"], "{policy}");
            assert_eq!(
                lab.rows("select name from people order by id"),
                ["Ada", "Bob", "Cy"],
                "{policy}"
            );
        });
    }
}

/// A key or cursor that is gone stops the stream with each policy, and leaves the table.
#[test]
fn a_key_or_a_cursor_that_is_gone_stops_each_policy() {
    let keys = [
        // What is gone, the stream's keys, the exit code, and what is said.
        ("id", "write: merge, primary_key: [id]", 2, "error[config."),
        ("id", "write: history, primary_key: [id]", 2, "error[config."),
        ("id", "write: merge", 2, "error[config.missing_primary_key]"),
        (
            "rev",
            "write: merge, mode: incremental, cursor: rev",
            2,
            "error[config.unknown_column]",
        ),
        (
            "rev",
            "write: append, mode: incremental, cursor: rev",
            2,
            "error[config.unknown_column]",
        ),
    ];
    Lab::each(|lab| {
        for (at, (gone, keys, code, said)) in keys.into_iter().enumerate() {
            for policy in POLICIES {
                lab.change(
                    "drop table people; create table people(id integer primary key, name text, rev integer);
                     insert into people values (1, 'Ada', 10), (2, 'Bob', 20)",
                );
                let keys = format!("{keys}, into: g{at}_{policy}, schema_changes: {policy}");
                lab.run(&keys).exits(0);
                let (columns, table) = (
                    if gone == "id" {
                        "name text, rev integer"
                    } else {
                        "id integer primary key, name text"
                    },
                    format!("g{at}_{policy}"),
                );
                lab.change(&format!(
                    "drop table people; create table people({columns}); insert into people(name) values ('Cy')"
                ));
                let ran = lab.run(&keys);
                assert!(
                    ran.code == code && ran.stderr.contains(said),
                    "{keys}: {} {}",
                    ran.code,
                    ran.stderr
                );
                assert_eq!(
                    lab.rows(&format!("select name from {table} order by id")),
                    ["Ada", "Bob"],
                    "{keys}"
                );
            }
        }
    });
}
