//! The engine in the control plane's hands: one stream of one run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use syncapp_control::{Cache, Control, Ended, Failure, LiveProgress, LogLine, Meter, Progress, Runner, Signal, Work};
use syncapp_engine::{Event, Outcome, RetryPolicy, RunOptions, Summary, plan};
use syncapp_model::{Error, Result};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument as _, Span};

use super::files::Files;
use super::usage::Gauge;
use crate::project::Project;
use crate::secrets::Secrets;

/// Runs streams by the engine.
pub(super) struct EngineRunner {
    files: Arc<Files>,
    /// Whoever watches a run hears of it here first.
    cache: Arc<dyn Cache>,
    /// Whoever reads of a run later reads its warnings.
    control: Control,
    /// How many streams of a pattern at once.
    abreast: usize,
}

impl EngineRunner {
    pub(super) fn new(files: Arc<Files>, cache: Arc<dyn Cache>, control: Control, abreast: usize) -> Self {
        Self {
            files,
            cache,
            control,
            abreast,
        }
    }
}

#[async_trait]
impl Runner for EngineRunner {
    async fn run(&self, work: &Work, stop: &Signal, meter: &Meter) -> Ended {
        let gauge = Gauge::start();
        let cancel = CancellationToken::new();
        let (events, mut incoming) = unbounded_channel();
        let project = match self.files.of(work.version.clone()).await {
            Ok(project) => project,
            Err(problems) => return Ended::Failed(Failure::from(&worst(&problems)), gauge.read()),
        };
        let attempt = attempt(
            (project, self.files.allowed.secrets.clone()),
            (work.clone(), self.abreast),
            events,
            cancel.clone(),
        );
        // A task of its own: it is heavy, and is aborted with this call.
        let attempt = AbortOnDropHandle::new(tokio::spawn(attempt.instrument(Span::current())));
        let told = async {
            stop.raised().await;
            cancel.cancel();
            std::future::pending::<()>().await;
        };
        let (ended, stepped) = tokio::select! {
            both = async { tokio::join!(attempt, self.report(work, &mut incoming, meter)) } => both,
            () = told => unreachable!("it waits for ever"),
        };
        let usage = gauge.read();
        let ended = ended.unwrap_or_else(|problem| Err(Error::internal("a run broke down").driver(problem)));
        match ended {
            Ok(Outcome::Landed) => Ended::Done(usage),
            Ok(_) => Ended::Stopped(usage),
            Err(error) => {
                let failure = Failure::from(&error);
                Ended::Failed(Failure { stepped, ..failure }, usage)
            }
        }
    }
}

/// Plans and runs. `Ok` is [`Outcome::Landed`] or [`Outcome::Cancelled`].
async fn attempt(
    (project, secrets): (Arc<Project>, Secrets),
    (work, abreast): (Work, usize),
    events: UnboundedSender<Event>,
    cancel: CancellationToken,
) -> Result<Outcome> {
    let Work { run, stream, .. } = work;
    // Secrets are those of now: another try may have others.
    let project = tokio::select! {
        ready = project.ready(&secrets) => ready.map_err(|failure| worst(&failure.problems))?,
        () = cancel.cancelled() => return Ok(Outcome::Cancelled),
    };
    let (name, sync) = project
        .sync(Some(&run.sync))
        .map_err(|failure| worst(&failure.problems))?;
    let ends = project.ends(sync).map_err(|failure| worst(&failure.problems))?;
    let options = RunOptions {
        run_id: run.id.to_string(),
        // Where connections are limited a task counts for one stream, whatever its pattern matches.
        parallel_streams: match run.limits.each().next() {
            Some(_) => 1,
            None => abreast,
        },
        entry: Some(stream),
        mask_key: project.mask_key().map_err(|failure| worst(&failure.problems))?,
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
    /// Adds up what the streams of the entry tell, until they are done. Says whether one that failed had landed rows.
    async fn report(&self, work: &Work, events: &mut UnboundedReceiver<Event>, meter: &Meter) -> bool {
        let mut streams: BTreeMap<String, Progress> = BTreeMap::new();
        let mut stepped = false;
        while let Some(event) = events.recv().await {
            match event {
                Event::Progress { stream, counts, .. } => count(streams.entry(stream).or_default(), counts),
                Event::Committed { stream, rows, .. } => streams.entry(stream).or_default().committed += rows,
                Event::StreamFinished(summary) => {
                    let one = streams.entry(summary.stream).or_default();
                    stepped |= summary.error.is_some() && one.committed > 0;
                    count(one, summary.counts);
                }
                Event::Warning { warning } => {
                    tracing::warn!(%warning, run = %work.run.id, "a run warns");
                    let line = LogLine::warning(&work.stream, &warning);
                    self.control.note(work.run.id, &[line]).await;
                }
                Event::StreamStarted {
                    stream, estimated_rows, ..
                } => streams.entry(stream).or_default().expected = estimated_rows,
                Event::RunStarted { .. } | Event::Retry { .. } | Event::RunFinished(_) => continue,
            }
            let start = Progress {
                // As long as one of them cannot tell, nobody can.
                expected: streams.values().map(|one| one.expected).sum(),
                ..Progress::default()
            };
            let progress = streams.values().fold(start, |sum, one| Progress {
                read: sum.read + one.read,
                written: sum.written + one.written,
                bytes: sum.bytes + one.bytes,
                committed: sum.committed + one.committed,
                ..sum
            });
            meter.report(progress);
            let told = LiveProgress::new(work.lease.task, work.lease.epoch, progress);
            // Whoever does not hear it hears the store.
            let _ = self
                .cache
                .publish(&LiveProgress::topic(work.run.id), &told.to_bytes())
                .await;
        }
        stepped
    }
}

fn count(progress: &mut Progress, counts: syncapp_engine::Counts) {
    progress.read = counts.rows_read;
    progress.written = counts.rows_written;
    progress.bytes = counts.bytes;
}
