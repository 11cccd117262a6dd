//! The conformance kit over SQLite files, and what only SQLite has.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use async_trait::async_trait;
use rusqlite::Connection;
use syncapp_connector::testkit::{Abilities, Flow, Odd, Rig, System, Table, checkpoint};
use syncapp_connector::{Connector, Context, Destination, Page, Range, Receipt, Source, StreamRef};
use syncapp_model::sync_file::Write;
use syncapp_model::{Code, DataType, NativeType, Pattern, Scalar, Side, StreamKind, StreamName, StreamSpec};
use tempfile::TempDir;

use super::{Config, Sqlite, Valid};

struct Files;

struct File {
    folder: TempDir,
}

impl File {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A flow of the kit over a file that this SQL has made, and a connection to it.
    fn flow(sql: &str) -> (Flow, Connection) {
        let file = Self::new();
        let connection = Connection::open(file.valid().path.clone()).unwrap();
        connection.execute_batch(sql).unwrap();
        (Flow { system: Box::new(file) }, connection)
    }

    fn valid(&self) -> Arc<Valid> {
        let context = Context {
            base: self.folder.path().to_owned(),
        };
        Arc::new(Sqlite.validate(Config { path: "kit.db".into() }, &context).unwrap())
    }
}

#[async_trait]
impl Rig for Files {
    async fn fresh(&self) -> Box<dyn System> {
        Box::new(File::new())
    }

    fn abilities(&self) -> Abilities {
        let mut abilities = Abilities::all();
        abilities
            .odd
            .retain(|odd| !matches!(odd, Odd::FloatNan | Odd::Float32Nan));
        abilities
    }
}

impl System for File {
    fn source(&self) -> Box<dyn Source> {
        // A source has to be there; the kit reads before it writes.
        Connection::open(&self.valid().path).unwrap();
        Sqlite.source(self.valid()).unwrap()
    }

    fn destination(&self) -> Box<dyn Destination> {
        Sqlite.destination(self.valid()).unwrap()
    }
}

syncapp_connector::conformance!(Files);

/// A table of the kit by the columns behind `id`.
fn table(name: &str, columns: &[(&str, &str)]) -> Table {
    let columns: Vec<_> = columns.iter().map(|(name, ty)| (*name, ty.parse().unwrap())).collect();
    Table::new(name, &columns)
}

fn types(spec: &StreamSpec) -> Vec<String> {
    spec.columns
        .iter()
        .map(|column| format!("{} {}", column.name, column.ty))
        .collect()
}

