//! The conformance kit over databases behind a pooler.

use async_trait::async_trait;
use syncapp_connector::testkit::{Abilities, Rig, System};
use syncapp_tests::server::pgbouncer::PgBouncer;
use syncapp_tests::server::postgres::Postgres;
use tokio::sync::OnceCell;

use crate::postgres::conformance::abilities;
use crate::postgres::ends::Place;

struct Pooled;

#[async_trait]
impl Rig for Pooled {
    async fn fresh(&self) -> Box<dyn System> {
        static SHARED: OnceCell<PgBouncer> = OnceCell::const_new();
        let server = Postgres::shared().await;
        let bouncer = SHARED.get_or_init(|| PgBouncer::start(server, 3)).await;
        Box::new(Place(bouncer.before(&server.database().await)))
    }

    fn abilities(&self) -> Abilities {
        abilities()
    }
}

syncapp_connector::conformance!(Pooled);
