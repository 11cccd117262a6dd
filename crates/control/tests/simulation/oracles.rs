//! What must hold in the end, whatever happened.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use syncapp_control::{
    RunId, RunState, ScheduleId, Schedules as _, SkipReason, Submissions as _, TaskState, Tick, TickOutcome, Trigger,
};

use crate::cast::{Cast, PAUSED, PROJECT, syncs};
use crate::clock::{LAST_TICK, means};
use crate::target::BAD;
use crate::watch::at_once;
use crate::world::GENESIS;

/// The first thing that is wrong.
pub(crate) fn judge(cast: &Cast) -> Result<(), String> {
    every_run_ended(cast)?;
    no_accepted_run_is_lost(cast)?;
    versions_are_whole(cast)?;
    each_success_is_followed_once(cast)?;
    every_tick_is_told(cast)?;
    failures_are_what_they_are(cast)?;
    cast.targets.inexact().map_or(Ok(()), Err)
}

/// O2.
pub(crate) fn every_run_ended(cast: &Cast) -> Result<(), String> {
    let tasks = cast.stored.rows.all_tasks();
    match tasks.iter().find(|task| !task.state.is_final()) {
        Some(task) => Err(format!("task {} never ended: {:?}", task.id, task.state)),
        None => Ok(()),
    }
}

/// Whether nothing is left to be done.
pub(crate) fn is_quiet(cast: &Cast) -> bool {
    let unfollowed = at_once(cast.stored.rows.unfollowed(1));
    every_run_ended(cast).is_ok() && unfollowed.is_ok_and(|runs| runs.is_empty())
}

/// What comes after a sync runs once for each success of it, and for nothing else.
fn each_success_is_followed_once(cast: &Cast) -> Result<(), String> {
    let runs = cast.stored.rows.all_runs();
    let done = runs
        .iter()
        .filter(|run| run.sync == "changed" && run.state == RunState::Done);
    let mut successes: Vec<RunId> = done.map(|run| run.id).collect();
    let after = runs
        .iter()
        .filter(|run| run.sync == "report")
        .map(|run| match run.trigger {
            Trigger::After(before) => Ok(before),
            other => Err(format!("run {} was started by {other:?}", run.id)),
        });
    let mut followed = after.collect::<Result<Vec<_>, _>>()?;
    successes.sort_unstable();
    followed.sort_unstable();
    if successes == followed {
        return Ok(());
    }
    Err(format!("{successes:?} were done, and {followed:?} followed"))
}

/// D1: what was accepted is there, once.
fn no_accepted_run_is_lost(cast: &Cast) -> Result<(), String> {
    let runs = cast.stored.rows.all_runs();
    for (key, id) in &cast.people.lock().unwrap().accepted {
        let of_key: Vec<RunId> = runs
            .iter()
            .filter(|run| run.key.as_ref() == Some(key))
            .map(|run| run.id)
            .collect();
        if of_key != [*id] {
            return Err(format!("run {id} was accepted under `{key}`, and there are {of_key:?}"));
        }
    }
    for run in &runs {
        cast.stored
            .seen
            .lock()
            .unwrap()
            .met(format!("run {}", run.state.name()));
    }
    let unfinished = runs
        .iter()
        .find(|run| !run.state.is_final() || run.finished_at.is_none());
    unfinished.map_or(Ok(()), |run| {
        Err(format!("run {} never ended: {:?}", run.id, run.state))
    })
}

/// Each version was made once, for one who asked.
fn versions_are_whole(cast: &Cast) -> Result<(), String> {
    let mut pushed = cast.people.lock().unwrap().pushed.clone();
    let told = pushed.len();
    pushed.sort_unstable();
    pushed.dedup();
    let made: Vec<u32> = cast
        .stored
        .seen
        .lock()
        .unwrap()
        .pushes
        .iter()
        .map(|push| push.0)
        .collect();
    if pushed.len() == told && made == [1, 2] {
        return Ok(());
    }
    Err(format!("versions {made:?} were made, and {pushed:?} told to {told}"))
}

