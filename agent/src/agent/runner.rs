//! The engine in the control plane's hands: one stream of one run.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use async_trait::async_trait;
use syncapp_control::{Cache, Ended, Failure, LiveProgress, Meter, Progress, Recent, Runner, Signal, Version, Work};
use syncapp_engine::{Event, Outcome, RetryPolicy, RunOptions, Summary, plan};
use syncapp_model::{Error, Result};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::pushed::Allowed;
use super::usage::Gauge;
use crate::project::Project;

/// How many versions of files are kept as they were understood.
const FILES: usize = 4;

/// A file as it was understood, or what is wrong with it.
type Understood = Result<Arc<Project>, Vec<Error>>;

/// Runs streams by the engine.
pub(super) struct EngineRunner {
    allowed: Allowed,
    /// Whoever watches a run hears of it here first.
    cache: Arc<dyn Cache>,
    /// By project and version.
    files: Recent<(String, u32), Arc<OnceLock<Understood>>>,
}

impl EngineRunner {
    pub(super) fn new(allowed: Allowed, cache: Arc<dyn Cache>) -> Self {
        Self {
            allowed,
            cache,
            files: Recent::new(FILES),
        }
    }

    /// Understands a file once, however many runs ask for it at once.
    async fn file(&self, version: Arc<Version>) -> Result<Arc<Project>> {
        let key = (version.project.clone(), version.number);
        let (file, allowed) = (self.files.get_or(key, Arc::default), self.allowed.clone());
        let understand = move || {
            let shown = format!("{} {}", version.project, version.number);
            let understood = || allowed.project(&version.project, &version.text, &shown).map(Arc::new);
            file.get_or_init(understood).clone()
        };
        let understood = tokio::task::spawn_blocking(understand).await;
        let failed = |problem| Error::internal("reading a file broke down").driver(problem);
        understood.map_err(failed)?.map_err(|problems| worst(&problems))
    }
}

#[async_trait]
impl Runner for EngineRunner {
    async fn run(&self, work: &Work, stop: &Signal, meter: &Meter) -> Ended {
        let gauge = Gauge::start();
        let cancel = CancellationToken::new();
        let (events, mut incoming) = unbounded_channel();
        let project = match self.file(work.version.clone()).await {
            Ok(project) => project,
            Err(error) => return Ended::Failed(Failure::from(&error), gauge.read()),
        };
        let attempt = attempt(project, work.clone(), events, cancel.clone());
        // A task of its own: it is heavy, and is aborted with this call.
        let attempt = AbortOnDropHandle::new(tokio::spawn(attempt));
        let told = async {
            stop.raised().await;
            cancel.cancel();
            std::future::pending::<()>().await;
        };
        let ended = tokio::select! {
            (ended, ()) = async { tokio::join!(attempt, self.report(work, &mut incoming, meter)) } => ended,
            () = told => unreachable!("it waits for ever"),
        };
        let usage = gauge.read();
        let ended = ended.unwrap_or_else(|problem| Err(Error::internal("a run broke down").driver(problem)));
        match ended {
            Ok(Outcome::Landed) => Ended::Done(usage),
            Ok(_) => Ended::Stopped(usage),
            Err(error) => Ended::Failed(Failure::from(&error), usage),
        }
    }
}

/// Plans and runs. `Ok` is [`Outcome::Landed`] or [`Outcome::Cancelled`].
async fn attempt(
    project: Arc<Project>,
    work: Work,
    events: UnboundedSender<Event>,
    cancel: CancellationToken,
) -> Result<Outcome> {
    let Work { run, stream, .. } = work;
    let (name, sync) = project
        .sync(Some(&run.sync))
        .map_err(|failure| worst(&failure.problems))?;
    let ends = project.ends(sync).map_err(|failure| worst(&failure.problems))?;
    let options = RunOptions {
        run_id: run.id.to_string(),
        // Where connections are limited a task counts for one stream, whatever its pattern matches.
        parallel_streams: match run.limits.each().next() {
            Some(_) => 1,
            None => RunOptions::default().parallel_streams,
        },
        entry: Some(stream),
        mask_key: project.mask_key(),
        now: SystemTime::now(),
        // The control plane tries again: it remembers how often, whoever dies meanwhile.
        retry: RetryPolicy {
            attempts: 1,
            ..RetryPolicy::default()
        },
        ..RunOptions::default()
    };
    let planned = tokio::select! {
        planned = plan(&ends, &project.name, name, sync, &options) => planned.map_err(|problems| worst(&problems))?,
        () = cancel.cancelled() => return Ok(Outcome::Cancelled),
    };
    let summary = syncapp_engine::run(ends, planned, name, &options, events, cancel).await;
    match summary.outcome {
        outcome @ (Outcome::Landed | Outcome::Cancelled) => Ok(outcome),
        Outcome::Partial | Outcome::Failed => Err(worst(&errors(summary))),
    }
}

fn errors(summary: Summary) -> Vec<Error> {
    summary.streams.into_iter().filter_map(|stream| stream.error).collect()
}

/// Of several errors the one that says what to do: as long as trying again may help one of them, that one.
fn worst(errors: &[Error]) -> Error {
    let first = errors
        .iter()
        .find(|error| error.is_transient())
        .or(errors.first())
        .cloned();
    first.unwrap_or_else(|| Error::internal("a run failed, and no stream of it says why"))
}

impl EngineRunner {
    /// Adds up what the streams of the entry tell, until they are done.
    async fn report(&self, work: &Work, events: &mut UnboundedReceiver<Event>, meter: &Meter) {
        let mut streams: BTreeMap<String, Progress> = BTreeMap::new();
        while let Some(event) = events.recv().await {
            match event {
                Event::Progress { stream, counts, .. } => count(streams.entry(stream).or_default(), counts),
                Event::Committed { stream, rows, .. } => streams.entry(stream).or_default().committed += rows,
                Event::StreamFinished(summary) => count(streams.entry(summary.stream).or_default(), summary.counts),
                Event::Warning { warning } => tracing::warn!(%warning, run = %work.run.id, "a run warns"),
                Event::RunStarted { .. }
                | Event::StreamStarted { .. }
                | Event::Retry { .. }
                | Event::RunFinished(_) => continue,
            }
            let progress = streams.values().fold(Progress::default(), |sum, one| Progress {
                read: sum.read + one.read,
                written: sum.written + one.written,
                bytes: sum.bytes + one.bytes,
                committed: sum.committed + one.committed,
            });
            meter.report(progress);
            let told = LiveProgress::new(work.lease.task, work.lease.epoch, progress);
            // Whoever does not hear it hears the store.
            let _ = self
                .cache
                .publish(&LiveProgress::topic(work.run.id), &told.to_bytes())
                .await;
        }
    }
}

fn count(progress: &mut Progress, counts: syncapp_engine::Counts) {
    progress.read = counts.rows_read;
    progress.written = counts.rows_written;
    progress.bytes = counts.bytes;
}
