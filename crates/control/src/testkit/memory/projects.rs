use async_trait::async_trait;
use syncapp_model::Result;

use super::MemoryStore;
use crate::{NewVersion, Projects, Pushed, Schedule, ScheduleId, Version};

#[async_trait]
impl Projects for MemoryStore {
    async fn newest(&self, project: &str) -> Result<Option<Version>> {
        let rows = self.rows();
        Ok(rows.versions.get(project).and_then(|versions| versions.last()).cloned())
    }

    async fn version(&self, project: &str, number: u32) -> Result<Option<Version>> {
        let rows = self.rows();
        let versions = rows.versions.get(project).map_or(&[][..], Vec::as_slice);
        Ok(versions.iter().find(|version| version.number == number).cloned())
    }

    async fn apply(&self, new: &NewVersion, expected: Option<u32>) -> Result<Pushed> {
        let now = self.time();
        let mut rows = self.rows();
        let versions = rows.versions.get(&new.project);
        let newest = versions
            .and_then(|versions| versions.last())
            .map(|version| version.number);
        if newest != expected {
            return Ok(Pushed::Moved(newest));
        }
        let number = newest.unwrap_or(0) + 1;
        let versions = rows.versions.entry(new.project.clone()).or_default();
        versions.push(Version {
            project: new.project.clone(),
            number,
            text: new.text.clone(),
            syncs: new.syncs.clone(),
            applied_at: now,
        });
        let mut before = std::mem::take(&mut rows.schedules);
        rows.schedules = before.extract_if(.., |id, _| id.project != new.project).collect();
        for sync in &new.syncs {
            let Some(spec) = &sync.schedule else { continue };
            let id = ScheduleId {
                project: new.project.clone(),
                sync: sync.name.clone(),
            };
            let same = before.get(&id).filter(|old| old.definition == spec.definition);
            let schedule = Schedule {
                version: number,
                definition: spec.definition.clone(),
                overlap: spec.overlap,
                next_due: match same {
                    Some(same) => same.next_due,
                    None => new.first_due.get(&sync.name).copied(),
                },
                until: None,
                id: id.clone(),
            };
            rows.schedules.insert(id, schedule);
        }
        for (id, mut old) in before {
            let stays = rows
                .schedules
                .get(&id)
                .is_some_and(|new| new.definition == old.definition);
            if !stays && old.is_due(now) {
                old.until = Some(now);
                rows.owed.insert((id, old.version), old);
            }
        }
        rows.landed
            .retain(|(sync, stream), _| sync.project != new.project || new.has(&sync.sync, stream));
        Ok(Pushed::Applied(number))
    }
}
