//! Accounts change, and what is told of it.

use syncapp_control::access::{AccountChange, AuditHead, AuditKey, By, Changed, NewEntry, decide};
use syncapp_model::Result;

use crate::access_rows::AccessRows;

pub(crate) async fn change(
    rows: &mut dyn AccessRows,
    change: &AccountChange,
    by: &By,
    key: &AuditKey,
) -> Result<Changed> {
    // Before anything is read: changes come one after another.
    let (head, last) = rows.lock_audit().await?;
    let now = rows.now().await?;
    let ground = rows.ground(change).await?;
    let consequence = match decide(change, &ground, by, now) {
        Ok(consequence) => consequence,
        Err(refused) => return Ok(refused),
    };
    for write in &consequence.writes {
        rows.write_account(write).await?;
    }
    let (entries, head) = key.append(head, last, &consequence.entry, now);
    rows.write_audit(&entries, &head).await?;
    Ok(Changed::Done(head))
}

pub(crate) async fn audit(rows: &mut dyn AccessRows, entry: &NewEntry, key: &AuditKey) -> Result<AuditHead> {
    let (head, last) = rows.lock_audit().await?;
    let now = rows.now().await?;
    let (entries, head) = key.append(head, last, entry, now);
    rows.write_audit(&entries, &head).await?;
    Ok(head)
}
