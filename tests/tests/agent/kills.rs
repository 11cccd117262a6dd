//! A short campaign; `cargo xtask faults --agent` is the long one.

use syncapp_tests::faults::AgentKills;
use syncapp_tests::server::postgres::Postgres;

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_agent_loses_nothing() {
    let kills = AgentKills { seed: 5, kills: 12 };
    let found = kills.run(Postgres::shared().await).await;
    assert!(found.differences.is_empty(), "{found}");
    assert!(
        found.ticks.0 > 0 && found.claimed_again > 0,
        "no kill met anything: {found}"
    );
}
