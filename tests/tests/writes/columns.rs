//! Columns that a run adds, and what the target calls and declares its columns.

use super::lab::{Lab, Target};

#[test]
fn metadata_tells_the_run_that_wrote_a_row_last() {
    Lab::each(|lab| {
        for keys in [
            "write: merge",
            "write: merge, mode: incremental, cursor: rev",
            "write: append",
            "write: overwrite",
        ] {
            let into = format!("{keys}, metadata: true, into: m{}", keys.len());
            let table = format!("m{}", keys.len());
            lab.run(&into).exits(0);
            let runs = format!("select count(distinct _run_id) from {table}");
            assert_eq!(lab.rows(&runs), ["1"], "{keys}");
            assert_eq!(
                lab.rows(&format!(
                    "select count(*) from {table} where _synced_at is null or _run_id = ''"
                )),
                ["0"]
            );
            lab.change("update people set rev = rev + 100 where id = 2");
            lab.run(&into).exits(0);
            // Of a merge only the changed row belongs to the second run.
            let want = if keys == "write: overwrite" { "1" } else { "2" };
            assert_eq!(lab.rows(&runs), [want], "{keys}");
            let newest =
                format!("select count(*) from {table} where _synced_at = (select max(_synced_at) from {table})");
            let want = if keys.contains("merge") { "1" } else { "3" };
            assert_eq!(lab.rows(&newest), [want], "{keys}");
        }
    });
}

#[test]
fn a_column_of_the_source_may_not_have_such_a_name() {
    Lab::each(|lab| {
        let clash = "query: \"select id, name as _Run_Id from people\", primary_key: [id], write: merge";
        lab.run(clash).exits(0);
        let ran = lab.run(&format!("{clash}, metadata: true")).exits(2);
        assert!(ran.stderr.contains("the run adds a column"), "{}", ran.stderr);
    });
}

#[test]
fn snake_names_find_their_way_and_collide_in_the_open() {
    Lab::each(|lab| {
        let odd = "query: 'select id as \"ID\", name as \"FullName\", rev as \"Order No.\" from people', into: odd, naming: snake";
        lab.run(&format!("{odd}, write: merge, primary_key: [ID]")).exits(0);
        assert_eq!(
            lab.rows("select id || full_name || order_no from odd where id = 1"),
            ["1Ada10"]
        );
        let clash = "query: 'select id as fullName, name as full_name from people', into: clash, naming: snake";
        let ran = lab.run(clash).exits(2);
        assert!(ran.stderr.contains("full_name"), "{}", ran.stderr);
    });
}

#[test]
fn a_type_of_the_target_s_own_is_declared_as_asked() {
    Lab::each(|lab| {
        let (query, wrong) = match lab.target {
            Target::Sqlite => (
                "select type from pragma_table_info('people') where name = 'name'",
                "REAL",
            ),
            Target::Postgres(_) => (
                "select format_type(atttypid, atttypmod) from pg_attribute \
                 where attrelid = 'people'::regclass and attname = 'name'",
                "no such; type",
            ),
            Target::MariaDb(_) => (
                "select replace(column_type, 'varchar', 'character varying') from information_schema.columns \
                 where table_schema = database() and table_name = 'people' and column_name = 'name'",
                "no such; type",
            ),
        };
        lab.run("columns: { name: { native: \"character varying(30)\" } }")
            .exits(0);
        assert_eq!(lab.rows(query), ["character varying(30)"]);
        let ran = lab.run(&format!("columns: {{ rev: {{ native: \"{wrong}\" }} }}"));
        assert_ne!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stderr.contains("help: "), "{}", ran.stderr);
    });
}
