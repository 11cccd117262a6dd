//! The target's server cuts a run's connection, or dies, while the run waits for a lock that the test holds.

use syncapp_tests::faults::{Dice, Place, Workload};
use syncapp_tests::server::postgres::Postgres;

use super::case::{Case, RUN};

const TO_POSTGRES: [Workload; 2] = [Workload::Refresh, Workload::Merge];

#[tokio::test]
async fn a_run_outlives_the_end_of_its_connection() {
    for workload in TO_POSTGRES {
        let case = Case::new(workload, Postgres::shared().await).await;
        let holder = case.target.hold(Place::Table).await;
        let mut running = case.start();
        case.until_at(&mut running, Place::Table).await;
        let cut = format!(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = '{}'",
            case.writer.writer.user
        );
        assert_ne!(case.writer.text(&cut).await, "0", "{workload}");
        drop(holder);
        let ended = running.end().await;
        assert_eq!(ended.code, Some(0), "{workload}:\n{}", ended.output);
        case.equal().await;
    }
}

#[tokio::test]
async fn a_run_or_the_next_one_outlives_the_death_of_the_target_s_server() {
    for workload in TO_POSTGRES {
        let mut server = Postgres::start().await;
        let case = Case::new(workload, &server).await;
        let old = case.target.held().await;
        let holder = case.target.hold(Place::Table).await;
        let mut running = case.start();
        case.until_at(&mut running, Place::Table).await;
        server.crash();
        let ended = running.end().await;
        assert_eq!(ended.code, Some(1), "{workload}:\n{}", ended.output);
        assert!(ended.output.contains("destination."), "{workload}:\n{}", ended.output);
        drop(holder);
        server.restart().await;
        assert_eq!(case.target.held().await, old, "{workload}");
        case.syncapp.succeed(&RUN).await;
        case.equal().await;

        // Gone for a moment only: the run itself goes on.
        workload.change(&case.source, &mut Dice::new(2)).await;
        let holder = case.target.hold(Place::Table).await;
        let mut running = case.start();
        case.until_at(&mut running, Place::Table).await;
        server.crash();
        server.restart().await;
        drop(holder);
        let ended = running.end().await;
        assert_eq!(ended.code, Some(0), "{workload}:\n{}", ended.output);
        case.equal().await;
    }
}
