//! The database that many sessions write into while it is read.

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use tokio_postgres::Client;

use crate::server::mariadb::{Databases, Login};
use crate::server::postgres::Database;

/// A kind of cursor: its name, its type and what sets it in PostgreSQL, and the same in MariaDB.
pub(super) const CURSORS: [[&str; 5]; 4] = [
    ["moment", "timestamptz", "now()", "timestamp(6)", "now(6)"],
    ["second", "timestamptz(0)", "now()", "timestamp", "now()"],
    ["local", "timestamp", "now()", "datetime(6)", "now(6)"],
    ["day", "date", "current_date", "date", "current_date()"],
];

/// Where clocks of sessions stand: hours and minutes before or behind UTC, from the first to the last on earth.
pub(super) const ZONES: [&str; 6] = ["+14:00", "+09:00", "+05:45", "+00:00", "-08:00", "-12:00"];

/// A source.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    Postgres(Box<Database>),
    MariaDb(Box<Databases>),
}

/// One of its writers.
pub(super) enum Session {
    Postgres(Client),
    MariaDb(Box<Conn>),
}

impl Session {
    pub(super) async fn run(&mut self, sql: &str) {
        let failure = match self {
            Self::Postgres(client) => client.batch_execute(sql).await.err().map(|e| format!("{e:?}")),
            Self::MariaDb(conn) => conn.query_drop(sql).await.err().map(|e| format!("{e:?}")),
        };
        if let Some(failure) = failure {
            panic!("{sql}: {failure}");
        }
    }

    /// Sets the session's clock.
    pub(super) async fn zone(&mut self, zone: &str) {
        let statement = match self {
            Self::Postgres(_) => format!("set time zone interval '{zone}' hour to minute"),
            Self::MariaDb(_) => format!("set time_zone = '{}'", if zone == "+14:00" { "+13:00" } else { zone }),
        };
        self.run(&statement).await;
    }
}

impl Origin {
    /// Makes the tables: of each cursor one whose rows change, with a key, and one to which rows are added.
    pub(super) async fn make(&self) {
        let mut session = self.session().await;
        for [name, postgres, _, mariadb, _] in CURSORS {
            let ty = match self {
                Self::Postgres(_) => format!("{postgres} not null"),
                // Else the first TIMESTAMP of a table changes by itself.
                Self::MariaDb(_) => format!("{mariadb} not null default '2000-01-01'"),
            };
            for (table, key) in [("changed", "primary key"), ("added", "not null")] {
                session
                    .run(&format!(
                        "create table {table}_{name} (id bigint {key}, n int not null, at {ty})"
                    ))
                    .await;
                session
                    .run(&format!("create index {table}_{name}_at on {table}_{name} (at)"))
                    .await;
            }
        }
        match self {
            Self::Postgres(database) => {
                let grant = format!("grant pg_read_all_stats to {}", database.reader.user);
                database.run(&grant).await;
            }
            Self::MariaDb(databases) => {
                let grant = format!("grant process on *.* to {}@'127.0.0.1'", databases.reader.user);
                databases.owner.run(&grant).await;
            }
        }
    }

    /// Adds a row to each table at the greatest cursor value there is.
    pub(super) async fn tie(&self) {
        let mut session = self.session().await;
        for [name, ..] in CURSORS {
            for table in ["changed", "added"] {
                session
                    .run(&format!(
                        "insert into {table}_{name} select least(min(id), 0) - 1, 5, max(at) from {table}_{name} \
                         having max(at) is not null"
                    ))
                    .await;
            }
        }
    }

    /// What sets a cursor.
    pub(super) fn now(&self, cursor: &[&'static str; 5]) -> &'static str {
        match self {
            Self::Postgres(_) => cursor[2],
            Self::MariaDb(_) => cursor[4],
        }
    }

    /// Connects a writer.
    pub(super) async fn session(&self) -> Session {
        match self {
            Self::Postgres(database) => Session::Postgres(database.owner.client().await),
            Self::MariaDb(databases) => {
                let conn = Self::inside(databases).connect().await;
                Session::MariaDb(conn.unwrap_or_else(|e| panic!("a writer: {e:?}")).into())
            }
        }
    }

    /// Who owns the tables in MariaDB.
    fn inside(databases: &Databases) -> Login {
        Login {
            database: databases.reader.database.clone(),
            ..databases.owner.clone()
        }
    }

    /// The connection in a sync file.
    pub(super) fn connection(&self) -> String {
        match self {
            Self::Postgres(database) => format!("{{ connector: postgres, url: \"{}\" }}", database.reader),
            Self::MariaDb(databases) => format!("{{ connector: mysql, url: \"{}\" }}", databases.reader.url()),
        }
    }

    /// A table's full name.
    pub(super) fn name(&self, table: &str) -> String {
        match self {
            Self::Postgres(_) => format!("public.{table}"),
            Self::MariaDb(databases) => format!("{}.{table}", databases.reader.database),
        }
    }

    /// The rows of a table, each as one text.
    pub(super) async fn rows(&self, table: &str) -> Vec<String> {
        let rows = match self {
            Self::Postgres(database) => database.texts(&postgres_rows(&format!("public.{table}"))).await,
            Self::MariaDb(databases) => {
                let at = if table.ends_with("_day") {
                    "at"
                } else {
                    "date_format(convert_tz(at, @@time_zone, if(@zoned, '+00:00', @@time_zone)), '%Y-%m-%d %H:%i:%s.%f')"
                };
                let zoned = !table.ends_with("_local");
                let at = at.replace("@zoned", if zoned { "true" } else { "false" });
                let query = format!("select concat_ws('|', id, n, {at}) from {table}");
                Self::inside(databases).texts(&query).await
            }
        };
        rows.into_iter().flatten().collect()
    }
}

/// What selects the rows of a table of PostgreSQL, each as one text.
pub(super) fn postgres_rows(table: &str) -> String {
    let clock = "'YYYY-MM-DD HH24:MI:SS.US'";
    let at = if table.ends_with("_day") {
        "at::text".to_owned()
    } else if table.ends_with("_local") {
        format!("to_char(at, {clock})")
    } else {
        format!("to_char(at at time zone 'UTC', {clock})")
    };
    format!("select concat_ws('|', id, n, {at}) from {table}")
}
