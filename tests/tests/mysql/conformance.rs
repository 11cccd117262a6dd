//! The conformance kit over a server's databases.

use async_trait::async_trait;
use syncapp_connector::testkit::{Abilities, Odd, Rig, System};
use syncapp_tests::server::mariadb::MariaDb;

use super::ends::Place;

struct Server;

#[async_trait]
impl Rig for Server {
    async fn fresh(&self) -> Box<dyn System> {
        Box::new(Place(MariaDb::shared().await.databases().await))
    }

    fn abilities(&self) -> Abilities {
        let mut abilities = Abilities::all();
        // Identifiers are of Unicode's first plane.
        abilities.table_names.retain(|name| !name.contains('🦀'));
        abilities.column_names.retain(|name| !name.contains('🦀'));
        // Floats are finite, and years those of four digits.
        abilities.odd.retain(|odd| {
            !matches!(
                odd,
                Odd::FloatNan
                    | Odd::FloatInfinity
                    | Odd::NegativeZero
                    | Odd::Float32Nan
                    | Odd::DateAfter9999
                    | Odd::DateBeforeYear1
                    | Odd::TimestampAfter9999
            )
        });
        // Newer servers store 0.
        abilities.varying = vec![Odd::NegativeZero];
        abilities
    }
}

syncapp_connector::conformance!(Server);
