//! All connectors. The first one that knows an address takes it: files take any path that no other does.

use syncapp_connector::AnyConnector;

use crate::files::Files;
use crate::mysql::Mysql;
use crate::postgres::Postgres;
use crate::sqlite::Sqlite;

/// Every kind of system that this build can connect.
pub fn connectors() -> Vec<Box<dyn AnyConnector>> {
    vec![Box::new(Postgres), Box::new(Mysql), Box::new(Sqlite), Box::new(Files)]
}

/// The ids of systems that sync files may name and that are not built yet.
pub const PLANNED: &[&str] = &["redshift", "bigquery", "salesforce", "hubspot", "http"];
