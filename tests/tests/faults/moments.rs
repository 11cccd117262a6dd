//! Kills and pauses at known moments.

use syncapp_tests::faults::{Dice, Holder, Place, Target, Workload, until_waiting};
use syncapp_tests::server::mariadb::MariaDb;
use syncapp_tests::server::postgres::Postgres;
use syncapp_tests::syncapp::Syncapp;

use super::case::{Case, RUN};

const TO_POSTGRES: [Workload; 3] = [Workload::Refresh, Workload::Merge, Workload::Append];

/// Were rows and checkpoint not one transaction, the one that does not wait would be there already.
#[tokio::test]
async fn rows_and_checkpoint_land_together() {
    for workload in TO_POSTGRES {
        let case = Case::new(workload, Postgres::shared().await).await;
        // An append copies into the table itself: it has its lock from the beginning.
        let all = [Place::Checkpoint, Place::Table];
        for place in &all[..if workload == Workload::Append { 1 } else { 2 }] {
            let (mark, old) = (case.target.mark().await, case.target.held().await);
            let gate = Holder::source(&case.source).await;
            let mut running = case.start();
            case.until_reading(&mut running).await;
            let holder = case.target.hold(*place).await;
            drop(gate);
            case.until_at(&mut running, *place).await;
            assert!(running.kill(), "{workload}: it was over");
            drop(holder);
            let left = case.target.rest(&case.source).await;
            assert!(left.is_empty(), "{workload}: {left:?}");
            assert_eq!(case.target.held().await, old, "{workload}, killed at {place:?}");
            let now = case.target.mark().await;
            assert_eq!(now.committed, mark.committed, "{workload}, killed at {place:?}");
            assert!(now.epoch > mark.epoch, "{workload}: it had no claim");
            case.syncapp.succeed(&RUN).await;
            case.equal().await;
            workload.change(&case.source, &mut Dice::new(3)).await;
        }
    }
}

/// A run that slept while another one did its work. A failure that may pass is no reason to take the stream back.
#[tokio::test]
async fn a_run_that_was_overtaken_changes_nothing() {
    let cut = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()";
    for (workload, is_cut) in TO_POSTGRES
        .into_iter()
        .flat_map(|workload| [(workload, false), (workload, true)])
    {
        let case = Case::new(workload, Postgres::shared().await).await;
        let gate = Holder::source(&case.source).await;
        let mut running = case.start();
        case.until_reading(&mut running).await;
        case.target.until_loading(&mut running, workload).await;
        running.signal("STOP");
        drop(gate);
        case.syncapp.succeed(&RUN).await;
        let mark = case.target.mark().await;
        if is_cut {
            case.source.run(&format!("{cut} and pid <> pg_backend_pid()")).await;
        }
        running.signal("CONT");
        let ended = running.end().await;
        assert_eq!(ended.code, Some(1), "{workload}:\n{}", ended.output);
        assert!(
            ended.output.contains("destination.fenced"),
            "{workload}:\n{}",
            ended.output
        );
        assert_eq!(case.target.mark().await, mark, "{workload}");
        case.equal().await;
    }
}

/// A later claim dropped the table that a sleeper's rows wait in. They are more than what waits for the server.
#[tokio::test]
async fn a_run_whose_staged_table_is_gone_was_overtaken() {
    let source = Postgres::shared().await.database().await;
    let databases = MariaDb::shared().await.databases().await;
    let target = Target::MariaDb(databases.clone().into());
    let syncapp = Syncapp::default();
    Workload::Refresh.fill(&source, 12_000).await;
    syncapp.file("sync.yaml", &Workload::Refresh.sync_file(&source, &target));
    syncapp.succeed(&RUN).await;
    let old = target.held().await;
    let gate = Holder::source(&source).await;
    let mut running = syncapp.start(&RUN);
    assert!(until_waiting(&mut running, &source, &source.reader.user).await);
    target.until_loading(&mut running, Workload::Refresh).await;
    let staged = "select table_name from information_schema.tables \
                  where table_schema = database() and table_name like '\\_syncapp\\_stage%'";
    for table in databases.writer.texts(staged).await.into_iter().flatten() {
        databases.writer.run(&format!("drop table {table}")).await;
    }
    gate.release().await;
    let ended = running.end().await;
    assert_eq!(ended.code, Some(1), "{}", ended.output);
    assert!(ended.output.contains("destination.fenced"), "{}", ended.output);
    assert_eq!(target.held().await, old);
}