fn counted(connection: &Connection, sql: &str) -> i64 {
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn tables_views_and_keys_are_found() {
    let (flow, _) = File::flow(
        "CREATE TABLE a (id INTEGER PRIMARY KEY, \"name\" TEXT NOT NULL, total GENERATED ALWAYS AS (id * 2));
         CREATE TABLE b (y TEXT, x INT, PRIMARY KEY (x, y)) WITHOUT ROWID;
         CREATE TABLE _syncapp_checkpoint (x);
         CREATE VIEW v AS SELECT id, name, id + 1 AS next FROM a;
         CREATE VIEW broken AS SELECT * FROM gone;
         INSERT INTO a(name) VALUES ('one'), ('two');",
    );
    let found = flow.system.source().discover(&Pattern::all(), Page::ALL).await.unwrap();
    let names: Vec<_> = found.iter().map(|spec| (spec.name.to_string(), spec.kind)).collect();
    let kinds = [StreamKind::Table, StreamKind::Table, StreamKind::View];
    assert_eq!(
        names,
        ["a", "b", "v"]
            .map(str::to_owned)
            .into_iter()
            .zip(kinds)
            .collect::<Vec<_>>()
    );
    assert_eq!(found[0].primary_key, ["id"]);
    assert_eq!(found[0].estimated_rows, Some(2));
    assert_eq!(types(&found[0]), ["id int64", "name string", "total int64"]);
    assert_eq!(
        found[0]
            .columns
            .iter()
            .map(|column| column.nullable)
            .collect::<Vec<_>>(),
        [false, false, true]
    );
    assert_eq!(found[1].primary_key, ["x", "y"]);
    assert_eq!(types(&found[2]), ["id int64", "name string", "next int64"]);
    let broken = flow
        .system
        .source()
        .describe(&StreamRef::table(StreamName::bare("broken")))
        .await
        .unwrap_err();
    assert_eq!(broken.code(), Code::Failed(Side::Source));
}

#[tokio::test]
async fn columns_without_a_type_have_that_of_their_values() {
    let (flow, _) = File::flow(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c, d, e, f, g, h DATETIME, i DATE);
         INSERT INTO t VALUES
           (1, 1, 1.5, 'x', x'00', 1,   9007199254740993, 1,   '2024-01-01 10:00:00', 1704067200),
           (2, 2, 2.5, 'y', x'01', 1.5, 0.5,              'x', '2024-01-01T11:00',    1704067201);",
    );
    let spec = flow.describe(&table("t", &[])).await.unwrap();
    let want = [
        "id int64",
        "a int64",
        "b float64",
        "c string",
        "d binary",
        "e float64",
        "f decimal",
        "g string",
        "h timestamp",
        "i int64",
    ];
    assert_eq!(types(&spec), want);
    let rows = flow.read(&table("t", &[])).await.unwrap();
    let texts = |at: usize| {
        rows.column(at)
            .as_string::<i32>()
            .iter()
            .map(|text| text.unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(texts(6), ["9007199254740993", "0.5"]);
    assert_eq!(texts(7), ["1", "x"]);
}

#[tokio::test]
async fn a_value_that_does_not_fit_is_an_error_that_names_it() {
    for (declared, value, says) in [
        ("INTEGER", "'abc'", "text"),
        ("INT16", "40000", "16 bits"),
        ("BOOLEAN", "2", "neither 0 nor 1"),
        ("REAL", "'abc'", "text"),
        ("TEXT", "x'80'", "bytes"),
        ("TEXT", "CAST(x'80' AS TEXT)", "not UTF-8"),
        ("BLOB", "'abc'", "text"),
        ("TEXT_DATE", "'2024-02-30'", "no date"),
        ("DATETIME", "'2024-02-29 10:00:00+02:00'", "no timestamp"),
        ("TEXT_TIMESTAMPTZ", "'2024-02-29 10:00:00'", "no instant"),
        ("DECIMAL(5,2)", "1234.5", "no decimal"),
        ("TEXT_DECIMAL(5,2)", "'0.001'", "no decimal"),
        ("TEXT_UUID", "'123'", "no UUID"),
        ("\"TEXT_LIST<i32>\"", "'{}'", "no JSON array"),
        ("\"TEXT_LIST<i32>\"", "'[99999999999]'", "32 bits"),
    ] {
        let (flow, _) = File::flow(&format!(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, v {declared}); INSERT INTO t VALUES (7, NULL), (8, {value})"
        ));
        let spec = flow.describe(&table("t", &[])).await.unwrap();
        let error = flow.batches(&flow.request(&table("t", &[]), &spec)).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidData(Side::Source), "{declared}: {error:?}");
        assert!(error.report().why.contains(says), "{declared}: {error:?}");
        let at = &error.report().at;
        assert_eq!(
            (at.stream.as_deref(), at.column.as_deref(), at.row.as_deref()),
            (Some("t"), Some("v"), Some("rowid 8"))
        );
    }
}

#[tokio::test]
async fn queries_are_streams_and_only_read() {
    let (flow, _) = File::flow(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT_DATE); INSERT INTO t VALUES (1, '2024-01-01'), (2, NULL)",
    );
    let stream = |query: &str| StreamRef {
        name: StreamName::bare("q"),
        query: Some(query.into()),
    };
    let source = flow.system.source();
    let spec = source
        .describe(&stream("SELECT at, id AS n, id / 2.0 AS half FROM t; -- all"))
        .await;
    assert!(spec.is_err(), "a comment behind the semicolon is a second statement");
    let spec = source
        .describe(&stream("SELECT at, id AS n, id / 2.0 AS half FROM t -- all"))
        .await
        .unwrap();
    assert_eq!(types(&spec), ["at date", "n int64", "half float64"]);
    for query in ["DELETE FROM t", "SELECT 1 AS a, 2 AS A", "SELECT", ""] {
        assert!(source.describe(&stream(query)).await.is_err(), "{query}");
    }
}

