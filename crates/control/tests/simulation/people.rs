//! People: they push, submit, cancel and run again, each as often as it takes to be answered. What they remember outlives
//! their processes.

use std::collections::BTreeSet;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use syncapp_control::{Control, Push, Pushed, RunId, ScheduleId, Submission, Submitted};
use syncapp_model::sync_file::Overlap;

use crate::cast::{PAUSED, PROJECT, syncs};
use crate::clock::EverySoOften;

/// How many runs are submitted by hand.
const SUBMISSIONS: usize = 6;

/// How often a sync is paused, or goes on.
const SWITCHES: usize = 4;

/// What people remember, whatever dies.
#[derive(Default)]
pub(crate) struct People {
    /// Submissions that were answered, by key.
    pub(crate) accepted: Vec<(String, RunId)>,
    /// Versions that somebody was told are theirs.
    pub(crate) pushed: Vec<u32>,
    /// Who has done all they wanted.
    pub(crate) done: BTreeSet<String>,
    cancelled: usize,
    /// How often a sync was paused, or went on.
    switched: usize,
}

/// Somebody who wants the project to have two versions. The other one wants the same: who is too late looks again.
pub(crate) async fn push(name: String, control: Control, people: Arc<Mutex<People>>) {
    let mut first = true;
    loop {
        if !first {
            control.clock.sleep(control.policy.pause * 40).await;
        }
        first = false;
        let Ok(newest) = control.store.newest(PROJECT).await else {
            continue;
        };
        let newest = newest.map(|version| version.number);
        if newest == Some(2) {
            break;
        }
        let number = newest.unwrap_or(0) + 1;
        let push = Push {
            project: PROJECT.into(),
            text: format!("version {number}"),
            syncs: syncs(number),
            expected: newest,
        };
        if let Ok(Pushed::Applied(number)) = control.apply(push, &EverySoOften).await {
            people.lock().unwrap().pushed.push(number);
        }
    }
    people.lock().unwrap().done.insert(name);
    pending::<()>().await;
}

/// Somebody who submits a run after the other, each as often as it takes to hear that it was accepted.
pub(crate) async fn submit(control: Control, people: Arc<Mutex<People>>) {
    loop {
        let number = people.lock().unwrap().accepted.len();
        if number == SUBMISSIONS {
            break;
        }
        control.clock.sleep(Duration::from_secs(5)).await;
        let submission = Submission {
            project: PROJECT.into(),
            sync: "manual".into(),
            streams: if number.is_multiple_of(2) {
                Vec::new()
            } else {
                vec!["a".into(), "b".into()]
            },
            key: Some(format!("key {number}")),
            overlap: Overlap::Queue,
        };
        if let (Some(key), Ok(Submitted::Accepted(id) | Submitted::Known(id))) =
            (submission.key.clone(), control.submit(&submission).await)
        {
            people.lock().unwrap().accepted.push((key, id));
        }
    }
    people.lock().unwrap().done.insert("client".into());
    pending::<()>().await;
}

/// Somebody who cancels every third run that was accepted, and runs again what did not land.
pub(crate) async fn cancel(control: Control, people: Arc<Mutex<People>>) {
    loop {
        control.clock.sleep(Duration::from_secs(7)).await;
        let (next, run) = {
            let people = people.lock().unwrap();
            (
                people.cancelled,
                people.accepted.get(people.cancelled).map(|(_, id)| *id),
            )
        };
        let Some(run) = run else { continue };
        let answered = match next % 3 {
            0 => control.cancel(run).await.is_ok(),
            1 => control.retry(run).await.is_ok(),
            _ => true,
        };
        let mut people = people.lock().unwrap();
        if answered {
            people.cancelled += 1;
        }
        if people.cancelled == SUBMISSIONS {
            people.done.insert("canceller".into());
            break;
        }
    }
    pending::<()>().await;
}

/// Somebody who pauses a sync and lets it go on, twice.
pub(crate) async fn pause(control: Control, people: Arc<Mutex<People>>) {
    let sync = ScheduleId {
        project: PROJECT.into(),
        sync: PAUSED.into(),
    };
    loop {
        let switched = people.lock().unwrap().switched;
        if switched == SWITCHES {
            break;
        }
        control.clock.sleep(Duration::from_secs(9)).await;
        let done = if switched.is_multiple_of(2) {
            control.pause(&sync).await
        } else {
            control.resume(&sync, &EverySoOften).await
        };
        people.lock().unwrap().switched += usize::from(done.is_ok());
    }
    people.lock().unwrap().done.insert("operator".into());
    pending::<()>().await;
}
