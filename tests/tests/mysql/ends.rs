//! Both ends of a server's databases.

use std::sync::Arc;

use serde_json::json;
use syncapp_connector::testkit::System;
use syncapp_connector::{Connector, Context, Destination, Source};
use syncapp_connectors::mysql::Mysql;
use syncapp_connectors::server::Valid;
use syncapp_model::StreamName;
use syncapp_tests::server::mariadb::{Databases, Login};

fn valid(login: &Login) -> Arc<Valid> {
    let config = serde_json::from_value(json!({ "url": login.url() })).unwrap();
    let context = Context::at("");
    Arc::new(Mysql.validate(config, &context).unwrap())
}

/// A database, written and read back by its `writer`.
pub(super) struct Place(pub(super) Databases);

impl System for Place {
    fn source(&self) -> Box<dyn Source> {
        Mysql.source(valid(&self.0.writer)).unwrap()
    }

    fn destination(&self) -> Box<dyn Destination> {
        Mysql.destination(valid(&self.0.writer)).unwrap()
    }

    fn stream(&self, table: &str) -> StreamName {
        StreamName::within(self.0.writer.database.clone(), table)
    }
}