#[tokio::test]
async fn cursors_compare_by_value_not_by_spelling() {
    let (flow, _) = File::flow(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME);
         INSERT INTO t VALUES (1, '2024-01-01T09:00:00'), (2, '2024-01-01 10:00:00'), (3, '2024-01-01 10:00:00.5'),
                              (4, '10000-01-01 00:00:00'), (5, NULL);",
    );
    let from = match Scalar::parse("2024-01-01 10:00:00", &DataType::Timestamp) {
        Some(from) => Some(from),
        None => panic!("a timestamp"),
    };
    let range = Range {
        cursor: "at".into(),
        from,
        below: None,
    };
    let (ids, ordered) = flow.ids(&table("t", &[]), Some(range), None).await.unwrap();
    assert_eq!((ids, ordered), (vec![5, 2, 3, 4], true));
}

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
    let old = table("t", &[("gone", "int64"), ("v", "string")]);
    flow.put(&old, Write::Overwrite, &[]).await;
    connection.execute_batch("CREATE INDEX by_v ON t(v)").unwrap();
    let new = Table::texts("t");
    flow.put(&new, Write::Overwrite, &[new.text_rows(&[(1, "a")])]).await;
    assert_eq!(types(&flow.describe(&new).await.unwrap()), ["id int64", "v string"]);
    assert_eq!(definitions(&connection, "t").len(), 2, "the table and the index");
    // Once the user has changed it, it is the user's.
    connection
        .execute_batch("ALTER TABLE t ADD COLUMN mine TEXT DEFAULT 'm'")
        .unwrap();
    flow.put(&new, Write::Overwrite, &[new.text_rows(&[(2, "b")])]).await;
    assert_eq!(counted(&connection, "SELECT id FROM t WHERE mine = 'm'"), 2);
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

    let (flow, _) = File::flow("CREATE TABLE t (id INT UNIQUE, v TEXT); CREATE TABLE child (t REFERENCES t(id));");
    let error = flow
        .load(&flow.target(&target, Write::Overwrite), &[], &checkpoint(0))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::Dependents);
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
    target.columns[1].source_native = Some(NativeType {
        system: "sqlite".into(),
        name: "VARCHAR(20)".into(),
    });
    target.columns[2].wanted_native = Some("CLOB".into());
    target.columns[3].source_native = Some(NativeType {
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
async fn what_cannot_be_opened_says_why() {
    let file = File::new();
    let valid = file.valid();
    let missing = Sqlite.check(&valid, Side::Source).await.unwrap_err();
    assert_eq!(
        (missing.code(), missing.is_transient()),
        (Code::Unreachable(Side::Source), false)
    );
    Sqlite.check(&valid, Side::Destination).await.unwrap();
    assert!(!valid.path.exists(), "a check makes no file");
    let destination = Sqlite.destination(valid.clone()).unwrap();
    let target = Table::texts("t").target(&file, Write::Append);
    destination.diff(&target).await.unwrap();
    assert!(!valid.path.exists(), "a look makes no file");
    std::fs::write(&valid.path, "this is no database, however long one makes it".repeat(40)).unwrap();
    for side in [Side::Source, Side::Destination] {
        assert_eq!(
            Sqlite.check(&valid, side).await.unwrap_err().code(),
            Code::InvalidData(side)
        );
    }
    let lost = Arc::new(Valid {
        path: file.folder.path().join("no/such/folder.db"),
    });
    let error = Sqlite.check(&lost, Side::Destination).await.unwrap_err();
    assert_eq!(error.code(), Code::NamespaceNotFound(Side::Destination));
    let error = Sqlite.destination(lost).unwrap().claim(&target).await.unwrap_err();
    assert_eq!(error.code(), Code::NamespaceNotFound(Side::Destination));
}

#[tokio::test]
async fn a_lock_is_waited_for_and_then_reported() {
    let (flow, connection) = File::flow("");
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = flow
        .claim(&flow.target(&Table::texts("t"), Write::Append))
        .await
        .unwrap_err();
    assert_eq!(
        (error.code(), error.is_transient()),
        (Code::LockTimeout(Side::Destination), true)
    );
}

#[test]
fn addresses_and_paths() {
    for (address, want) in [
        ("data.db", Some("data.db")),
        ("./a b/X.SQLite3", Some("./a b/X.SQLite3")),
        ("sqlite:///var/lib/a%20b", Some("/var/lib/a b")),
        ("sqlite://here.file", Some("here.file")),
        ("https://host/a.db", None),
        ("data.csv", None),
    ] {
        let found = Sqlite
            .address(address)
            .map(|keys| keys["path"].as_str().unwrap().to_owned());
        assert_eq!(found.as_deref(), want, "{address}");
    }
    let errors = Sqlite
        .validate(Config { path: String::new() }, &Context { base: ".".into() })
        .unwrap_err();
    assert_eq!(errors[0].code(), Code::InvalidValue);
    assert!(serde_json::from_str::<Config>(r#"{"path": "a", "pth": 1}"#).is_err());
}