/// O4: the ticks are those that a count of all seconds finds, each with its one run or its reason.
fn every_tick_is_told(cast: &Cast) -> Result<(), String> {
    let pushes = cast.stored.seen.lock().unwrap().pushes.clone();
    let mut runs: BTreeMap<RunId, Trigger> = BTreeMap::new();
    for run in cast.stored.rows.all_runs() {
        if let Trigger::Tick(_) = run.trigger {
            runs.insert(run.id, run.trigger);
        }
    }
    for sync in ["kept", "changed", "gone"] {
        let id = ScheduleId {
            project: PROJECT.into(),
            sync: sync.into(),
        };
        let ticks = at_once(cast.stored.rows.ticks(&id, GENESIS, usize::MAX));
        let ticks = ticks.map_err(|error| error.to_string())?;
        let told: Vec<u64> = ticks.iter().map(|tick| second(tick.nominal_at)).collect();
        let meant = meant(sync, &pushes);
        if told != meant {
            return Err(format!("{sync} has ticks at {told:?}, and means {meant:?}"));
        }
        for Tick { nominal_at, outcome } in ticks {
            let word = match outcome {
                TickOutcome::Ran(_) => "Ran".to_owned(),
                TickOutcome::Skipped(reason) => format!("{reason:?}"),
            };
            cast.stored.seen.lock().unwrap().met(word);
            let fine = match outcome {
                TickOutcome::Ran(run) => runs.remove(&run) == Some(Trigger::Tick(nominal_at)),
                TickOutcome::Skipped(SkipReason::Overlap) => sync != "gone",
                TickOutcome::Skipped(SkipReason::Missed) => sync == "changed",
                TickOutcome::Skipped(SkipReason::Superseded) => sync == "kept",
                TickOutcome::Skipped(SkipReason::OverCap) => sync == "gone",
                TickOutcome::Skipped(SkipReason::Paused) => sync == PAUSED,
                TickOutcome::Skipped(SkipReason::Blackout) => false,
            };
            let fine = fine && (sync != PAUSED || paused(cast, nominal_at, outcome));
            if !fine {
                return Err(format!("{sync} at {}: {outcome:?}", second(nominal_at)));
            }
        }
    }
    match runs.pop_first() {
        Some((run, trigger)) => Err(format!("run {run} says {trigger:?}, and no tick has it")),
        None => Ok(()),
    }
}

/// Whether a tick was skipped for a pause if its instant is in one, and not if there was none since.
fn paused(cast: &Cast, nominal_at: SystemTime, outcome: TickOutcome) -> bool {
    let pauses = &cast.stored.seen.lock().unwrap().pauses;
    let is_over = |end: Option<SystemTime>| end.is_some_and(|end| end < nominal_at);
    if outcome == TickOutcome::Skipped(SkipReason::Paused) {
        return pauses.iter().any(|(_, end)| !is_over(*end));
    }
    !pauses.iter().any(|(begin, end)| *begin < nominal_at && !is_over(*end))
}

/// The seconds that a sync's schedule means, version by version: each from when it was compiled to when the next one held.
fn meant(sync: &str, pushes: &[(u32, SystemTime, SystemTime)]) -> Vec<u64> {
    let mut meant = Vec::new();
    let mut since = None;
    let mut before = None;
    for (place, (version, compiled, _)) in pushes.iter().enumerate() {
        let definition = syncs(*version)
            .into_iter()
            .find(|planned| planned.name == sync)
            .and_then(|planned| Some(planned.schedule?.definition));
        // The same words go on from where they were.
        if definition != before {
            since = Some(*compiled);
        }
        let end = pushes.get(place + 1).map(|(.., applied)| *applied);
        if let (Some(definition), Some(since)) = (&definition, since) {
            let meant_here = (0..=LAST_TICK.as_secs()).filter(|second| {
                let instant = GENESIS + Duration::from_secs(*second);
                means(definition, *second) && instant > since && end.is_none_or(|end| instant <= end)
            });
            meant.extend(meant_here);
        }
        before = definition;
    }
    meant.sort_unstable();
    meant.dedup();
    meant
}

fn second(instant: SystemTime) -> u64 {
    instant.duration_since(GENESIS).unwrap_or_default().as_secs()
}

/// What cannot land does not, is not tried again, and keeps nothing else from landing.
fn failures_are_what_they_are(cast: &Cast) -> Result<(), String> {
    for task in cast.stored.rows.all_tasks() {
        let code = task.error.as_ref().map(|error| error.code.as_str());
        let fine = match (task.stream.as_str(), task.state) {
            (BAD, TaskState::Done) => false,
            (BAD, TaskState::Failed) => matches!(code, Some("config.unknown_column" | "run.worker_lost")),
            (_, TaskState::Failed) => code != Some("config.unknown_column") && code != Some("destination.fenced"),
            (_, TaskState::Done) => code.is_none(),
            _ => true,
        };
        if !fine || (task.stream == BAD && task.fruitless > 1) {
            return Err(format!("{} of {}: {:?}, {code:?}", task.stream, task.id, task.state));
        }
    }
    Ok(())
}
