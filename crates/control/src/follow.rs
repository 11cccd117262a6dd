//! Use case: a run that is done starts those that come after it.
//!
//! Each follower is submitted under a key that names the run before it, and only then the run counts as followed. Whoever dies
//! between the two has it done again, to no effect. What is paused when the run counts as followed is left out for good.

use syncapp_model::sync_file::Overlap;
use syncapp_model::{Code, Error, Result, nearest};

use crate::{Control, NewRun, PlannedSync, Run, Trigger};

impl Control {
    /// Submits what is to run after runs that are done, in the project's newest version. Returns how many runs it followed.
    pub async fn follow(&self) -> Result<usize> {
        let done = self.store.unfollowed(self.policy.batch).await?;
        for run in &done {
            self.submit_followers(run).await?;
            self.store.followed(run.id).await?;
        }
        Ok(done.len())
    }

    async fn submit_followers(&self, run: &Run) -> Result<()> {
        let Some(version) = self.store.newest(&run.project).await? else {
            return Ok(());
        };
        // Read after the run was: whatever was paused before the run was done is known as paused.
        let paused = self.store.paused(&run.project).await?;
        for sync in version.syncs {
            if sync.after.as_ref() != Some(&run.sync) || paused.contains(&sync.name) {
                continue;
            }
            let follower = NewRun {
                id: self.run_id(),
                project: run.project.clone(),
                version: version.number,
                key: Some(format!("after/{}/{}", run.id, sync.name)),
                sync: sync.name,
                trigger: Trigger::After(run.id),
                overlap: Overlap::Queue,
                limits: sync.limits,
                streams: sync.streams,
                trace: None,
            };
            self.accept(&follower).await?;
        }
        Ok(())
    }
}

/// Whether each sync comes after one that is there, and none after itself.
pub(crate) fn check(syncs: &[PlannedSync]) -> Result<()> {
    let before = |name: &str| syncs.iter().find(|sync| sync.name == name);
    for sync in syncs {
        let mut last = sync;
        for _ in syncs {
            let Some(after) = &last.after else { break };
            last = before(after).ok_or_else(|| {
                let why = format!(
                    "`{}` is to run after `{after}`, which is no sync of the file",
                    last.name
                );
                let known = syncs.iter().map(|sync| sync.name.as_str());
                let near = nearest(after, known).map(|near| format!("did you mean `{near}`?"));
                Error::new(Code::UnknownName, why).help(near.unwrap_or_else(|| "name a sync of the same file".into()))
            })?;
        }
        if last.after.is_some() {
            let why = format!("`{}` would run after itself, over and over", sync.name);
            return Err(Error::new(Code::Conflict, why).help("take one `after` out of the circle"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn what_comes_after_what() {
        let cases = [
            (&[("a", None)][..], None),
            (
                &[("a", None), ("b", Some("a")), ("c", Some("b")), ("d", Some("a"))],
                None,
            ),
            (&[("c", Some("b")), ("b", Some("a")), ("a", None)], None),
            (&[("a", Some("a"))], Some("config.conflict")),
            (&[("a", Some("b")), ("b", Some("a"))], Some("config.conflict")),
            (&[("a", Some("b")), ("b", Some("b"))], Some("config.conflict")),
            (&[("orders", None), ("b", Some("order"))], Some("config.unknown_name")),
        ];
        for (syncs, expected) in cases {
            let syncs: Vec<PlannedSync> = syncs
                .iter()
                .map(|(name, after)| PlannedSync {
                    name: (*name).to_owned(),
                    streams: Vec::new(),
                    limits: Limits::default(),
                    schedule: None,
                    after: after.map(str::to_owned),
                })
                .collect();
            let code = check(&syncs).err().map(|error| error.code().name());
            assert_eq!(code.as_deref(), expected, "{syncs:?}");
        }
    }
}
