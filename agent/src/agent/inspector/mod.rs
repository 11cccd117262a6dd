//! The engine in the hands of the interface: what looks at systems without a run, by the rules that hold for runs.

mod check;
mod rejects;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use syncapp_connector::{Page, StateScope, UndoRequest};
use syncapp_control::{Inspector, Question, RunId, Version};
use syncapp_engine::verify::{Difference, Verdict, verify};
use syncapp_engine::{Ends, Plan, RunOptions, outlook, plan, preview};
use syncapp_model::sync_file::{OnError, Sync};
use syncapp_model::{Code, Error, Pattern, Result, StreamKey};
use tokio::sync::mpsc::unbounded_channel;

use super::files::Files;
use crate::commands::discover::described;
use crate::commands::preview::previewed;
use crate::failure::Failure;
use crate::profile::profile;
use crate::project::Project;
use crate::scope::scope;

/// How many differences of a comparison are told.
const SHOWN: usize = 100;

/// Looks by the engine.
pub(super) struct EngineInspector {
    pub(super) files: Arc<Files>,
}

#[async_trait]
impl Inspector for EngineInspector {
    async fn inspect(&self, version: Arc<Version>, question: &Question) -> Result<Value, Vec<Error>> {
        let file = self.files.of(version).await?;
        // Secrets are those of now, as a run would have them.
        let project = file.ready(&self.files.allowed.secrets).await;
        let project = project.map_err(|failure| failure.problems)?;
        let found = match question {
            Question::Check { connection } => check::check(&project, connection).await,
            Question::Discover {
                connection,
                pattern,
                offset,
                limit,
                only_names,
            } => {
                let page = Page {
                    offset: *offset,
                    limit: *limit,
                };
                discover(&project, connection, pattern, page, *only_names).await
            }
            Question::Preview {
                sync,
                stream,
                limit,
                leniently,
            } => {
                let looked = Look::at(&project, sync, vec![stream.clone()]).await?;
                looked.preview(*limit, *leniently).await
            }
            Question::Plan { sync, streams } => Look::at(&project, sync, streams.clone()).await?.plan().await,
            Question::Verify { sync, streams } => Look::at(&project, sync, streams.clone()).await?.verify().await,
            Question::Reset { sync, stream } => reset(&project, sync, stream).await,
            Question::Rejects(asked) => rejects::rejects(&project, asked).await,
            Question::Replay(asked) => rejects::replay(&project, asked).await,
            Question::Undo { sync, run, dry_run } => undo(&project, sync, *run, *dry_run).await,
        };
        found.map_err(|failure| failure.problems)
    }
}

async fn discover(
    project: &Project,
    connection: &str,
    pattern: &str,
    page: Page,
    only_names: bool,
) -> Result<Value, Failure> {
    let endpoint = project.endpoint(connection)?;
    let source = endpoint.source().ok_or_else(|| {
        let why = format!("{} cannot be read", endpoint.manifest().title);
        Error::new(Code::InvalidValue, why)
    })?;
    let pattern: Pattern = pattern
        .parse()
        .map_err(|why: String| Error::new(Code::InvalidValue, why))?;
    let more = Page {
        limit: page.limit + 1,
        ..page
    };
    let found: Result<Vec<Value>> = if only_names {
        let named = |name: &String| json!({ "stream": name });
        let found = source.names(&pattern, more).await;
        found.map(|found| found.iter().map(named).collect())
    } else {
        let found = source.discover(&pattern, more).await;
        found.map(|found| found.iter().map(described).collect())
    };
    let mut streams = found.map_err(|error| error.connection(connection))?;
    let next = (streams.len() > page.limit).then_some(page.offset + page.limit);
    streams.truncate(page.limit);
    Ok(json!({ "streams": streams, "next": next }))
}

/// A sync with both of its ends, and its streams as they are now.
struct Look {
    ends: Ends,
    options: RunOptions,
    plan: Plan,
}

