//! A round of a schedule is recorded, if nobody was faster.

use syncapp_control::{Decision, Round, SkipReason, Submitted, TickOutcome};
use syncapp_model::Result;

use super::submit;
use crate::rows::Rows;
use crate::words::micros;

pub(crate) async fn record(rows: &mut dyn Rows, round: &Round) -> Result<bool> {
    let read = &round.schedule;
    let Some(mut schedule) = rows.lock_schedule(&read.id).await? else {
        return Ok(false);
    };
    let is_same = schedule.next_due.map(micros) == read.next_due.map(micros);
    if schedule.version != read.version || !is_same {
        return Ok(false);
    }
    if rows.is_paused(&read.id).await? != round.paused {
        return Ok(false);
    }
    schedule.next_due = round.next_due;
    rows.write_schedule(&schedule).await?;
    for (nominal_at, decision) in &round.ticks {
        // A schedule that was changed and changed back may mean an instant again.
        if rows.tick(&read.id, *nominal_at).await?.is_some() {
            continue;
        }
        let outcome = match decision {
            Decision::Skip(reason) => TickOutcome::Skipped(*reason),
            Decision::Run(run) => match submit(rows, run).await? {
                Submitted::Accepted(id) | Submitted::Known(id) => TickOutcome::Ran(id),
                Submitted::Overlaps(_) => TickOutcome::Skipped(SkipReason::Overlap),
            },
        };
        rows.insert_tick(&read.id, *nominal_at, outcome).await?;
    }
    Ok(true)
}
