//! The target's server cuts a run's connection, or dies, at a moment that is known: the run waits for a lock that the
//! test holds.

use std::time::{Duration, Instant};

use syncapp_tests::faults::{Dice, Target, Workload};
use syncapp_tests::server::postgres::{Database, Postgres};
use syncapp_tests::syncapp::{Running, Syncapp};
use tokio_postgres::Client;

const PATIENCE: Duration = Duration::from_secs(60);
const RUN: [&str; 2] = ["run", "sync.yaml"];

/// A workload whose target holds what the source had a moment ago.
struct Case {
    workload: Workload,
    syncapp: Syncapp,
    source: Database,
    target: Target,
    writer: Database,
}

impl Case {
    async fn new(workload: Workload, server: &Postgres) -> Self {
        let source = Postgres::shared().await.database().await;
        let writer = server.database().await;
        let target = Target::Postgres(writer.clone());
        let syncapp = Syncapp::default();
        workload.fill(&source, 3000).await;
        syncapp.file("sync.yaml", &workload.sync_file(&source, &target));
        syncapp.succeed(&RUN).await;
        let case = Self {
            workload,
            syncapp,
            source,
            target,
            writer,
        };
        case.equal().await;
        workload.change(&case.source, &mut Dice::new(1)).await;
        case
    }

    async fn equal(&self) {
        assert_eq!(
            self.target.held().await,
            self.target.wanted(&self.source).await,
            "{}",
            self.workload
        );
        let left = self.target.leftovers(&self.source, &self.syncapp).await;
        assert!(left.is_empty(), "{}: {left:?}", self.workload);
    }

    /// Starts a run, and waits until everything is staged and it wants the table's lock, which stays with the client.
    async fn until_locked(&self) -> (Running, Client) {
        let holder = self.writer.owner.client().await;
        let hold = "begin; lock table landing.orders in share mode";
        holder.batch_execute(hold).await.expect("the table can be locked");
        let mut running = self.syncapp.start(&RUN);
        let begun = Instant::now();
        let waiting = format!(
            "select count(*) from pg_stat_activity where usename = '{}' and wait_event_type = 'Lock'",
            self.writer.writer.user
        );
        while self.writer.text(&waiting).await != "1" {
            if let Some(ended) = running.ended() {
                panic!("{}: it never waited:\n{}", self.workload, ended.output);
            }
            assert!(begun.elapsed() < PATIENCE, "{}: it never waits", self.workload);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        (running, holder)
    }
}

const TO_POSTGRES: [Workload; 2] = [Workload::Refresh, Workload::Merge];

#[tokio::test]
async fn a_run_outlives_the_end_of_its_connection() {
    for workload in TO_POSTGRES {
        let case = Case::new(workload, Postgres::shared().await).await;
        let (running, holder) = case.until_locked().await;
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
        let (running, holder) = case.until_locked().await;
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
        let (running, holder) = case.until_locked().await;
        server.crash();
        server.restart().await;
        drop(holder);
        let ended = running.end().await;
        assert_eq!(ended.code, Some(0), "{workload}:\n{}", ended.output);
        case.equal().await;
    }
}
