//! A sync between two databases, and runs of it that stop at a known moment.

use std::time::{Duration, Instant};

use syncapp_tests::faults::{Dice, Target, Workload};
use syncapp_tests::server::postgres::{Database, Postgres};
use syncapp_tests::syncapp::{Running, Syncapp};
use tokio_postgres::Client;

const PATIENCE: Duration = Duration::from_mins(1);

/// The command.
pub(super) const RUN: [&str; 2] = ["run", "sync.yaml"];

/// Holds the rows back before they are read: the run has claimed its target by then.
pub(super) const SOURCE: &str = "lock table public.orders in access exclusive mode";

/// Holds the rows back before they land.
pub(super) const TABLE: &str = "lock table landing.orders in share mode";

/// Holds the checkpoint back.
pub(super) const CHECKPOINT: &str = "select from landing._syncapp_checkpoint for update";

/// A workload whose target holds what the source had a moment ago.
pub(super) struct Case {
    pub(super) workload: Workload,
    pub(super) syncapp: Syncapp,
    pub(super) source: Database,
    pub(super) target: Target,
    pub(super) writer: Database,
}

impl Case {
    /// On a server for the target.
    pub(super) async fn new(workload: Workload, server: &Postgres) -> Self {
        let source = Postgres::shared().await.database().await;
        let writer = server.database().await;
        let target = Target::Postgres(writer.clone().into());
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

    /// Source and target are equal, and nothing is left over.
    pub(super) async fn equal(&self) {
        assert_eq!(
            self.target.held().await,
            self.target.wanted(&self.source).await,
            "{}",
            self.workload
        );
        let left = self.target.leftovers(&self.source, &self.syncapp).await;
        assert!(left.is_empty(), "{}: {left:?}", self.workload);
    }

    /// Starts a run.
    pub(super) fn start(&self) -> Running {
        self.syncapp.start(&RUN)
    }

    /// Waits until the run wants a lock in that database.
    pub(super) async fn until_waiting(&self, running: &mut Running, database: &Database) {
        self.until(running, database, "wait_event_type = 'Lock'").await;
    }

    /// Waits until the run has its load open.
    pub(super) async fn until_copying(&self, running: &mut Running) {
        self.until(running, &self.writer, "state = 'active' and query like 'copy%'")
            .await;
    }

    async fn until(&self, running: &mut Running, database: &Database, what: &str) {
        let begun = Instant::now();
        let count = format!(
            "select count(*) from pg_stat_activity
             where datname = current_database() and usename ~ '^(reader|writer)_' and {what}"
        );
        while database.text(&count).await != "1" {
            if let Some(ended) = running.ended() {
                panic!("{}: it ended before {what}:\n{}", self.workload, ended.output);
            }
            assert!(begun.elapsed() < PATIENCE, "{}: never {what}", self.workload);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// Takes a lock that stays with the client.
pub(super) async fn hold(database: &Database, statement: &str) -> Client {
    let client = database.owner.client().await;
    let taken = client.batch_execute(&format!("begin; {statement}")).await;
    taken.unwrap_or_else(|e| panic!("{statement}: {e:?}"));
    client
}
