//! A table of people in SQLite, a target, and runs between them.

use syncapp_tests::server::mariadb::{Databases, MariaDb};
use syncapp_tests::server::postgres::Database;

use crate::contract::case::sync;
use crate::contract::connections::wait;
use crate::contract::place::{Place, Ran, database, postgres};

/// The source's table.
const PEOPLE: &str = "create table people(id integer primary key, name text, rev integer);
    insert into people values (1, 'Ada', 10), (2, 'Bob', 20), (3, 'Cy', 30);";

pub(crate) struct Lab {
    pub(crate) place: Place,
    pub(crate) target: Target,
}

/// Where the people land, as the table `people`.
pub(crate) enum Target {
    Sqlite,
    Postgres(Box<Database>),
    MariaDb(Box<Databases>),
}

impl Lab {
    /// Runs a test against each kind of target.
    pub(crate) fn each(test: impl Fn(&Self)) {
        Self::all().iter().for_each(test);
    }

    /// One for each kind of target.
    pub(crate) fn all() -> Vec<Self> {
        let mariadb = wait(async { MariaDb::shared().await.databases().await });
        let servers = [
            Target::Postgres(wait(database()).into()),
            Target::MariaDb(mariadb.into()),
        ];
        let targets = [Target::Sqlite].into_iter().chain(servers);
        let lab = |target| Self {
            place: Place::new().sqlite("from.db", PEOPLE),
            target,
        };
        targets.map(lab).collect()
    }

    /// Changes the source.
    pub(crate) fn change(&self, sql: &str) {
        self.place.alter("from.db", sql);
    }

    /// Runs a sync with these keys of the stream.
    pub(crate) fn run(&self, keys: &str) -> Ran {
        self.run_with(keys, &[])
    }

    /// Runs it with more arguments.
    pub(crate) fn run_with(&self, keys: &str, arguments: &[&str]) -> Ran {
        self.syncapp("run", keys, arguments)
    }

    /// Another command about such a sync.
    pub(crate) fn syncapp(&self, command: &str, keys: &str, arguments: &[&str]) -> Ran {
        self.write(keys);
        self.place.syncapp(&[&[command, "sync.yaml"], arguments].concat())
    }

    /// Writes the sync file.
    pub(crate) fn write(&self, keys: &str) {
        let to = match &self.target {
            Target::Sqlite => "{ connector: sqlite, path: to.db }".to_owned(),
            Target::Postgres(database) => postgres(&database.writer),
            Target::MariaDb(databases) => format!("{{ connector: mysql, url: \"{}\" }}", databases.writer.url()),
        };
        let file = sync("{ connector: sqlite, path: from.db }", &to, "people", keys);
        self.place.put("sync.yaml", file);
    }

    /// What the target answers to a query with one column, `people` being the target's table.
    pub(crate) fn rows(&self, sql: &str) -> Vec<String> {
        match &self.target {
            Target::Sqlite => self.place.rows("to.db", sql),
            Target::Postgres(database) => {
                let sql = format!("set search_path = landing; {sql}");
                let rows = wait(database.texts(&sql));
                rows.into_iter()
                    .map(|row| row.unwrap_or_else(|| "NULL".into()))
                    .collect()
            }
            Target::MariaDb(databases) => {
                let rows = wait(databases.writer.texts(&sql.replace(" as text)", " as char)")));
                rows.into_iter()
                    .map(|row| row.unwrap_or_else(|| "NULL".into()))
                    .collect()
            }
        }
    }

    /// Runs statements in the target, as the user who writes it.
    pub(crate) fn alter(&self, sql: &str) {
        match &self.target {
            Target::Sqlite => self.place.alter("to.db", sql),
            Target::MariaDb(databases) => {
                for statement in sql.split(';').filter(|statement| !statement.trim().is_empty()) {
                    wait(databases.writer.run(statement));
                }
            }
            Target::Postgres(database) => wait(async {
                let client = database.writer.client().await;
                client
                    .batch_execute(sql)
                    .await
                    .unwrap_or_else(|e| panic!("{sql}: {e:?}"));
            }),
        }
    }
}
