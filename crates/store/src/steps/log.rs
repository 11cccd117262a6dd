//! Lines are added to a run's log.

use syncapp_control::{LogLine, MAX_LOG, RunId};
use syncapp_model::Result;

use crate::rows::Rows;
use crate::words::kept_line;

/// The run is locked, so that whoever writes at once numbers one after the other.
pub(crate) async fn log(rows: &mut dyn Rows, run: RunId, lines: &[LogLine]) -> Result<()> {
    if lines.is_empty() || rows.lock_run(run).await?.is_none() {
        return Ok(());
    }
    let (last, now) = (rows.last_line(run).await?, rows.now().await?);
    for (number, line) in (last + 1..=MAX_LOG).zip(lines) {
        match number {
            MAX_LOG => rows.insert_line(run, number, &LogLine::full(), now).await?,
            _ => rows.insert_line(run, number, &kept_line(line), now).await?,
        }
    }
    Ok(())
}
