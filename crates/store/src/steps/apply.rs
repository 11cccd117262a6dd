//! A version is put in the place of the one before it, with its schedules.

use std::time::SystemTime;

use syncapp_control::{NewVersion, PlannedSync, Pushed, Schedule, ScheduleId, ScheduleSpec};
use syncapp_model::Result;

use crate::rows::Rows;

pub(crate) async fn apply(rows: &mut dyn Rows, version: &NewVersion, expected: Option<u32>) -> Result<Pushed> {
    let newest = rows.lock_project(&version.project, expected.is_none()).await?;
    if newest != expected {
        return Ok(Pushed::Moved(newest));
    }
    let before = rows.lock_schedules(&version.project).await?;
    // A round locks its schedule: what is due now has not been recorded, and cannot be meanwhile.
    let now = rows.now().await?;
    let is_due = |schedule: &Schedule| schedule.next_due.is_some_and(|due| due <= now);
    if before
        .iter()
        .any(|schedule| is_due(schedule) && !stays(schedule, version))
    {
        return Ok(Pushed::Behind);
    }
    let number = newest.unwrap_or(0) + 1;
    rows.insert_version(version, number, now).await?;
    for gone in before.iter().filter(|schedule| spec(version, schedule).is_none()) {
        rows.delete_schedule(&gone.id).await?;
    }
    for sync in &version.syncs {
        let Some(spec) = &sync.schedule else { continue };
        let id = ScheduleId {
            project: version.project.clone(),
            sync: sync.name.clone(),
        };
        let same = before
            .iter()
            .find(|old| old.id == id && old.definition == spec.definition);
        let schedule = Schedule {
            id,
            version: number,
            definition: spec.definition.clone(),
            overlap: spec.overlap,
            next_due: next_due(same, version, sync),
        };
        rows.write_schedule(&schedule).await?;
    }
    for (sync, stream) in rows.landed(&version.project).await? {
        if !version.has(&sync, &stream) {
            rows.delete_landed(&version.project, &sync, &stream).await?;
        }
    }
    Ok(Pushed::Applied(number))
}

/// What the new version says of a schedule that is there.
fn spec<'a>(version: &'a NewVersion, schedule: &Schedule) -> Option<&'a ScheduleSpec> {
    let sync = version.syncs.iter().find(|sync| sync.name == schedule.id.sync);
    sync.and_then(|sync| sync.schedule.as_ref())
}

/// Whether its times stay what they are.
fn stays(schedule: &Schedule, version: &NewVersion) -> bool {
    spec(version, schedule).is_some_and(|spec| spec.definition == schedule.definition)
}

/// Where it goes on, or where it begins.
fn next_due(same: Option<&Schedule>, version: &NewVersion, sync: &PlannedSync) -> Option<SystemTime> {
    match same {
        Some(same) => same.next_due,
        None => version.first_due.get(&sync.name).copied(),
    }
}
