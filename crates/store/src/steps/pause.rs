//! A sync is paused, or goes on.

use syncapp_control::ScheduleId;
use syncapp_model::Result;

use crate::rows::Rows;

pub(crate) async fn pause(rows: &mut dyn Rows, sync: &ScheduleId) -> Result<()> {
    // A round holds one of these locks to its end: none that was computed before is recorded afterwards.
    rows.lock_schedule(sync).await?;
    rows.lock_owed(sync).await?;
    rows.insert_pause(sync).await
}

pub(crate) async fn resume(rows: &mut dyn Rows, sync: &ScheduleId) -> Result<bool> {
    let schedule = rows.lock_schedule(sync).await?;
    let owed = rows.lock_owed(sync).await?;
    if !rows.is_paused(sync).await? {
        return Ok(true);
    }
    let now = rows.now().await?;
    if schedule.iter().chain(&owed).any(|schedule| schedule.is_due(now)) {
        return Ok(false);
    }
    rows.delete_pause(sync).await?;
    Ok(true)
}
