//! A system that cases lie in, reached past SyncApp.

use serde_json::{Value as Json, json};
use syncapp_tests::server::{mariadb, postgres};
use tempfile::TempDir;

/// Stands for NULL.
const NULL: &str = "∅";

pub(super) enum End {
    Postgres(Box<postgres::Database>),
    MariaDb(Box<mariadb::Databases>),
    Sqlite(TempDir),
}

impl End {
    pub(super) async fn new(name: &'static str) -> Self {
        match name {
            "postgres" => Self::Postgres(Box::new(postgres::Postgres::shared().await.database().await)),
            "mariadb" => Self::MariaDb(Box::new(mariadb::MariaDb::shared().await.databases().await)),
            _ => Self::Sqlite(tempfile::tempdir().unwrap()),
        }
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "postgres",
            Self::MariaDb(_) => "mariadb",
            Self::Sqlite(_) => "sqlite",
        }
    }

    /// The connection of a user who can only read.
    pub(super) fn reader(&self) -> Json {
        match self {
            Self::Postgres(database) => json!({ "connector": "postgres", "url": database.reader.url() }),
            Self::MariaDb(databases) => json!({ "connector": "mysql", "url": databases.reader.url() }),
            Self::Sqlite(folder) => json!({ "connector": "sqlite", "path": folder.path().join("it.db") }),
        }
    }

    pub(super) fn writer(&self) -> Json {
        match self {
            Self::Postgres(database) => json!({ "connector": "postgres", "url": database.writer.url() }),
            Self::MariaDb(databases) => json!({ "connector": "mysql", "url": databases.writer.url() }),
            Self::Sqlite(_) => self.reader(),
        }
    }

    /// A table of the source, as the sync file and as SQL name it.
    pub(super) fn stream(&self, table: &str) -> String {
        match self {
            Self::Postgres(_) => format!("public.{table}"),
            Self::MariaDb(databases) => format!("{}.{table}", databases.reader.database),
            Self::Sqlite(_) => table.to_owned(),
        }
    }

    /// A table of the target, as both name it.
    pub(super) fn target(&self, table: &str) -> String {
        match self {
            Self::Postgres(_) => format!("landing.{table}"),
            Self::MariaDb(databases) => format!("{}.{table}", databases.writer.database),
            Self::Sqlite(_) => table.to_owned(),
        }
    }

    /// Runs statements as a superuser.
    pub(super) async fn run(&self, statements: &[String]) {
        match self {
            Self::Postgres(database) => database.run(&statements.join(";\n")).await,
            Self::MariaDb(databases) => {
                for statement in statements {
                    databases.owner.run(statement).await;
                }
            }
            Self::Sqlite(folder) => {
                let connection = rusqlite::Connection::open(folder.path().join("it.db")).unwrap();
                let sql = format!("begin; {}; commit", statements.join(";\n"));
                connection.execute_batch(&sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
            }
        }
    }

    /// Lets the reader read the target, and nothing else.
    pub(super) async fn grant(&self) {
        let statements = match self {
            Self::Postgres(database) => {
                let user = &database.reader.user;
                vec![
                    format!("grant usage on schema landing to {user}"),
                    format!("grant select on all tables in schema landing to {user}"),
                ]
            }
            Self::MariaDb(databases) => {
                let (user, database) = (&databases.reader.user, &databases.writer.database);
                vec![format!("grant select on {database}.* to {user}@'127.0.0.1'")]
            }
            Self::Sqlite(_) => return,
        };
        self.run(&statements).await;
    }

    /// What the target holds besides rows: its tables, and the epochs of its streams.
    pub(super) async fn state(&self) -> Vec<String> {
        let (tables, checkpoints) = match self {
            Self::Postgres(_) => (
                "select tablename || '' from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"
                    .to_owned(),
                "landing._syncapp_checkpoint".to_owned(),
            ),
            Self::MariaDb(databases) => (
                format!(
                    "select table_name from information_schema.tables where table_schema = '{}'",
                    databases.writer.database
                ),
                self.target("_syncapp_checkpoint"),
            ),
            Self::Sqlite(_) => (
                "select name || coalesce(sql, '') from sqlite_schema".to_owned(),
                "_syncapp_checkpoint".to_owned(),
            ),
        };
        let mut state = self.texts(&tables).await;
        state.extend(
            self.texts(&format!("select concat(stream, epoch) from {checkpoints}"))
                .await,
        );
        state.sort();
        state
    }

    /// The rows of a table of the target, each value as text; none where there is no table.
    pub(super) async fn rows(&self, table: &str, columns: &[String]) -> Vec<Vec<Option<String>>> {
        let (all, text, between) = match self {
            Self::Postgres(_) => (
                "select tablename || '' from pg_tables where schemaname = 'landing'".to_owned(),
                "text",
                "chr(31)",
            ),
            Self::MariaDb(databases) => (
                format!(
                    "select table_name from information_schema.tables where table_schema = '{}'",
                    databases.writer.database
                ),
                "char",
                "char(31 using utf8mb4)",
            ),
            Self::Sqlite(_) => ("select name from sqlite_schema".to_owned(), "text", "char(31)"),
        };
        if !self.texts(&all).await.iter().any(|name| name == table) {
            return Vec::new();
        }
        let cells = columns
            .iter()
            .map(|column| format!("coalesce(cast({column} as {text}), '{NULL}')"));
        let row = cells.collect::<Vec<_>>().join(", ");
        let rows = self
            .texts(&format!(
                "select concat_ws({between}, {row}) from {}",
                self.target(table)
            ))
            .await;
        let cell = |text: &str| (text != NULL).then(|| text.to_owned());
        rows.iter().map(|row| row.split('\u{1f}').map(cell).collect()).collect()
    }

    async fn texts(&self, sql: &str) -> Vec<String> {
        match self {
            Self::Postgres(database) => database.texts(sql).await.into_iter().flatten().collect(),
            Self::MariaDb(databases) => databases.owner.texts(sql).await.into_iter().flatten().collect(),
            Self::Sqlite(folder) => {
                let connection = rusqlite::Connection::open(folder.path().join("it.db")).unwrap();
                let mut statement = connection.prepare(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
                let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
                rows.map(Result::unwrap).collect()
            }
        }
    }
}
