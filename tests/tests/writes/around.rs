//! `before_sql` and `after_sql`

use super::lab::{Lab, Target};

const LOG: &str = "create table log(what text)";

/// Tables that a load has left.
fn staged(lab: &Lab) -> Vec<String> {
    lab.rows(match lab.target {
        Target::Sqlite => "select name from sqlite_schema where name like '%stage%'",
        Target::Postgres(_) => "select relname::text from pg_class where relname like '\\_syncapp\\_stage%'",
        Target::MariaDb(_) => {
            "select table_name from information_schema.tables \
             where table_schema = database() and table_name like '\\_syncapp\\_stage%'"
        }
    })
}

#[test]
fn they_run_with_the_rows_or_not_at_all() {
    Lab::each(|lab| {
        lab.alter(LOG);
        for (at, keys) in ["write: overwrite", "write: append", "write: merge", "write: history"]
            .iter()
            .enumerate()
        {
            let into = format!("into: t{at}, {keys}");
            let around = format!(
                "{into}, before_sql: \"insert into log values ('before')\", \
                 after_sql: \"insert into log select concat('after ', count(*)) from t{at}; insert into log values ('end')\""
            );
            lab.run(&around).exits(0);
            assert_eq!(lab.rows("select what from log"), ["before", "after 3", "end"], "{keys}");
            // A row that fails takes the user's statements with it.
            let ran = lab
                .run(&format!("{around}, columns: {{ x: {{ expr: \"1 / (id - 2)\" }} }}"))
                .exits(1);
            assert!(ran.stderr.contains("error["), "{}", ran.stderr);
            assert_eq!(lab.rows("select count(*) from log"), ["3"], "{keys}");
            assert_eq!(staged(lab), [] as [String; 0], "{keys}");
            lab.alter("delete from log");
        }
    });
}

#[test]
fn what_fails_there_fails_the_load() {
    Lab::each(|lab| {
        lab.run("write: merge").exits(0);
        lab.change("update people set name = 'Eve'");
        for key in ["before_sql", "after_sql"] {
            for sql in ["insert into nowhere values (1)", "commit", "rollback", "this is no sql"] {
                let ran = lab.run(&format!("write: merge, {key}: \"{sql}\"")).exits_with_failure();
                assert!(ran.stderr.contains(&format!("`{key}`")), "{key} {sql}: {}", ran.stderr);
                assert!(ran.stderr.contains("help: "), "{key} {sql}: {}", ran.stderr);
            }
        }
        // Rows and checkpoint are old together or new together, whatever the statement did.
        let names = lab.rows("select distinct name from people order by name");
        assert!(names == ["Ada", "Bob", "Cy"] || names == ["Eve"], "{names:?}");
        lab.run("write: merge").exits(0);
        assert_eq!(lab.rows("select distinct name from people"), ["Eve"]);
    });
}

#[test]
fn files_have_none() {
    Lab::each(|lab| {
        let file = crate::contract::case::sync(
            "{ connector: sqlite, path: from.db }",
            "{ connector: files, path: out, format: csv }",
            "people",
            "after_sql: \"select 1\"",
        );
        lab.place.put("sync.yaml", file);
        let ran = lab.place.syncapp(&["run", "sync.yaml"]).exits_with_failure();
        assert!(
            ran.stderr.contains("after_sql") && !lab.place.path("out/people.csv").exists(),
            "{}",
            ran.stderr
        );
    });
}
