//! The conformance kit over a server's databases.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;
use syncapp_connector::testkit::{Abilities, Odd, Rig, System};
use syncapp_connector::{Connector, Context, Destination, Source};
use syncapp_connectors::postgres::{Postgres as Connection, Valid};
use syncapp_model::{DataType, StreamName};
use syncapp_tests::server::postgres::{Database, Postgres};

struct Server;

/// A database, written and read back by its `writer`.
struct Place(Database);

impl Place {
    fn valid(&self) -> Arc<Valid> {
        let config = serde_json::from_value(json!({ "url": self.0.writer.url() })).unwrap();
        Arc::new(Connection.validate(config, &Context { base: PathBuf::new() }).unwrap())
    }
}

#[async_trait]
impl Rig for Server {
    async fn fresh(&self) -> Box<dyn System> {
        Box::new(Place(Postgres::shared().await.database().await))
    }

    fn abilities(&self) -> Abilities {
        let mut abilities = Abilities::all();
        // An array has no fixed number of dimensions, so that no column type says "list of lists".
        abilities
            .types
            .retain(|ty| !matches!(ty, DataType::List(item) if matches!(**item, DataType::List(_))));
        abilities.odd.retain(|odd| *odd != Odd::TextNul);
        abilities
    }
}

impl System for Place {
    fn source(&self) -> Box<dyn Source> {
        Connection.source(self.valid()).unwrap()
    }

    fn destination(&self) -> Box<dyn Destination> {
        Connection.destination(self.valid()).unwrap()
    }

    fn stream(&self, table: &str) -> StreamName {
        StreamName::within("landing", table)
    }
}

syncapp_connector::conformance!(Server);
