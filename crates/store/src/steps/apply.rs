//! A version is put in the place of the one before it, with its schedules.

use syncapp_control::{NewVersion, Pushed, Schedule, ScheduleId, ScheduleSpec};
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
    let number = newest.unwrap_or(0) + 1;
    rows.insert_version(version, number, now).await?;
    for old in &before {
        let spec = spec(version, old);
        let stays = spec.is_some_and(|spec| spec.definition == old.definition);
        if !stays && old.is_due(now) {
            let owed = Schedule {
                until: Some(now),
                ..old.clone()
            };
            rows.write_owed(&owed).await?;
        }
        if spec.is_none() {
            rows.delete_schedule(&old.id).await?;
        }
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
            next_due: match same {
                Some(same) => same.next_due,
                None => version.first_due.get(&sync.name).copied(),
            },
            until: None,
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
