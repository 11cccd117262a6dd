//! Columns that a run adds, and what the target calls and declares its columns.

use super::lab::{Lab, Target};
use crate::contract::case::sync;
use crate::contract::place::Place;

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

/// Between two files of SQLite a column keeps the type that it is declared with, unless it would change values: a
/// `numeric` one holds floats where a decimal has more than their digits.
#[test]
fn a_column_keeps_its_declared_type_between_files() {
    let declared = "a varchar(50) not null, b BIGINT, c REAL, d DECIMAL(10,2), e DATE, f boolean, g UUID, h \"double precision\", \
                    i numeric, j timestamp, k blob, l nvarchar(10)";
    let place = Place::new().sqlite(
        "from.db",
        &format!(
            "create table t({declared}); insert into t values ('é', 9007199254740993, 0.1, 1.50, '2024-02-29', 1, \
             '123e4567-e89b-12d3-a456-426614174000', 1e300, 7, '2024-02-29 12:00:00.000000', x'00ff', 'n'); \
             insert into t(a) values ('only')"
        ),
    );
    for write in ["overwrite", "append", "merge, primary_key: [a]"] {
        let from = "{ connector: sqlite, path: from.db }";
        let to = "{ connector: sqlite, path: to.db }";
        let keys = format!(
            "into: t, write: {write}, columns: {{ l2: {{ from: l, type: string }}, k2: {{ expr: \"concat(a, a)\" }} }}"
        );
        place.put("sync.yaml", sync(from, to, "t", &keys));
        place.syncapp(&["run", "sync.yaml"]).exits(0);
        let types = "select group_concat(name || ' ' || type, ', ') from pragma_table_info('t')";
        assert_eq!(
            place.rows("to.db", types),
            [
                "a varchar(50), b BIGINT, c REAL, d DECIMAL(10,2), e DATE, f boolean, g UUID, h double precision, i TEXT_DECIMAL, \
              j timestamp, k BLOB, l2 TEXT, k2 TEXT"
            ],
            "{write}"
        );
        let values = "select quote(a) || quote(b) || quote(c) || quote(d) || quote(e) || quote(f) || quote(g) || quote(h) || \
                      quote(j) || quote(k) from t order by a";
        assert_eq!(place.rows("to.db", values), place.rows("from.db", values), "{write}");
        let types = "select group_concat(typeof(a) || typeof(b) || typeof(c) || typeof(d) || typeof(e), ' ') from t";
        assert_eq!(place.rows("to.db", types), place.rows("from.db", types), "{write}");
        let compared = place.syncapp(&["verify", "sync.yaml"]).exits(0);
        assert!(compared.stdout.contains("equal"), "{}", compared.stdout);
        place.alter("to.db", "drop table t");
    }
}
