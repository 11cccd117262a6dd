//! A run is accepted: the run, its tasks, their hints.

use syncapp_control::schedule::{Admission, admit};
use syncapp_control::{NewRun, Submitted, TaskState};
use syncapp_model::{Error, Result};

use crate::rows::{Place, Rows};

pub(crate) async fn submit(rows: &mut dyn Rows, new: &NewRun) -> Result<Submitted> {
    let place = Place {
        project: new.project.clone(),
        sync: new.sync.clone(),
    };
    rows.lock_sync(&place).await?;
    if let Some(known) = rows.known(new).await? {
        return Ok(Submitted::Known(known));
    }
    let before = rows.going(&place).await?;
    let state = match (admit(new.overlap, before.is_some()), before) {
        (Admission::Skip(_), Some(before)) => return Ok(Submitted::Overlaps(before)),
        (Admission::Wait, _) => TaskState::Held,
        _ => TaskState::Queued,
    };
    // After the lock, so that the order in time is the order in which they were let in.
    let now = rows.now().await?;
    let run = new.accepted(state, now);
    if !rows.insert_run(&run).await? {
        // A run of another sync has just taken the key.
        let known = rows.known(new).await?;
        let gone = || Error::internal("a run's key is taken, and by no run");
        return known.map(Submitted::Known).ok_or_else(gone);
    }
    rows.insert_tasks(new.id, &new.streams, state, now).await?;
    if state == TaskState::Queued {
        let all: Vec<u32> = (0..).take(new.streams.len()).collect();
        rows.insert_hints(new.id, &all).await?;
    }
    Ok(Submitted::Accepted(new.id))
}
