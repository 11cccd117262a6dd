//! `syncapp run`: the syncs of a file, one after the other.

use serde_json::json;
use syncapp_control::Runs as _;
use syncapp_engine::{Ends, Outcome, Plan, RunOptions, Summary, plan};
use syncapp_model::Error;
use syncapp_model::sync_file::Sync;
use syncapp_store::SqliteStore;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

use crate::args;
use crate::failure::{Exit, Failure, exit, show};
use crate::progress::{self, Show};
use crate::project::Project;
use crate::{history, output};

/// What is said at the first signal to stop.
pub(crate) const STOPPING: &str = "stopping: what has not been committed leaves no trace (once more to stop at once)";

pub(crate) async fn run(args: args::Run) -> Result<Exit, Failure> {
    let project = Project::open(&args.file).await?;
    let options = RunOptions {
        streams: args.streams,
        full_refresh: args.full_refresh,
        range: args.range,
        limit: args.limit,
        mask_key: project.mask_key()?,
        ..RunOptions::default()
    };
    let syncs = project.syncs(args.sync.as_deref())?;
    let store = history::open()?;
    let cancel = on_signals(STOPPING);
    let mut ends = Vec::new();
    for (_, sync) in &syncs {
        ends.push(project.ends(sync)?);
    }
    let mut exits = Vec::new();
    for ((name, sync), ends) in syncs.into_iter().zip(ends) {
        if cancel.is_cancelled() {
            break;
        }
        let options = RunOptions {
            parallel_streams: project.parallel_streams(sync, options.parallel_streams),
            ..options.clone()
        };
        let job = Job {
            project: &project.name,
            name,
            sync,
            ends,
            options: &options,
            json: args.json,
            quiet: false,
            file: Some(&project),
        };
        match job.run(&store, &cancel).await {
            Ok(summary) => exits.push(exit_of(&summary)),
            Err(problems) => exits.push(problem_exit(&project.failure(problems), args.json)?),
        }
    }
    Ok(if cancel.is_cancelled() {
        Exit::Cancelled
    } else {
        worst(&exits)
    })
}

/// One sync that is to run now.
pub(crate) struct Job<'a> {
    pub(crate) project: &'a str,
    pub(crate) name: &'a str,
    pub(crate) sync: &'a Sync,
    pub(crate) ends: Ends,
    pub(crate) options: &'a RunOptions,
    pub(crate) json: bool,
    /// Whether standard output belongs to the data: no summary is printed.
    pub(crate) quiet: bool,
    /// The sync file, in which problems have their places.
    pub(crate) file: Option<&'a Project>,
}

impl Job<'_> {
    /// Plans and runs it, shows what happens, and remembers it. `Err` are the file's own problems.
    pub(crate) async fn run(self, store: &SqliteStore, cancel: &CancellationToken) -> Result<Summary, Vec<Error>> {
        let record = history::begin(self.project, self.name, self.file);
        let options = RunOptions {
            run_id: record.id.to_string(),
            ..self.options.clone()
        };
        let planning = async {
            tokio::select! {
                planned = plan(&self.ends, self.project, self.name, self.sync, &options) => planned,
                () = cancel.cancelled() => Ok(Plan { streams: Vec::new(), failed: Vec::new() }),
            }
        };
        let (started, planned) = tokio::join!(store.started(&record), planning);
        started.map_err(|error| vec![error])?;
        let plan = match planned {
            Ok(plan) => plan,
            Err(problems) => {
                history::fail(store, record, problems.first())
                    .await
                    .map_err(|error| vec![error])?;
                return Err(self.located(problems));
            }
        };
        let (events, mut incoming) = unbounded_channel();
        let mut shown = Show::new(self.json);
        let running = syncapp_engine::run(self.ends.clone(), plan, self.name, &options, events, cancel.clone());
        let showing = async {
            while let Some(event) = incoming.recv().await {
                shown.event(&event)?;
            }
            Ok(())
        };
        let (summary, shown): (Summary, Result<(), Error>) = tokio::join!(running, showing);
        shown.map_err(|error| vec![error])?;
        history::finish(store, record, &summary)
            .await
            .map_err(|error| vec![error])?;
        if !self.json {
            if !self.quiet {
                progress::summary(&summary);
            }
            let errors: Vec<Error> = summary
                .streams
                .iter()
                .filter_map(|stream| stream.error.clone())
                .collect();
            show(&self.located(errors), self.file.map(Project::source).as_ref());
        }
        Ok(summary)
    }

    /// Problems with their places in the sync file, if there is one.
    fn located(&self, problems: Vec<Error>) -> Vec<Error> {
        match self.file {
            Some(file) => problems
                .into_iter()
                .map(|problem| file.locate(self.name, problem))
                .collect(),
            None => problems,
        }
    }
}

/// Prints the problems of a sync that did not begin.
fn problem_exit(failure: &Failure, as_json: bool) -> Result<Exit, Failure> {
    if as_json {
        output::json(&json!({ "event": "problems", "problems": failure.problems }))?;
        return Ok(exit(&failure.problems));
    }
    Ok(failure.report())
}

/// The exit code of a run. A configuration error that only showed while running is still one.
pub(crate) fn exit_of(summary: &Summary) -> Exit {
    match summary.outcome {
        Outcome::Landed => Exit::Done,
        Outcome::Partial => Exit::Partial,
        Outcome::Cancelled => Exit::Cancelled,
        Outcome::Failed => {
            let errors: Vec<Error> = summary
                .streams
                .iter()
                .filter_map(|stream| stream.error.clone())
                .collect();
            exit(&errors)
        }
    }
}

/// One exit code for several syncs: some landed and others did not is 3.
fn worst(exits: &[Exit]) -> Exit {
    let landed = exits.iter().filter(|exit| **exit == Exit::Done).count();
    match exits.iter().find(|exit| **exit != Exit::Done) {
        None => Exit::Done,
        Some(_) if landed > 0 || exits.contains(&Exit::Partial) => Exit::Partial,
        Some(first) => *first,
    }
}

/// Cancelled by the first Ctrl-C or SIGTERM, with a note; the second one ends the program at once.
pub(crate) fn on_signals(stopping: &'static str) -> CancellationToken {
    on_signals_saying(move || output::note(stopping))
}

/// The same, told in another way.
pub(crate) fn on_signals_saying(tell: impl FnOnce() + Send + 'static) -> CancellationToken {
    let cancel = CancellationToken::new();
    let token = cancel.clone();
    tokio::spawn(async move {
        if signal().await.is_ok() {
            tell();
            token.cancel();
        }
        if signal().await.is_ok() {
            abandon();
        }
    });
    cancel
}

#[expect(
    clippy::disallowed_methods,
    reason = "the user asked a second time: nothing may hold the program up"
)]
fn abandon() -> ! {
    std::process::exit(Exit::Cancelled as i32)
}

#[cfg(unix)]
async fn signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn signal() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
