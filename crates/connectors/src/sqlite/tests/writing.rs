//! Tables that exist, and what hangs on them.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use rusqlite::Connection;
use syncapp_connector::testkit::{Table, checkpoint};
use syncapp_connector::{Receipt, StateScope};
use syncapp_model::sync_file::Write;
use syncapp_model::{Code, NativeType, Side};

use super::{File, counted, table, types};

#[tokio::test]
async fn a_table_that_the_user_made_keeps_all_it_has() {
    let (flow, connection) = File::flow(
        "CREATE TABLE t (id BIGINT PRIMARY KEY, v VARCHAR(10) DEFAULT 'd', extra TEXT DEFAULT 'e');
         CREATE INDEX by_v ON t(v);
         CREATE TABLE log (id); CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.id); END;
         CREATE VIEW w AS SELECT id FROM t; INSERT INTO t(id) VALUES (9);",
    );
    let before: Vec<String> = definitions(&connection, "t");
    let receipt = flow
        .put(
            &Table::texts("t"),
            Write::Overwrite,
            &[Table::texts("t").text_rows(&[(1, "a"), (2, "b")])],
        )
        .await;
    assert_eq!(
        receipt,
        Receipt {
            inserted: 2,
            updated: 0,
            deleted: 1
        }
    );
    assert_eq!(definitions(&connection, "t"), before);
    assert_eq!(counted(&connection, "SELECT count(*) FROM t WHERE extra = 'e'"), 2);
    assert_eq!(counted(&connection, "SELECT count(*) FROM w"), 2);
    assert_eq!(counted(&connection, "SELECT count(*) FROM log"), 3);
}

fn definitions(connection: &Connection, table: &str) -> Vec<String> {
    let sql = "SELECT sql FROM sqlite_schema WHERE tbl_name = ?1 AND sql IS NOT NULL ORDER BY name";
    let mut statement = connection.prepare(sql).unwrap();
    statement
        .query_map([table], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

#[tokio::test]
async fn a_table_that_syncapp_made_is_made_again_with_the_users_indexes() {
    let (flow, connection) = File::flow("");
    let old = table("t", &[("v", "int64")]);
    flow.put(&old, Write::Overwrite, &[]).await;
    connection.execute_batch("CREATE INDEX by_v ON t(v)").unwrap();
    let new = Table::texts("t");
    flow.put(&new, Write::Overwrite, &[new.text_rows(&[(1, "a")])]).await;
    assert_eq!(types(&flow.describe(&new).await.unwrap()), ["id int64", "v string"]);
    assert_eq!(definitions(&connection, "t").len(), 2, "the table and the index");
    // A column that is gone stays, for those who use it.
    let wide = table("t", &[("v", "string"), ("gone", "int64")]);
    flow.put(&wide, Write::Overwrite, &[]).await;
    flow.put(&new, Write::Overwrite, &[new.text_rows(&[(1, "a")])]).await;
    let kept = flow.describe(&new).await.unwrap();
    assert_eq!(types(&kept), ["id int64", "v string", "gone int64"]);
    // Once the user has changed it, it is the user's.
    connection
        .execute_batch("ALTER TABLE t ADD COLUMN mine TEXT DEFAULT 'm'")
        .unwrap();
    flow.put(&new, Write::Overwrite, &[new.text_rows(&[(2, "b")])]).await;
    assert_eq!(counted(&connection, "SELECT id FROM t WHERE mine = 'm'"), 2);
}

#[tokio::test]
async fn a_table_is_made_again_as_long_as_nobody_changed_it() {
    let (flow, connection) = File::flow("");
    let (numbers, texts) = (table("t", &[("v", "int64")]), Table::texts("t"));
    for (table, ty) in [(&numbers, "v int64"), (&texts, "v string"), (&numbers, "v int64")] {
        flow.put(table, Write::Overwrite, &[]).await;
        assert_eq!(types(&flow.describe(table).await.unwrap()), ["id int64", ty]);
    }
    connection.execute_batch("ALTER TABLE t ADD COLUMN mine TEXT").unwrap();
    let error = flow
        .load(&flow.target(&texts, Write::Overwrite), &[], &checkpoint(0))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::TypeMismatch(Side::Destination), "{error:?}");
}

#[tokio::test]
async fn a_file_that_syncapp_never_wrote_keeps_no_state() {
    let (flow, _) = File::flow("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
    let scope = StateScope { namespaces: Vec::new() };
    assert_eq!(flow.system.destination().states(&scope).await.unwrap(), []);
}

#[tokio::test]
async fn a_table_that_others_refer_to_is_overwritten_by_its_key() {
    let (flow, connection) = File::flow(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); CREATE TABLE child (t REFERENCES t(id));
         INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c'); INSERT INTO child VALUES (1);",
    );
    let target = Table::texts("t");
    let receipt = flow
        .put(
            &target,
            Write::Overwrite,
            &[target.text_rows(&[(1, "A"), (3, "c"), (4, "d")])],
        )
        .await;
    assert_eq!(
        receipt,
        Receipt {
            inserted: 1,
            updated: 1,
            deleted: 1
        }
    );
    let orphaning = flow
        .load(&flow.target(&target, Write::Overwrite), &[], &checkpoint(0))
        .await
        .unwrap_err();
    assert_eq!(orphaning.code(), Code::ConstraintViolated(Side::Destination));
    assert_eq!(counted(&connection, "SELECT count(*) FROM t"), 3);

    for keyless in [
        "CREATE TABLE t (id INT UNIQUE, v TEXT); CREATE TABLE child (t REFERENCES t(id));",
        "CREATE TABLE t (code INT PRIMARY KEY, id INT, v TEXT); CREATE TABLE child (t REFERENCES t(code));",
    ] {
        let (flow, _) = File::flow(keyless);
        let error = flow
            .load(&flow.target(&target, Write::Overwrite), &[], &checkpoint(0))
            .await
            .unwrap_err();
        assert_eq!(error.code(), Code::Dependents, "{keyless}");
    }
}

/// Merges find their rows by it; what the user made stays as it is.
#[tokio::test]
async fn a_merge_makes_an_index_only_where_syncapp_made_the_table() {
    let (flow, connection) = File::flow("CREATE TABLE theirs (id INTEGER PRIMARY KEY, v TEXT)");
    for (name, made) in [("ours", 2), ("theirs", 1)] {
        let table = Table::texts(name);
        for text in ["a", "b"] {
            flow.put(&table, Write::Merge, &[table.text_rows(&[(1, text)])]).await;
            assert_eq!(definitions(&connection, name).len(), made, "{name}");
        }
    }
}

#[tokio::test]
async fn zeros_are_told_apart() {
    let (flow, _) = File::flow("CREATE TABLE theirs (id INTEGER PRIMARY KEY, v REAL)");
    let ours = table("ours", &[("v", "float64")]);
    let rows = |table: &Table, value: f64| -> RecordBatch {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from(vec![1])),
            Arc::new(Float64Array::from(vec![value])),
        ];
        table.rows(columns)
    };
    flow.put(&ours, Write::Merge, &[rows(&ours, 0.0)]).await;
    assert_eq!(flow.put(&ours, Write::Merge, &[rows(&ours, -0.0)]).await.updated, 1);
    flow.expect(&ours, &[rows(&ours, -0.0)], "negative zero").await;
    let theirs = table("theirs", &[("v", "float64")]);
    let target = flow.target(&theirs, Write::Append);
    let error = flow
        .load(&target, &[rows(&theirs, -0.0)], &checkpoint(1))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::ValueOutOfRange(Side::Destination), "{error:?}");
}

