//! An event happens to a task, and what follows for its run and for the next run of its sync.

use std::time::SystemTime;

use syncapp_control::{Event, Refusal, Run, RunId, RunState, Task, TaskId, TaskState, Verdict, transition};
use syncapp_model::{Error, Result};

use super::limits;
use crate::rows::{Place, Rows};
use crate::words::kept;

/// A heartbeat that moves nothing, which is nearly each: one row is read, and written if it is still the same. No lock of the
/// run, which all its tasks would wait for.
///
/// `None` where it is no such heartbeat: [`happen`] then, in a transaction of its own. This one may have locked the task, and
/// must not wait for the run.
pub(crate) async fn beat(rows: &mut dyn Rows, id: TaskId, event: &Event) -> Result<Option<Verdict>> {
    if !matches!(event, Event::Heartbeat { .. }) {
        return Ok(None);
    }
    let Some((before, now)) = rows.task(id).await? else {
        return Ok(None);
    };
    match transition(&before, event, now).map(kept) {
        Ok(after) if after.state == before.state => {
            let written = rows.write_task(&before, &after).await?;
            Ok(written.then(|| Verdict::Held(Box::new(after))))
        }
        _ => Ok(None),
    }
}

pub(crate) async fn happen(rows: &mut dyn Rows, id: TaskId, event: &Event) -> Result<Verdict> {
    let Some((place, limits)) = rows.place_of(id.run).await? else {
        return Ok(Verdict::Refused(Refusal::Unknown));
    };
    let is_claim = matches!(event, Event::Claim { .. });
    if is_claim || may_end(event) {
        limits::lock(rows, &place.project, &limits).await?;
    }
    if may_end(event) {
        rows.lock_sync(&place).await?;
    }
    let state = rows.lock_run(id.run).await?;
    let (Some(state), Some((before, now))) = (state, rows.lock_task(id).await?) else {
        return Ok(Verdict::Refused(Refusal::Unknown));
    };
    let mut verdict = transition(&before, event, now);
    if is_claim && verdict.is_ok() && !limits::has_room(rows, &place.project, &limits).await? {
        verdict = Err(Refusal::Busy);
    }
    let after = match verdict {
        Ok(after) => kept(after),
        Err(refusal) => {
            if is_claim {
                // The hint that led here may have been the one for somebody else's place.
                limits::pass_on(rows, &place.project, &limits, &before.pool).await?;
            }
            return Ok(Verdict::Refused(refusal));
        }
    };
    let moved = write(rows, &before, &after).await?;
    if moved {
        if after.state == TaskState::Done {
            rows.write_landed(&place, &after.stream, now).await?;
        }
        if after.state == TaskState::Queued {
            rows.insert_hints(id.run, &[id.number]).await?;
        }
        follow(rows, &place, id.run, state, now).await?;
    }
    if before.state.is_leased() && !after.state.is_leased() {
        limits::wake(rows, &place.project, &limits).await?;
    }
    Ok(Verdict::Held(Box::new(after)))
}

/// Gives [`Event::Cancel`] to all tasks of a run; the run as it is then.
pub(crate) async fn cancel(rows: &mut dyn Rows, id: RunId) -> Result<Option<Run>> {
    let Some((place, _)) = rows.place_of(id).await? else {
        return Ok(None);
    };
    rows.lock_sync(&place).await?;
    let Some(state) = rows.lock_run(id).await? else {
        return Ok(None);
    };
    let tasks = rows.lock_tasks(id).await?;
    let now = rows.now().await?;
    let mut moved = false;
    for before in &tasks {
        // Refused where it has come to its end before.
        if let Ok(after) = transition(before, &Event::Cancel, now) {
            moved |= write(rows, before, &kept(after)).await?;
        }
    }
    if moved {
        follow(rows, &place, id, state, now).await?;
    }
    rows.run(id).await
}

/// Whether an event can end its run, so that the next one is let in.
fn may_end(event: &Event) -> bool {
    matches!(event, Event::Finish { .. } | Event::Expire { .. } | Event::Cancel)
}

/// Writes a task that is locked; whether its state is another one.
async fn write(rows: &mut dyn Rows, before: &Task, after: &Task) -> Result<bool> {
    if !rows.write_task(before, after).await? {
        return Err(Error::internal(format!(
            "the task {} changed while it was locked",
            before.id
        )));
    }
    Ok(before.state != after.state)
}

/// Where the run stands after its tasks changed.
async fn follow(rows: &mut dyn Rows, place: &Place, id: RunId, before: RunState, now: SystemTime) -> Result<()> {
    let state = RunState::of(rows.task_states(id).await?);
    if state == before {
        return Ok(());
    }
    rows.write_run(id, state, state.is_final().then_some(now)).await?;
    if state.is_final() {
        admit(rows, place, now).await?;
    }
    Ok(())
}

/// Lets the next run of a sync in, if none is at work.
async fn admit(rows: &mut dyn Rows, place: &Place, now: SystemTime) -> Result<()> {
    let Some(next) = rows.next_held(place).await? else {
        return Ok(());
    };
    rows.lock_run(next).await?;
    let mut admitted = Vec::new();
    for before in rows.lock_tasks(next).await? {
        // Refused where it was cancelled before.
        if let Ok(after) = transition(&before, &Event::Admit, now) {
            write(rows, &before, &kept(after)).await?;
            admitted.push(before.id.number);
        }
    }
    rows.insert_hints(next, &admitted).await?;
    let state = RunState::of(rows.task_states(next).await?);
    rows.write_run(next, state, state.is_final().then_some(now)).await
}
