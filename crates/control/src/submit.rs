//! Use cases: a run is started by hand, run again, and stopped.

use syncapp_model::sync_file::Overlap;
use syncapp_model::{Code, Error, Result, nearest};

use crate::{
    Control, LogLine, NewRun, PlannedStream, PlannedSync, Run, RunId, Submitted, TaskState, Trigger, Version, measure,
};

/// What is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The project; its newest version.
    pub project: String,
    /// The sync.
    pub sync: String,
    /// Only these of its streams, as the file names them; empty for all.
    pub streams: Vec<String>,
    /// Submitted again with the same key, it is the run of the first time.
    pub key: Option<String>,
    /// What becomes of it while another run of the sync goes on.
    pub overlap: Overlap,
}

impl Control {
    /// Starts a run. When this returns [`Submitted::Accepted`], it is durable and no fault loses it.
    ///
    /// When this fails, whether the run was accepted is unknown: submitted again with the same key, it is one run.
    pub async fn submit(&self, submission: &Submission) -> Result<Submitted> {
        let version = self.newest(&submission.project).await?;
        self.start(self.run_id(), &version, submission).await
    }

    /// The same under a name that nobody has had, which was told somewhere before. With a key that was used it stays nobody's.
    pub async fn submit_as(&self, id: RunId, submission: &Submission) -> Result<Submitted> {
        let version = self.newest(&submission.project).await?;
        self.start(id, &version, submission).await
    }

    async fn start(&self, id: RunId, version: &Version, submission: &Submission) -> Result<Submitted> {
        let run = NewRun {
            id,
            project: version.project.clone(),
            version: version.number,
            streams: chosen(version, &submission.sync, &submission.streams)?,
            sync: submission.sync.clone(),
            trigger: Trigger::Manual,
            key: submission.key.clone(),
            overlap: submission.overlap,
            limits: version.known(&submission.sync)?.limits.clone(),
            trace: None,
        };
        self.accept(&run).await
    }

    /// Starts a run of the streams of another one that did not land, in that one's version. `None` where it is not known, or
    /// all of it landed. It is started once, however often it is asked for.
    pub async fn retry(&self, id: RunId) -> Result<Option<Submitted>> {
        let Some(run) = self.store.run(id).await? else {
            return Ok(None);
        };
        let tasks = self.store.tasks(id).await?;
        let streams: Vec<PlannedStream> = tasks
            .into_iter()
            .filter(|task| matches!(task.state, TaskState::Failed | TaskState::Cancelled))
            .map(|task| PlannedStream {
                stream: task.stream,
                pool: task.pool,
            })
            .collect();
        if streams.is_empty() {
            return Ok(None);
        }
        let again = NewRun {
            id: self.run_id(),
            project: run.project,
            version: run.version,
            sync: run.sync,
            trigger: Trigger::Retry(id),
            key: Some(format!("retry/{id}")),
            overlap: Overlap::Queue,
            limits: run.limits,
            streams,
            trace: None,
        };
        self.accept(&again).await.map(Some)
    }

    /// Stops a run: what waits is cancelled at once, what a worker carries by that worker, within [`Policy::heartbeat`] and
    /// [`Policy::grace`]. Returns the run as it is then, `None` where it is not known.
    ///
    /// [`Policy::heartbeat`]: crate::Policy::heartbeat
    /// [`Policy::grace`]: crate::Policy::grace
    pub async fn cancel(&self, id: RunId) -> Result<Option<Run>> {
        let before = self.store.run(id).await?;
        let cancelled = self.store.cancel(id).await?;
        if let Some(run) = &cancelled {
            let was_going = before.is_some_and(|run| !run.state.is_final());
            if was_going && run.state.is_final() {
                measure::ended(run);
            }
            if was_going {
                self.note(id, &[LogLine::of_run("somebody stops it")]).await;
            }
        }
        Ok(cancelled)
    }

    /// The newest version of a project that has to be there.
    pub(crate) async fn newest(&self, project: &str) -> Result<Version> {
        self.store.newest(project).await?.ok_or_else(|| {
            Error::new(Code::UnknownName, format!("there is no project `{project}`"))
                .help("push its sync file first: `syncapp push`")
        })
    }
}

impl Version {
    /// The sync of that name, which has to be there.
    pub(crate) fn known(&self, name: &str) -> Result<&PlannedSync> {
        self.sync(name).ok_or_else(|| {
            let known = self.syncs.iter().map(|sync| sync.name.as_str()).collect();
            unknown("sync", name, known)
        })
    }
}

fn chosen(version: &Version, sync: &str, streams: &[String]) -> Result<Vec<PlannedStream>> {
    let planned = version.known(sync)?;
    for wanted in streams {
        if !planned.streams.iter().any(|known| known.stream == *wanted) {
            let known = planned.streams.iter().map(|known| known.stream.as_str()).collect();
            return Err(unknown("stream", wanted, known).stream(wanted));
        }
    }
    let wanted = |known: &&PlannedStream| streams.is_empty() || streams.contains(&known.stream);
    Ok(planned.streams.iter().filter(wanted).cloned().collect())
}

fn unknown(what: &str, name: &str, known: Vec<&str>) -> Error {
    let error = Error::new(Code::UnknownName, format!("the project has no {what} `{name}`"));
    match nearest(name, known) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help("push the sync file that names it first: `syncapp push`"),
    }
}
