//! All connectors, in the order of the documentation.

use syncapp_connector::AnyConnector;

use crate::postgres::Postgres;
use crate::sqlite::Sqlite;

/// Every kind of system that this build can connect.
pub fn connectors() -> Vec<Box<dyn AnyConnector>> {
    vec![Box::new(Postgres), Box::new(Sqlite)]
}
