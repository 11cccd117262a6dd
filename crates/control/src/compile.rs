//! From a sync file to what the control plane has to know of it.

use syncapp_model::Error;
use syncapp_model::sync_file::{Sync, SyncFile};

use crate::schedule::{Schedule, Trigger};
use crate::{JsonCalendar, Limit, Limits, PlannedStream, PlannedSync, ScheduleSpec, follow};

/// The pool of a stream that names none.
pub const DEFAULT_POOL: &str = "default";

/// The syncs of a file where that environment of it holds; all that is wrong with their schedules otherwise.
pub fn compile(file: &SyncFile, environment: Option<&str>) -> Result<Vec<PlannedSync>, Vec<Error>> {
    let mut syncs = Vec::new();
    let mut problems = Vec::new();
    for (name, sync) in &file.syncs {
        let limit = |connection: &String| {
            Some(Limit {
                connection: connection.clone(),
                streams: file.max_streams(connection, environment)?,
            })
        };
        let limits = Limits {
            source: limit(&sync.source),
            destination: limit(&sync.destination),
        };
        match planned(name, sync, limits) {
            Ok(planned) => syncs.push(planned),
            Err(wrong) => problems.extend(wrong),
        }
    }
    if problems.is_empty() {
        problems.extend(follow::check(&syncs).err());
    }
    if problems.is_empty() { Ok(syncs) } else { Err(problems) }
}

fn planned(name: &str, sync: &Sync, limits: Limits) -> Result<PlannedSync, Vec<Error>> {
    let streams = sync.streams.iter().filter(|(stream, _)| !stream.starts_with('!'));
    let streams = streams.map(|(stream, own)| PlannedStream {
        stream: stream.clone(),
        pool: sync
            .stream(own.as_ref())
            .pool
            .unwrap_or_else(|| DEFAULT_POOL.to_owned()),
    });
    let schedule = sync.schedule.as_ref().map(Schedule::from_file).transpose()?;
    let after = match schedule.as_ref().map(|schedule| &schedule.trigger) {
        Some(Trigger::After { sync }) => Some(sync.clone()),
        _ => None,
    };
    let spec = |schedule: Schedule| {
        Ok(ScheduleSpec {
            definition: JsonCalendar::definition(&schedule)?,
            overlap: schedule.overlap,
        })
    };
    Ok(PlannedSync {
        name: name.to_owned(),
        streams: streams.collect(),
        limits,
        schedule: schedule
            .filter(|_| after.is_none())
            .map(spec)
            .transpose()
            .map_err(|problem: Error| vec![problem])?,
        after,
    })
}
