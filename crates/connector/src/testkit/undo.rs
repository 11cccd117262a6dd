//! Loads that are taken back, with their checkpoints: the newest first, under a fence, once.

use syncapp_model::Code;
use syncapp_model::sync_file::Write;

use super::{Flow, Rig, Table, checkpoint};
use crate::{Keep, Target, UndoRequest};

const OLD: &[(i64, &str)] = &[(1, "old"), (2, "old")];
const NEW: &[(i64, &str)] = &[(2, "new"), (3, "new"), (4, "new")];

/// A target whose load is part of that run, and can be taken back.
fn of_run(target: &Target, run: &str) -> Target {
    Target {
        undo: Some(Keep {
            run_id: run.into(),
            until: 7_200_000_000,
        }),
        moment: 3_600_000_000,
        ..target.clone()
    }
}

fn request(run: &str, dry_run: bool) -> UndoRequest {
    UndoRequest {
        run_id: run.into(),
        dry_run,
    }
}

/// A system that cannot says so, and keeps what it has.
async fn refuses(flow: &Flow, table: &Table, write: Write) {
    let old = table.text_rows(OLD);
    flow.put(table, write, std::slice::from_ref(&old)).await;
    let error = flow.system.destination().undo(&request("one", false)).await;
    assert_eq!(error.expect_err("it keeps no journal").code(), Code::Conflict);
    flow.expect(table, &[old], "what cannot be taken back").await;
}

/// Two runs are taken back, one after the other; what is between is refused.
pub async fn runs_are_taken_back(rig: &dyn Rig) {
    for write in rig.abilities().writes {
        let flow = Flow::new(rig).await;
        let table = Table::texts("undone");
        if !flow.system.destination().undoes() {
            refuses(&flow, &table, write).await;
            continue;
        }
        let undo = async |run: &str, dry_run| flow.system.destination().undo(&request(run, dry_run)).await;
        let target = flow.target(&table, write);
        let (old, new) = (table.text_rows(OLD), table.text_rows(NEW));
        let both = match write {
            Write::Overwrite => vec![new.clone()],
            Write::Append => vec![old.clone(), new.clone()],
            Write::Merge | Write::History => vec![table.text_rows(&OLD[..1]), new.clone()],
        };
        flow.load(&of_run(&target, "one"), std::slice::from_ref(&old), &checkpoint(2))
            .await
            .expect("the first load");
        flow.load(&of_run(&target, "two"), std::slice::from_ref(&new), &checkpoint(5))
            .await
            .expect("the second load");
        flow.expect(&table, &both, "both runs").await;

        let early = undo("one", false).await.expect_err("a later run stands on it");
        assert_eq!(early.code(), Code::Conflict, "{write:?}: {early:?}");
        let foreseen = undo("two", true).await.expect("a dry run");
        assert_eq!(foreseen.len(), 1, "{write:?}");
        flow.expect(&table, &both, "after a dry run").await;

        let epoch = flow.claim(&target).await.expect("claim");
        let undone = undo("two", false).await.expect("the second run can be taken back");
        assert_eq!(undone, foreseen, "{write:?}: what a dry run foresees");
        assert_eq!((&undone[0].key, undone[0].left_alone), (&target.key, 0), "{write:?}");
        flow.expect(&table, std::slice::from_ref(&old), "after the first run")
            .await;
        let overtaken = match flow.fill(&target, epoch, std::slice::from_ref(&new)).await {
            Ok(load) => load.commit(&checkpoint(9)).await.map(|_| ()),
            Err(error) => Err(error),
        };
        let overtaken = overtaken.expect_err("an undo raises the fence");
        assert_eq!(overtaken.code(), Code::Fenced, "{write:?}: {overtaken:?}");
        let claim = flow.system.destination().claim(&target).await.expect("claim");
        assert_eq!(claim.checkpoint, Some(checkpoint(2)), "{write:?}");
        assert_eq!(undo("two", false).await.expect("nothing is kept"), [], "{write:?}");

        undo("one", false).await.expect("the first run can be taken back");
        assert_eq!(flow.read(&table).await, None, "{write:?}: the run had made the table");
        let claim = flow.system.destination().claim(&target).await.expect("claim");
        assert_eq!(claim.checkpoint, None, "{write:?}");
        // Nothing stands in the way of beginning again.
        flow.load(&target, std::slice::from_ref(&new), &checkpoint(3))
            .await
            .expect("a load after it");
        flow.expect(&table, &[new], "begun again").await;
    }
}

/// A row that someone changed since is left alone, and told; the others go back.
pub async fn what_changed_since_is_left_alone(rig: &dyn Rig) {
    let flow = Flow::new(rig).await;
    if !rig.abilities().can(Write::Merge) || !flow.system.destination().undoes() {
        return;
    }
    let table = Table::texts("since");
    let target = flow.target(&table, Write::Merge);
    flow.put(&table, Write::Merge, &[table.text_rows(OLD)]).await;
    flow.load(&of_run(&target, "two"), &[table.text_rows(NEW)], &checkpoint(5))
        .await
        .expect("a load");
    // Another stream of the same table is somebody else.
    let mut other = target.clone();
    other.key.stream = "somebody else".into();
    flow.load(&other, &[table.text_rows(&[(3, "theirs")])], &checkpoint(1))
        .await
        .expect("another stream's load");
    let undone = flow.system.destination().undo(&request("two", false)).await;
    let undone = undone.expect("the others can be taken back");
    assert_eq!((undone[0].removed, undone[0].restored, undone[0].left_alone), (1, 1, 1));
    assert_eq!(undone[0].left.len(), 1, "{undone:?}");
    let left = table.text_rows(&[(1, "old"), (2, "old"), (3, "theirs")]);
    flow.expect(&table, &[left], "but for the row of somebody else").await;
}
