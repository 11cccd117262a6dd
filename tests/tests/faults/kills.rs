//! A short kill campaign of each workload; `cargo xtask faults` runs a long one.

use syncapp_tests::faults::{Campaign, Kind, System, Workload};
use syncapp_tests::server::postgres::Postgres;

async fn check(workload: Workload, into: System) {
    let campaign = Campaign {
        seed: 20_260,
        kills: 3,
        rows: 4000,
        kind: Kind::new(workload, into),
    };
    let report = campaign.run(Postgres::shared().await).await;
    assert!(report.differences.is_empty(), "{report}");
    assert_eq!(report.kills(), campaign.kills, "{report}");
}

#[tokio::test]
async fn a_killed_refresh_leaves_the_old_table_or_the_new_one() {
    check(Workload::Refresh, System::Postgres).await;
}

#[tokio::test]
async fn a_killed_merge_misses_and_repeats_nothing() {
    check(Workload::Merge, System::Postgres).await;
}

#[tokio::test]
async fn a_killed_append_brings_each_row_once() {
    check(Workload::Append, System::Postgres).await;
}

#[tokio::test]
async fn a_killed_merge_into_sqlite_misses_and_repeats_nothing() {
    check(Workload::Merge, System::Sqlite).await;
}

#[tokio::test]
async fn a_killed_history_has_every_version_once() {
    check(Workload::History, System::Postgres).await;
}

#[tokio::test]
async fn a_killed_refresh_into_mariadb_leaves_the_old_table_or_the_new_one() {
    check(Workload::Refresh, System::MariaDb).await;
}

#[tokio::test]
async fn a_killed_merge_into_mariadb_misses_and_repeats_nothing() {
    check(Workload::Merge, System::MariaDb).await;
}

#[tokio::test]
async fn a_killed_append_into_mariadb_brings_each_row_once() {
    check(Workload::Append, System::MariaDb).await;
}

#[tokio::test]
async fn a_killed_history_in_mariadb_has_every_version_once() {
    check(Workload::History, System::MariaDb).await;
}
