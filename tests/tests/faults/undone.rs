//! An undo that is killed at a known moment: it has happened or not, and whoever comes next ends what it began.

use syncapp_tests::faults::{Dice, Moment, Place, Target, Workload};
use syncapp_tests::server::mariadb::MariaDb;
use syncapp_tests::server::postgres::{Database, Postgres};
use syncapp_tests::syncapp::{Running, Syncapp};

use super::case::RUN;

/// A run of which a journal is kept, and what was there before it.
struct Case {
    workload: Workload,
    syncapp: Syncapp,
    source: Database,
    target: Target,
    run: String,
    old: String,
    /// Where the stream was before the run, and after it.
    state: String,
    new_state: String,
    new: String,
}

impl Case {
    async fn new(workload: Workload, target: Target) -> Self {
        let source = Postgres::shared().await.database().await;
        let syncapp = Syncapp::default();
        workload.fill(&source, 300).await;
        let file = workload.sync_file(&source, &target);
        syncapp.file(
            "sync.yaml",
            &file.replace("into: orders,", "into: orders, undo: { keep: 1h },"),
        );
        syncapp.succeed(&RUN).await;
        let (old, old_state) = (target.held().await, state(&target).await);
        workload.change(&source, &mut Dice::new(5)).await;
        syncapp.succeed(&RUN).await;
        let ran = syncapp.succeed(&["runs", "--json", "--limit", "1"]).await;
        let runs: serde_json::Value = serde_json::from_str(ran.output.trim()).unwrap();
        let (new, new_state) = (target.held().await, state(&target).await);
        assert_ne!(old, new, "{workload}");
        Self {
            workload,
            syncapp,
            source,
            run: runs["id"].as_str().unwrap().to_owned(),
            target,
            old,
            state: old_state,
            new_state,
            new,
        }
    }

    /// Kills the undo at a moment; whether it has happened by then.
    async fn kill(&self, moment: Moment) {
        let mut holder = None;
        let mut running = None;
        for place in moment {
            let next = self.target.hold(*place).await;
            let running = running.get_or_insert_with(|| self.syncapp.start(&["undo", &self.run]));
            drop(holder.replace(next));
            let there = self.target.until_at(running, *place).await;
            assert!(there, "{}: it ended before it came to {place:?}", self.workload);
        }
        assert!(running.is_some_and(Running::kill), "{}: it was over", self.workload);
        drop(holder);
        let left = self.target.rest(&self.source).await;
        assert!(left.is_empty(), "{}: {left:?}", self.workload);
    }

    /// A kill at that moment leaves all that the run did, and the undo after it takes all of it back.
    async fn undoes_at_once(&self, moment: Moment) {
        self.kill(moment).await;
        let when = format!("{}, killed at {moment:?}", self.workload);
        assert_eq!(self.target.held().await, self.new, "{when}");
        self.syncapp.succeed(&["undo", &self.run]).await;
        self.over(moment).await;
    }

    /// Everything is as it was before the run, and nothing is left over.
    async fn over(&self, moment: Moment) {
        let when = format!("{}, killed at {moment:?}", self.workload);
        assert_eq!(self.target.held().await, self.old, "{when}");
        assert_eq!(state(&self.target).await, self.state, "{when}");
        let left = self.target.leftovers(&self.source, &self.syncapp).await;
        assert!(left.is_empty(), "{when}: {left:?}");
        let again = self.syncapp.run(&["undo", &self.run]).await;
        assert_eq!(
            again.code,
            Some(2),
            "{when}: a run is taken back once:\n{}",
            again.output
        );
        // The next run brings the same again.
        self.syncapp.succeed(&RUN).await;
        assert_eq!(self.target.held().await, self.new, "{when}");
    }
}

/// How far the stream has come, without its fence.
async fn state(target: &Target) -> String {
    let sql = |rows: &str| format!("select concat(coalesce(position, ''), ' ', {rows}) from");
    match target {
        Target::Postgres(database) => {
            let sql = sql("rows");
            database.text(&format!("{sql} landing._syncapp_checkpoint")).await
        }
        Target::MariaDb(databases) => {
            let sql = format!("{} _syncapp_checkpoint", sql("`rows`"));
            databases.writer.texts(&sql).await.pop().flatten().unwrap_or_default()
        }
        Target::Sqlite(path) => panic!("nothing is held in {}", path.display()),
    }
}

async fn postgres() -> Target {
    Target::Postgres(Postgres::shared().await.database().await.into())
}

async fn mariadb() -> Target {
    Target::MariaDb(MariaDb::shared().await.databases().await.into())
}

/// Whether a rename has been announced whose end is not written down.
async fn intends(target: &Target) -> bool {
    let Target::MariaDb(databases) = target else {
        return false;
    };
    let intents = "select 1 from _syncapp_checkpoint where intent is not null";
    !databases.writer.texts(intents).await.is_empty()
}

const FEW: [Moment; 2] = [&[Place::Checkpoint], &[Place::Table]];

#[tokio::test]
async fn an_undo_of_rows_is_one_transaction() {
    for workload in [Workload::Merge, Workload::History, Workload::Append] {
        for moment in FEW {
            for target in [postgres().await, mariadb().await] {
                let case = Case::new(workload, target).await;
                case.undoes_at_once(moment).await;
            }
        }
    }
}

#[tokio::test]
async fn an_undo_of_a_swap_is_one_transaction_in_postgres() {
    for moment in FEW {
        let case = Case::new(Workload::Refresh, postgres().await).await;
        case.undoes_at_once(moment).await;
    }
}

/// A rename is no transaction: behind it the old table is back already, and the checkpoint does not say so yet.
#[tokio::test]
async fn an_undo_of_a_swap_comes_to_its_end_in_mariadb() {
    // A server goes on with a rename that waits, even when nobody is there any more who asked for it.
    let moments: [(Moment, &[bool]); 3] = [
        (&[Place::Checkpoint], &[false]),
        (&[Place::Table], &[false, true]),
        (&[Place::Table, Place::Checkpoint], &[true]),
    ];
    for (moment, either) in moments {
        for by_a_run in [false, true] {
            let case = Case::new(Workload::Refresh, mariadb().await).await;
            case.kill(moment).await;
            let held = case.target.held().await;
            let renamed = held == case.old;
            assert!(renamed || held == case.new, "killed at {moment:?}: a mix: {held}");
            assert!(either.contains(&renamed), "killed at {moment:?}: {held}");
            assert_eq!(
                intends(&case.target).await,
                moment != [Place::Checkpoint],
                "killed at {moment:?}"
            );
            if by_a_run {
                case.syncapp.succeed(&RUN).await;
                assert_eq!(case.target.held().await, case.new, "killed at {moment:?}");
                if renamed {
                    // It went on from where the stream was before the run that was taken back.
                    assert_eq!(state(&case.target).await, case.new_state, "killed at {moment:?}");
                }
                // What the kill left of the undo is over, or the run stands on the one that was not taken back.
                let again = case.syncapp.run(&["undo", &case.run]).await;
                assert_eq!(again.code, Some(2), "killed at {moment:?}:\n{}", again.output);
            } else {
                let again = case.syncapp.run(&["undo", &case.run]).await;
                assert_eq!(
                    again.code,
                    Some(if renamed { 2 } else { 0 }),
                    "killed at {moment:?}:\n{}",
                    again.output
                );
                case.over(moment).await;
            }
            assert!(!intends(&case.target).await, "killed at {moment:?}");
            let left = case.target.leftovers(&case.source, &case.syncapp).await;
            assert!(left.is_empty(), "killed at {moment:?}: {left:?}");
        }
    }
}
