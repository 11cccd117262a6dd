//! The conformance kit over a server's databases.

use async_trait::async_trait;
use syncapp_connector::testkit::{Abilities, Odd, Rig, System};
use syncapp_model::DataType;
use syncapp_tests::server::postgres::Postgres;

use super::ends::Place;

struct Server;

#[async_trait]
impl Rig for Server {
    async fn fresh(&self) -> Box<dyn System> {
        Box::new(Place(Postgres::shared().await.database().await))
    }

    fn abilities(&self) -> Abilities {
        abilities()
    }
}

pub(crate) fn abilities() -> Abilities {
    let mut abilities = Abilities::all();
    // An array has no fixed number of dimensions, so that no column type says "list of lists".
    abilities
        .types
        .retain(|ty| !matches!(ty, DataType::List(item) if matches!(**item, DataType::List(_))));
    abilities.odd.retain(|odd| *odd != Odd::TextNul);
    abilities
}

syncapp_connector::conformance!(Server);
