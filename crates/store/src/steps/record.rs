//! A round of a schedule is recorded, if nobody was faster.

use syncapp_control::{Decision, Round, Schedule, SkipReason, Submitted, TickOutcome};
use syncapp_model::Result;

use super::submit;
use crate::rows::Rows;
use crate::words::micros;

pub(crate) async fn record(rows: &mut dyn Rows, round: &Round) -> Result<bool> {
    let read = &round.schedule;
    let Some(mut schedule) = lock(rows, read).await? else {
        return Ok(false);
    };
    let is_same = schedule.next_due.map(micros) == read.next_due.map(micros);
    if !is_same || rows.is_paused(&read.id).await? != round.paused {
        return Ok(false);
    }
    schedule.next_due = round.next_due;
    match schedule.until {
        None => rows.write_schedule(&schedule).await?,
        Some(until) if schedule.is_due(until) => rows.write_owed(&schedule).await?,
        Some(_) => rows.delete_owed(&schedule).await?,
    }
    for (nominal_at, decision) in &round.ticks {
        // What was read while a push was under way may speak of instants that are not its own any more.
        if schedule.until.is_some_and(|until| *nominal_at > until) {
            continue;
        }
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

/// The schedule of that version: the one that holds, or what it still owes.
async fn lock(rows: &mut dyn Rows, read: &Schedule) -> Result<Option<Schedule>> {
    let holds = rows.lock_schedule(&read.id).await?;
    if holds.as_ref().is_some_and(|holds| holds.version == read.version) {
        return Ok(holds);
    }
    let owed = rows.lock_owed(&read.id).await?;
    Ok(owed.into_iter().find(|owed| owed.version == read.version))
}