impl Look {
    async fn at(project: &Project, sync: &str, streams: Vec<String>) -> Result<Self, Vec<Error>> {
        let (name, sync) = project.sync(Some(sync)).map_err(|failure| failure.problems)?;
        let ends = project.ends(sync).map_err(|failure| failure.problems)?;
        let options = RunOptions {
            run_id: RunId::new().to_string(),
            streams,
            mask_key: project.mask_key().map_err(|failure| failure.problems)?,
            ..RunOptions::default()
        };
        let plan = plan(&ends, &project.name, name, sync, &options).await?;
        if plan.failed.is_empty() {
            return Ok(Self { ends, options, plan });
        }
        Err(plan.failed.into_iter().map(|(_, error)| error).collect())
    }

    async fn preview(&self, rows: u64, leniently: bool) -> Result<Value, Failure> {
        let mut streams = Vec::new();
        for stream in &self.plan.streams {
            let mut looked = stream.clone();
            if leniently && looked.on_error == OnError::Fail {
                looked.on_error = OnError::Reject;
            }
            let found = preview(&self.ends, &looked, &self.options, rows).await?;
            let mut told = previewed(stream, &found)?;
            told["on_error"] = json!(stream.on_error);
            told["profile"] = json!({ "source": profile(&found.source)?, "mapped": profile(&found.mapped)? });
            streams.push(told);
        }
        Ok(json!({ "streams": streams }))
    }

    async fn plan(&self) -> Result<Value, Failure> {
        let mut streams = Vec::new();
        for stream in &self.plan.streams {
            streams.push(outlook(&self.ends, stream, &self.options).await?);
        }
        Ok(json!({ "streams": streams }))
    }

    async fn verify(&self) -> Result<Value, Failure> {
        let mut streams = Vec::new();
        let mut differences: Vec<Difference> = Vec::new();
        for stream in &self.plan.streams {
            let (verdicts, mut incoming) = unbounded_channel();
            let comparing = async {
                let found = verify(&self.ends, stream, &self.options, false, &verdicts).await;
                drop(verdicts);
                found
            };
            let hearing = async {
                while let Some(verdict) = incoming.recv().await {
                    match verdict {
                        Verdict::Difference(difference) if differences.len() < SHOWN => differences.push(difference),
                        Verdict::Difference(_) | Verdict::StreamVerified(_) => {}
                    }
                }
            };
            let (found, ()) = tokio::join!(comparing, hearing);
            streams.push(found?);
        }
        let equal = streams.iter().all(|stream| stream.equal);
        Ok(json!({ "equal": equal, "streams": streams, "differences": differences }))
    }
}

async fn reset(project: &Project, sync: &str, stream: &str) -> Result<Value, Failure> {
    let (name, sync) = project.sync(Some(sync))?;
    let ends = project.ends(sync)?;
    let scope = state_scope(project, name, sync, &ends, stream).await;
    let key = StreamKey {
        project: project.name.clone(),
        sync: name.into(),
        stream: stream.to_owned(),
    };
    ends.destination.set_state(&scope, &key, None).await?;
    Ok(json!({ "stream": stream }))
}

/// A stream whose source is gone can be forgotten too: its name is enough.
async fn state_scope(project: &Project, name: &str, sync: &Sync, ends: &Ends, stream: &str) -> StateScope {
    match scope(project, name, sync, ends, vec![stream.to_owned()]).await {
        Ok((scope, _)) => scope,
        Err(_) => StateScope {
            namespaces: vec![sync.state_schema.clone()],
        },
    }
}

async fn undo(project: &Project, sync: &str, run: RunId, dry_run: bool) -> Result<Value, Failure> {
    let (_, sync) = project.sync(Some(sync))?;
    let request = UndoRequest {
        run_id: run.to_string(),
        dry_run,
    };
    let destination = project.endpoint(&sync.destination)?.destination();
    let undone = match destination.filter(|destination| destination.undoes()) {
        Some(destination) => destination.undo(&request).await,
        None => Ok(Vec::new()),
    };
    let undone = undone.map_err(|error| error.connection(&sync.destination))?;
    if undone.is_empty() {
        let why = format!("no journal of the run {run} is kept");
        let help = "it ran without `undo`, changed nothing, was taken back already, or is older than `keep` says";
        return Err(Error::new(Code::UnknownName, why).help(help).into());
    }
    let left: u64 = undone.iter().map(|stream| stream.left_alone).sum();
    Ok(json!({ "dry_run": dry_run, "left_alone": left, "streams": undone }))
}
