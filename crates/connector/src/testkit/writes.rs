//! How rows land: overwrite and append, and what is refused.

use syncapp_model::sync_file::Write;

use super::{Flow, Rig, Table, checkpoint};

const OLD: &[(i64, &str)] = &[(1, "old"), (2, "old")];
const NEW: &[(i64, &str)] = &[(2, "new"), (3, "new"), (4, "new")];

/// The old rows are there until the commit, the new ones alone behind it.
pub async fn overwrite_replaces_on_commit(rig: &dyn Rig) {
    if !rig.abilities().can(Write::Overwrite) {
        return;
    }
    let flow = Flow::new(rig).await;
    let table = Table::texts("replaced");
    let (old, new) = (table.text_rows(OLD), table.text_rows(NEW));
    let receipt = flow.put(&table, Write::Overwrite, std::slice::from_ref(&old)).await;
    assert_eq!(receipt.inserted, 2);
    let target = flow.target(&table, Write::Overwrite);
    let epoch = flow.claim(&target).await.expect("claim");
    flow.expect(&table, std::slice::from_ref(&old), "after a claim").await;
    let load = flow
        .fill(&target, epoch, std::slice::from_ref(&new))
        .await
        .expect("fill");
    flow.expect(&table, std::slice::from_ref(&old), "before the commit")
        .await;
    let receipt = load
        .commit(&checkpoint(5))
        .await
        .expect("commit")
        .done()
        .expect("no row is refused");
    assert_eq!(receipt.inserted, 3);
    flow.expect(&table, std::slice::from_ref(&new), "after the commit")
        .await;
    flow.put(&table, Write::Overwrite, &[]).await;
    if rig.abilities().declares_types {
        flow.expect(&table, &[], "overwritten with nothing").await;
    }
}

/// Rows are added, equal ones too.
pub async fn append_adds(rig: &dyn Rig) {
    if !rig.abilities().can(Write::Append) {
        return;
    }
    let flow = Flow::new(rig).await;
    let table = Table::texts("added");
    let (old, new) = (table.text_rows(OLD), table.text_rows(&[(3, "new"), (4, "new")]));
    flow.put(&table, Write::Append, std::slice::from_ref(&old)).await;
    let receipt = flow.put(&table, Write::Append, std::slice::from_ref(&new)).await;
    assert_eq!((receipt.inserted, receipt.updated, receipt.deleted), (2, 0, 0));
    flow.expect(&table, &[old.clone(), new.clone()], "two loads").await;
    flow.put(&table, Write::Append, &[]).await;
    flow.expect(&table, &[old, new], "and one of nothing").await;
}

/// What the rig does not list is an error, at the latest when the load begins, and changes nothing.
pub async fn the_others_are_refused(rig: &dyn Rig) {
    let (flow, can) = (Flow::new(rig).await, rig.abilities());
    let table = Table::texts("refused");
    for write in [Write::Overwrite, Write::Append, Write::Merge, Write::History] {
        if can.can(write) {
            continue;
        }
        let target = flow.target(&table, write);
        let result = flow.load(&target, &[table.text_rows(OLD)], &checkpoint(2)).await;
        assert!(result.is_err(), "{write:?} is refused");
        assert!(flow.read(&table).await.is_none(), "{write:?}: nothing is made");
    }
}

/// Loads one after the other under one claim, as the prefixes of an increment land.
pub async fn several_loads_follow_a_claim(rig: &dyn Rig) {
    if !rig.abilities().can(Write::Append) {
        return;
    }
    let flow = Flow::new(rig).await;
    let table = Table::texts("prefixes");
    let target = flow.target(&table, Write::Append);
    let destination = flow.system.destination();
    let claim = destination.claim(&target).await.expect("claim");
    let shape = destination.diff(&target).await.expect("diff");
    let mut all = Vec::new();
    for part in 0..3_i64 {
        let rows = table.text_rows(&[(part * 2, "a"), (part * 2 + 1, "b")]);
        let mut load = destination.begin(&target, claim.epoch, &shape).await.expect("begin");
        let mut writer = load.writer().await.expect("writer").expect("one at least");
        writer.write(crate::Batch::Columns(rows.clone())).await.expect("write");
        assert_eq!(writer.finish().await.expect("finish"), 2);
        load.commit(&checkpoint(all.len() as u64 * 2 + 2))
            .await
            .expect("commit");
        all.push(rows);
        flow.expect(&table, &all, "a prefix").await;
    }
    let claim = flow.system.destination().claim(&target).await.expect("claim again");
    assert_eq!(claim.checkpoint, Some(checkpoint(6)));
}

/// A load that fails while it is written leaves the rows and the checkpoint as they were.
pub async fn a_failed_write_leaves_the_target(rig: &dyn Rig) {
    let (flow, can) = (Flow::new(rig).await, rig.abilities());
    for write in can.writes.clone() {
        let table = Table::texts(&format!("failed_{write:?}").to_lowercase());
        let old = table.text_rows(OLD);
        flow.put(&table, write, std::slice::from_ref(&old)).await;
        let target = flow.target(&table, write);
        let epoch = flow.claim(&target).await.expect("claim");
        let mut load = flow.begin(&target, epoch).await.expect("begin");
        let mut writer = load.writer().await.expect("writer").expect("one at least");
        let stray = Table::new("stray", &[("other", syncapp_model::DataType::Bool)]);
        let rows = stray.value_rows(super::edges(&syncapp_model::DataType::Bool));
        let written = writer.write(crate::Batch::Columns(rows)).await;
        let finished = writer.finish().await;
        assert!(
            written.is_err() || finished.is_err(),
            "{write:?}: a batch of other columns is an error"
        );
        load.abort().await;
        flow.expect(&table, std::slice::from_ref(&old), "as it was").await;
        let claim = flow.system.destination().claim(&target).await.expect("claim");
        assert_eq!(claim.checkpoint, Some(checkpoint(2)), "{write:?}");
    }
}