#[tokio::test]
async fn a_declared_type_is_kept_or_asked_for() {
    let (flow, connection) = File::flow("");
    let table = table("t", &[("a", "string"), ("b", "string"), ("c", "int32")]);
    let mut target = flow.target(&table, Write::Overwrite);
    target.columns[1].origin = Some(NativeType {
        system: "sqlite".into(),
        name: "VARCHAR(20)".into(),
    });
    target.columns[2].wanted_native = Some("CLOB".into());
    target.columns[3].origin = Some(NativeType {
        system: "postgres".into(),
        name: "int4".into(),
    });
    flow.load(&target, &[], &checkpoint(0)).await.unwrap();
    let declared: String = connection
        .query_row("SELECT group_concat(type) FROM pragma_table_info('t')", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(declared, "INTEGER,VARCHAR(20),CLOB,INT32");
    target.columns[3].wanted_native = Some("TEXT".into());
    let error = flow.load(&target, &[], &checkpoint(0)).await.unwrap_err();
    assert_eq!(error.code(), Code::TypeMismatch(Side::Destination));
}

#[tokio::test]
async fn a_key_without_an_index_merges_and_a_collation_hides_no_row() {
    let (flow, connection) = File::flow(
        "CREATE TABLE plain (id BIGINT, v TEXT); INSERT INTO plain VALUES (1, 'a'), (NULL, 'n'), (2, 'b');
         CREATE TABLE folded (id BIGINT, v TEXT COLLATE NOCASE UNIQUE); INSERT INTO folded VALUES (1, 'a');",
    );
    let plain = Table::texts("plain");
    let receipt = flow
        .put(&plain, Write::Merge, &[plain.text_rows(&[(2, "B"), (3, "c")])])
        .await;
    assert_eq!((receipt.inserted, receipt.updated), (1, 1));
    assert_eq!(
        counted(
            &connection,
            "SELECT count(*) FROM plain WHERE v IN ('a', 'n', 'B', 'c')"
        ),
        4
    );
    let mut folded = Table::texts("folded");
    folded.key = vec!["v".into()];
    let target = flow.target(&folded, Write::Merge);
    let error = flow
        .load(&target, &[folded.text_rows(&[(2, "A")])], &checkpoint(1))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::ConstraintViolated(Side::Destination));
}
