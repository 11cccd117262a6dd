//! Increments beside many writers, for a short time; `cargo xtask faults --writers` takes ten minutes.

use std::time::Duration;

use syncapp_tests::faults::{System, Writers};
use syncapp_tests::server::postgres::Postgres;

async fn check(from: System) {
    let writers = Writers {
        seed: 20_261,
        length: Duration::from_secs(20),
        from,
    };
    let found = writers.run(Postgres::shared().await).await;
    assert!(found.differences.is_empty(), "{found}");
    assert!(found.transactions > 0 && found.pauses > 1, "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn increments_from_postgres_miss_and_repeat_nothing() {
    check(System::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn increments_from_mariadb_miss_and_repeat_nothing() {
    check(System::MariaDb).await;
}
