//! Syncs between databases of a server, by the command line.

use syncapp_tests::server::mariadb::{Databases, Login, MariaDb};

use crate::contract::case::sync;
use crate::contract::connections::wait;
use crate::contract::place::{Place, Ran};

pub(crate) struct Lab {
    pub(super) place: Place,
    pub(super) databases: Databases,
}

impl Lab {
    pub(super) fn new() -> Self {
        Self::over(wait(async { MariaDb::shared().await.databases().await }))
    }

    pub(super) fn over(databases: Databases) -> Self {
        Self {
            place: Place::new(),
            databases,
        }
    }

    /// Runs statements in the source, as its owner.
    pub(super) fn source(&self, statements: &[&str]) {
        let owner = self.owner();
        wait(async {
            for statement in statements {
                owner.run(statement).await;
            }
        });
    }

    /// Runs statements in the target, as its writer.
    pub(super) fn target(&self, statements: &[&str]) {
        wait(async {
            for statement in statements {
                self.databases.writer.run(statement).await;
            }
        });
    }

    /// Runs a stream of the source into the target.
    pub(super) fn run(&self, stream: &str, keys: &str) -> Ran {
        self.run_into(stream, keys, &connection(&self.databases.writer))
    }

    /// Runs a stream of the source into a place.
    pub(super) fn run_into(&self, stream: &str, keys: &str, to: &str) -> Ran {
        let stream = format!("{}.{stream}", self.databases.reader.database);
        let into = if keys.contains("into:") {
            String::new()
        } else {
            "into: \"{stream}\", ".to_owned()
        };
        let file = sync(
            &connection(&self.databases.reader),
            to,
            &stream,
            &format!("{into}{keys}"),
        );
        self.place.put("sync.yaml", file);
        self.place.syncapp(&["run", "sync.yaml"])
    }

    /// What a query with one column answers in the source.
    pub(super) fn of_source(&self, query: &str) -> Vec<Option<String>> {
        wait(self.owner().texts(query))
    }

    /// What a query with one column answers in the target.
    pub(super) fn of_target(&self, query: &str) -> Vec<Option<String>> {
        wait(self.databases.writer.texts(query))
    }

    /// Who owns the source.
    pub(super) fn owner(&self) -> Login {
        Login {
            database: self.databases.reader.database.clone(),
            ..self.databases.owner.clone()
        }
    }
}

/// A connection of a sync file.
pub(crate) fn connection(login: &Login) -> String {
    format!("{{ connector: mysql, url: \"{}\" }}", login.url())
}
