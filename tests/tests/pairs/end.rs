//! One end of a pair: a place of a system, as the kit and as a sync file know it.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use syncapp_connector::testkit::System;
use syncapp_connector::{Connector, Context, Destination, Source};
use syncapp_connectors::files::Files;
use syncapp_connectors::mysql::Mysql;
use syncapp_connectors::postgres::Postgres;
use syncapp_connectors::sqlite::Sqlite;
use syncapp_model::StreamName;
use syncapp_tests::server::{mariadb, postgres};
use tempfile::TempDir;

/// Every system, and every format of files.
pub(crate) const ALL: [&str; 6] = ["postgres", "mariadb", "sqlite", "parquet", "csv", "ndjson"];

#[derive(Clone)]
pub(crate) enum End {
    Postgres(postgres::Database),
    MariaDb(mariadb::Databases),
    Sqlite(Arc<TempDir>),
    Files(&'static str, Arc<TempDir>),
}

impl End {
    pub(crate) async fn new(name: &'static str) -> Self {
        let folder = || Arc::new(tempfile::tempdir().unwrap());
        match name {
            "postgres" => Self::Postgres(postgres::Postgres::shared().await.database().await),
            "mariadb" => Self::MariaDb(mariadb::MariaDb::shared().await.databases().await),
            "sqlite" => Self::Sqlite(folder()),
            format => Self::Files(format, folder()),
        }
    }

    /// The keys of its connection.
    pub(crate) fn keys(&self) -> Json {
        match self {
            Self::Postgres(database) => json!({ "connector": "postgres", "url": database.writer.url() }),
            Self::MariaDb(databases) => json!({ "connector": "mysql", "url": databases.writer.url() }),
            Self::Sqlite(folder) => json!({ "connector": "sqlite", "path": folder.path().join("it.db") }),
            Self::Files(format, folder) => json!({ "connector": "files", "path": folder.path(), "format": format }),
        }
    }

    fn config<C: Connector>(&self, connector: &C) -> Arc<C::Valid> {
        let mut keys = self.keys();
        keys.as_object_mut().unwrap().remove("connector");
        let context = Context::at("");
        Arc::new(
            connector
                .validate(serde_json::from_value(keys).unwrap(), &context)
                .unwrap(),
        )
    }
}

impl System for End {
    fn source(&self) -> Box<dyn Source> {
        match self {
            Self::Postgres(_) => Postgres.source(self.config(&Postgres)),
            Self::MariaDb(_) => Mysql.source(self.config(&Mysql)),
            Self::Sqlite(_) => Sqlite.source(self.config(&Sqlite)),
            Self::Files(..) => Files.source(self.config(&Files)),
        }
        .unwrap()
    }

    fn destination(&self) -> Box<dyn Destination> {
        match self {
            Self::Postgres(_) => Postgres.destination(self.config(&Postgres)),
            Self::MariaDb(_) => Mysql.destination(self.config(&Mysql)),
            Self::Sqlite(_) => Sqlite.destination(self.config(&Sqlite)),
            Self::Files(..) => Files.destination(self.config(&Files)),
        }
        .unwrap()
    }

    fn stream(&self, table: &str) -> StreamName {
        match self {
            Self::Postgres(_) => StreamName::within("landing", table),
            Self::MariaDb(databases) => StreamName::within(databases.writer.database.clone(), table),
            Self::Sqlite(_) => StreamName::bare(table),
            Self::Files(format, _) => StreamName::bare(format!("{table}.{format}")),
        }
    }
}
