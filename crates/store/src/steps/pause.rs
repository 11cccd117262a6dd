//! A sync is paused, or goes on.

use syncapp_control::ScheduleId;
use syncapp_model::Result;

use crate::rows::Rows;

pub(crate) async fn pause(rows: &mut dyn Rows, sync: &ScheduleId) -> Result<()> {
    // A round holds this lock to its end: none that was computed before is recorded afterwards.
    rows.lock_schedule(sync).await?;
    rows.insert_pause(sync).await
}

pub(crate) async fn resume(rows: &mut dyn Rows, sync: &ScheduleId) -> Result<bool> {
    let schedule = rows.lock_schedule(sync).await?;
    if !rows.is_paused(sync).await? {
        return Ok(true);
    }
    let now = rows.now().await?;
    let next_due = schedule.and_then(|schedule| schedule.next_due);
    if next_due.is_some_and(|due| due <= now) {
        return Ok(false);
    }
    rows.delete_pause(sync).await?;
    Ok(true)
}
