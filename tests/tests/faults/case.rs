//! A sync between two databases, and runs of it that stop at a known moment.

use syncapp_tests::faults::{Dice, Place, Target, Workload, until_waiting};
use syncapp_tests::server::postgres::{Database, Postgres};
use syncapp_tests::syncapp::{Running, Syncapp};

/// The command.
pub(super) const RUN: [&str; 2] = ["run", "sync.yaml"];

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

    /// Waits until the run wants the rows of the source, which are held back.
    pub(super) async fn until_reading(&self, running: &mut Running) {
        let there = until_waiting(running, &self.source, &self.source.reader.user).await;
        assert!(there, "{}: it ended before it read", self.workload);
    }

    /// Waits until the run wants a place of the target that is held.
    pub(super) async fn until_at(&self, running: &mut Running, place: Place) {
        let there = self.target.until_at(running, place).await;
        assert!(there, "{}: it ended before it came to {place:?}", self.workload);
    }
}
