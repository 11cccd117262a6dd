//! A short campaign; `cargo xtask faults --fleet` is the long one.

use syncapp_tests::faults::FleetFaults;

#[tokio::test(flavor = "multi_thread")]
async fn a_disturbed_fleet_loses_nothing() {
    let faults = FleetFaults {
        seed: 7,
        faults: 20,
        schedules: 10,
    };
    let found = faults.run().await;
    assert!(found.differences.is_empty(), "{found}");
    assert!(
        found.ticks.0 > 0 && found.faults.len() > 2,
        "too little was tried: {found}"
    );
}
