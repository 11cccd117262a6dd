//! What a kill, a rival and an abort leave behind.

use arrow_array::RecordBatch;
use syncapp_model::sync_file::Write;
use syncapp_model::{Code, Pattern};

use super::{Flow, Rig, Table, checkpoint};
use crate::{Batch, Page, Target};

const OLD: &[(i64, &str)] = &[(1, "old"), (2, "old")];
const NEW: &[(i64, &str)] = &[(3, "new"), (4, "new"), (5, "new")];

/// Where a load is killed.
#[derive(Debug, Clone, Copy)]
enum Step {
    Claimed,
    Begun,
    Opened,
    Written,
    Finished,
}

const STEPS: [Step; 5] = [Step::Claimed, Step::Begun, Step::Opened, Step::Written, Step::Finished];

/// A load that goes as far as the step, and is dropped there without a word.
async fn killed(flow: &Flow, target: &Target, rows: &RecordBatch, step: Step) {
    let epoch = flow.claim(target).await.expect("claim");
    if matches!(step, Step::Claimed) {
        return;
    }
    let mut load = flow.begin(target, epoch).await.expect("begin");
    if matches!(step, Step::Begun) {
        return;
    }
    let mut writer = load.writer().await.expect("writer").expect("one at least");
    if matches!(step, Step::Opened) {
        return;
    }
    writer.write(Batch::Columns(rows.clone())).await.expect("write");
    if matches!(step, Step::Finished) {
        writer.finish().await.expect("finish");
    }
}

/// What the target holds when `NEW` has landed on `OLD`.
fn landed(table: &Table, write: Write) -> Vec<RecordBatch> {
    match write {
        Write::Overwrite => vec![table.text_rows(NEW)],
        _ => vec![table.text_rows(OLD), table.text_rows(NEW)],
    }
}

/// At every step of every write: the old rows and the old checkpoint stay, and a run after it makes the target exact.
pub async fn a_kill_leaves_the_old_rows(rig: &dyn Rig) {
    for write in rig.abilities().writes {
        for step in STEPS {
            let what = format!("{write:?} killed when {step:?}");
            let flow = Flow::new(rig).await;
            let table = Table::texts("killed");
            let (old, new) = (table.text_rows(OLD), table.text_rows(NEW));
            let target = flow.target(&table, write);
            killed(&flow, &target, &old, step).await;
            assert!(
                flow.read(&table).await.is_none(),
                "{what}: a first load leaves no table"
            );
            flow.put(&table, write, std::slice::from_ref(&old)).await;
            killed(&flow, &target, &new, step).await;
            flow.expect(&table, std::slice::from_ref(&old), &what).await;
            let claim = flow.system.destination().claim(&target).await.expect("claim");
            assert_eq!(claim.checkpoint, Some(checkpoint(2)), "{what}: the checkpoint");
            flow.put(&table, write, &[new]).await;
            flow.expect(&table, &landed(&table, write), &format!("{what}, and run again"))
                .await;
            let found = flow
                .system
                .source()
                .discover(&Pattern::all(), Page::ALL)
                .await
                .expect("discover");
            assert_eq!(found.len(), 1, "{what}: nothing is left beside the table: {found:?}");
        }
    }
}

/// A load whose claim is not the last one cannot commit.
pub async fn a_later_claim_fences(rig: &dyn Rig) {
    for write in rig.abilities().writes {
        let flow = Flow::new(rig).await;
        let table = Table::texts("fenced");
        let old = table.text_rows(OLD);
        flow.put(&table, write, std::slice::from_ref(&old)).await;
        let target = flow.target(&table, write);
        let first = flow.claim(&target).await.expect("claim");
        let stray = table.text_rows(&[(9, "stray")]);
        let load = flow
            .fill(&target, first, std::slice::from_ref(&stray))
            .await
            .expect("fill");
        let second = flow.claim(&target).await.expect("claim again");
        assert!(second > first, "epochs rise");
        let destination = flow.system.destination();
        let overtaken = destination.stands(&target, first).await.expect_err("an old epoch");
        assert_eq!(overtaken.code(), Code::Fenced, "{write:?}: {overtaken:?}");
        destination
            .stands(&target, second)
            .await
            .expect("the last claim stands");
        let error = load.commit(&checkpoint(3)).await.expect_err("fenced");
        assert_eq!(error.code(), Code::Fenced, "{write:?}: {error:?}");
        flow.expect(&table, std::slice::from_ref(&old), "after a fenced commit")
            .await;

        let late = match flow.fill(&target, first, &[stray]).await {
            Ok(load) => load.commit(&checkpoint(3)).await.map(|_| ()),
            Err(error) => Err(error),
        };
        assert_eq!(late.expect_err("an old epoch").code(), Code::Fenced, "{write:?}");

        let load = flow.fill(&target, second, &[table.text_rows(NEW)]).await.expect("fill");
        load.commit(&checkpoint(5)).await.expect("the last claim commits");
        flow.expect(&table, &landed(&table, write), "after the last claim")
            .await;
    }
}

/// An abort is as if nothing had been.
pub async fn an_abort_leaves_the_target(rig: &dyn Rig) {
    for write in rig.abilities().writes {
        let flow = Flow::new(rig).await;
        let table = Table::texts("aborted");
        let target = flow.target(&table, write);
        let old = table.text_rows(OLD);
        let epoch = flow.claim(&target).await.expect("claim");
        let load = flow
            .fill(&target, epoch, std::slice::from_ref(&old))
            .await
            .expect("fill");
        load.abort().await;
        assert!(flow.read(&table).await.is_none(), "{write:?}: no table");
        flow.put(&table, write, std::slice::from_ref(&old)).await;
        let epoch = flow.claim(&target).await.expect("claim");
        let load = flow.fill(&target, epoch, &[table.text_rows(NEW)]).await.expect("fill");
        load.abort().await;
        flow.expect(&table, &[old], "after an abort").await;
        let claim = flow.system.destination().claim(&target).await.expect("claim");
        assert_eq!(claim.checkpoint, Some(checkpoint(2)), "{write:?}");
    }
}

/// What is said of a kill is what the rig expects, for every write.
pub async fn it_is_as_announced(rig: &dyn Rig) {
    let (flow, can) = (Flow::new(rig).await, rig.abilities());
    for write in can.writes {
        let target = flow.target(&Table::texts("announced"), write);
        assert_eq!(flow.system.destination().delivery(&target), can.delivery, "{write:?}");
    }
}

/// Every claim has a greater epoch than any before, whatever became of those.
pub async fn a_claim_raises_the_epoch(rig: &dyn Rig) {
    let flow = Flow::new(rig).await;
    let table = Table::texts("claimed");
    let write = rig.abilities().writes[0];
    let target = flow.target(&table, write);
    let mut last = None;
    for round in 0..4 {
        let claim = flow.system.destination().claim(&target).await.expect("claim");
        assert!(Some(claim.epoch) > last, "{:?} after {last:?}", claim.epoch);
        assert_eq!(claim.checkpoint.is_some(), round > 2);
        last = Some(claim.epoch);
        if round == 2 {
            let load = flow
                .fill(&target, claim.epoch, &[table.text_rows(OLD)])
                .await
                .expect("fill");
            load.commit(&checkpoint(2)).await.expect("commit");
        }
    }
}
