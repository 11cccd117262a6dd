//! The conformance kit over databases behind a pooler.

use async_trait::async_trait;
use syncapp_connector::testkit::{Abilities, Rig, System};
use syncapp_connector::{Destination, Source};
use syncapp_model::StreamName;
use syncapp_tests::server::pgbouncer::PgBouncer;
use syncapp_tests::server::postgres::Postgres;

use crate::postgres::conformance::abilities;
use crate::postgres::ends::Place;

struct Pooled;

/// A place, and the pooler before it.
struct Behind {
    place: Place,
    _bouncer: PgBouncer,
}

impl System for Behind {
    fn source(&self) -> Box<dyn Source> {
        self.place.source()
    }

    fn destination(&self) -> Box<dyn Destination> {
        self.place.destination()
    }

    fn stream(&self, table: &str) -> StreamName {
        self.place.stream(table)
    }
}

#[async_trait]
impl Rig for Pooled {
    async fn fresh(&self) -> Box<dyn System> {
        let database = Postgres::shared().await.database().await;
        let bouncer = PgBouncer::start(&database, 3).await;
        Box::new(Behind {
            place: Place(bouncer.database().clone()),
            _bouncer: bouncer,
        })
    }

    fn abilities(&self) -> Abilities {
        abilities()
    }
}

syncapp_connector::conformance!(Pooled);
