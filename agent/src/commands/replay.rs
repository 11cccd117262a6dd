//! `syncapp rejects replay`: rows that could not land are sent again.

use std::collections::{BTreeSet, HashSet};
use std::time::Instant;

use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;
use syncapp_connector::{Receipt, RejectFilter};
use syncapp_control::Runs as _;
use syncapp_engine::{
    Counts, Ends, Outcome, Replay, Replayed, RowOutcome, RunOptions, StreamPlan, StreamSummary, Summary,
};
use syncapp_model::sync_file::Sync;
use syncapp_model::{Code, Error};
use syncapp_store::SqliteStore;
use tokio_util::sync::CancellationToken;

use super::run::{STOPPING, on_signals};
use crate::args;
use crate::failure::{Exit, Failure, exit, show};
use crate::project::Project;
use crate::scope::scope;
use crate::{history, output};

pub(crate) async fn replay(args: args::Replay) -> Result<Exit, Failure> {
    let project = Project::open(&args.file).await?;
    let syncs = project.syncs(args.sync.as_deref())?;
    let store = history::open()?;
    let cancel = on_signals(STOPPING);
    let mut jobs = Vec::new();
    let mut missing: BTreeSet<&String> = args.ids.iter().collect();
    for (name, sync) in syncs {
        let job = Job::look(&project, name, sync, &args).await?;
        missing.retain(|id| !job.found.contains(*id));
        jobs.push(job);
    }
    if let Some(id) = missing.first() {
        let problem = Error::new(Code::Conflict, format!("no rejected row has the id `{id}`"));
        return Err(problem.help("`syncapp rejects list` shows the ids").into());
    }
    let mut ended = Ended::default();
    for job in jobs {
        job.run(&args, (&store, &cancel), &mut ended).await?;
    }
    ended.show(&project, args.json)
}

/// What has become of the rows of all syncs.
#[derive(Default)]
struct Ended {
    streams: Vec<Replayed>,
    errors: Vec<Error>,
}

/// The rows of one sync.
struct Job<'a> {
    project: &'a Project,
    name: &'a str,
    ends: Ends,
    /// The streams whose rows are sent.
    streams: Vec<StreamPlan>,
    /// Those of the ids asked for that its target keeps.
    found: HashSet<String>,
}

impl<'a> Job<'a> {
    /// Plans the streams, and finds the rows that are asked for.
    async fn look(project: &'a Project, name: &'a str, sync: &Sync, args: &args::Replay) -> Result<Self, Failure> {
        let ends = project.ends(sync)?;
        let (scope, mut streams) = scope(project, name, sync, &ends, args.stream.iter().cloned().collect()).await?;
        let mut found = HashSet::new();
        let mut among = HashSet::new();
        for id in &args.ids {
            let wanted = RejectFilter {
                project: project.name.clone(),
                sync: name.into(),
                stream: args.stream.clone(),
                id: Some(id.clone()),
                after: None,
                limit: usize::MAX >> 1,
            };
            for reject in ends.destination.rejects(&scope, &wanted).await? {
                found.insert(reject.id);
                among.insert(reject.key.stream);
            }
        }
        streams.retain(|stream| args.ids.is_empty() || among.contains(&stream.key.stream));
        Ok(Self {
            project,
            name,
            ends,
            streams,
            found,
        })
    }

    /// Sends the rows, and remembers it as a run.
    async fn run(
        self,
        args: &args::Replay,
        (store, cancel): (&SqliteStore, &CancellationToken),
        ended: &mut Ended,
    ) -> Result<(), Failure> {
        let record = history::begin(&self.project.name, self.name, Some(self.project));
        store.started(&record).await?;
        let options = RunOptions {
            run_id: record.id.to_string(),
            mask_key: self.project.mask_key()?,
            ..RunOptions::default()
        };
        let wanted = Replay {
            ids: args.ids.iter().cloned().collect(),
            fixes: args.fixes.clone(),
        };
        let started = Instant::now();
        let mut streams = Vec::new();
        for plan in &self.streams {
            let began = Instant::now();
            let sent = syncapp_engine::replay(&self.ends, plan, &options, &wanted, cancel).await;
            let error = sent.as_ref().err().and_then(|problems| problems.first().cloned());
            let (rows, settled) = sent.as_ref().map_or((0, 0), |sent| (sent.rows.len(), landed(sent)));
            streams.push(StreamSummary {
                stream: plan.key.stream.clone(),
                target: plan.target.raw(),
                outcome: if error.is_some() {
                    Outcome::Failed
                } else {
                    Outcome::Landed
                },
                counts: Counts {
                    rows_read: rows as u64,
                    rows_written: settled as u64,
                    receipt: Receipt::default(),
                    ..Counts::default()
                },
                seconds: began.elapsed().as_secs_f64(),
                position: None,
                error,
            });
            match sent {
                Ok(sent) => ended.streams.push(sent),
                Err(problems) => ended.errors.extend(
                    problems
                        .into_iter()
                        .map(|problem| self.project.locate(self.name, problem)),
                ),
            }
        }
        let failed = streams.iter().filter(|stream| stream.error.is_some()).count();
        let summary = Summary {
            sync: self.name.into(),
            outcome: match failed {
                0 => Outcome::Landed,
                failed if failed < streams.len() => Outcome::Partial,
                _ => Outcome::Failed,
            },
            seconds: started.elapsed().as_secs_f64(),
            streams,
        };
        Ok(history::finish(store, record, &summary).await?)
    }
}

/// How many of a stream's rows are in the target now.
fn landed(sent: &Replayed) -> usize {
    let rows = sent.rows.iter();
    rows.filter(|row| row.outcome == RowOutcome::Landed).count()
}

impl Ended {
    /// Prints what has become of the rows; the exit code says how many of them are settled.
    fn show(self, project: &Project, as_json: bool) -> Result<Exit, Failure> {
        if as_json {
            self.print_json()?;
        } else {
            self.print();
            show(&self.errors, Some(&project.source()));
        }
        let rows = || self.streams.iter().flat_map(|stream| &stream.rows);
        let settled = rows().filter(|row| row.outcome.is_settled()).count();
        if self.errors.iter().any(|error| error.code() == Code::Cancelled) {
            return Ok(Exit::Cancelled);
        }
        Ok(match (settled, self.errors.is_empty()) {
            (settled, true) if settled == rows().count() => Exit::Done,
            (0, true) => Exit::Failed,
            (0, false) => exit(&self.errors),
            _ => Exit::Partial,
        })
    }

    fn print(&self) {
        let kept = self.streams.iter().flat_map(|stream| {
            let rows = stream.rows.iter().filter(|row| !row.outcome.is_settled());
            rows.map(|row| {
                let (code, why) = match &row.error {
                    Some(error) => (error.code().name(), error.report().why.clone()),
                    None => ("-".to_owned(), String::new()),
                };
                let key = row.row_key.clone().unwrap_or_else(|| "-".to_owned());
                let outcome = word(row.outcome).to_owned();
                vec![row.id.clone(), stream.stream.clone(), key, outcome, code, why]
            })
        });
        let kept: Vec<_> = kept.collect();
        if !kept.is_empty() {
            output::table(&["id", "stream", "key", "outcome", "code", "why"], kept);
            output::line("");
        }
        let counted = self.streams.iter().filter(|stream| !stream.rows.is_empty());
        let counted: Vec<Vec<String>> = counted
            .map(|stream| {
                let outcomes = OUTCOMES.iter().map(|outcome| {
                    let rows = stream.rows.iter().filter(|row| row.outcome == *outcome);
                    output::count(rows.count() as u64)
                });
                [stream.stream.clone(), stream.target.clone()]
                    .into_iter()
                    .chain(outcomes)
                    .collect()
            })
            .collect();
        if counted.is_empty() {
            output::note("no rejected row is kept");
            return;
        }
        let words = OUTCOMES.map(word);
        let head: Vec<&str> = ["stream", "target"].into_iter().chain(words).collect();
        output::table(&head, counted);
    }

    fn print_json(&self) -> Result<(), Error> {
        for stream in &self.streams {
            for row in &stream.rows {
                let key = row.row_key.as_deref().map(serde_json::from_str);
                output::json(&Told {
                    event: "row",
                    stream: &stream.stream,
                    id: &row.id,
                    row_key: key
                        .transpose()
                        .map_err(|problem| Error::internal(problem.to_string()))?,
                    outcome: row.outcome,
                    error: row.error.as_ref(),
                })?;
            }
            let mut told = json!({ "event": "stream", "stream": stream.stream, "target": stream.target });
            for outcome in OUTCOMES {
                told[word(outcome)] = stream.rows.iter().filter(|row| row.outcome == outcome).count().into();
            }
            output::json(&told)?;
        }
        if !self.errors.is_empty() {
            output::json(&json!({ "event": "problems", "problems": self.errors }))?;
        }
        Ok(())
    }
}

/// A row as it is printed, its key as it was written.
#[derive(Serialize)]
struct Told<'a> {
    event: &'static str,
    stream: &'a str,
    id: &'a str,
    row_key: Option<&'a RawValue>,
    outcome: RowOutcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a Error>,
}

const OUTCOMES: [RowOutcome; 5] = [
    RowOutcome::Landed,
    RowOutcome::Superseded,
    RowOutcome::Undecided,
    RowOutcome::Rejected,
    RowOutcome::Refused,
];

fn word(outcome: RowOutcome) -> &'static str {
    match outcome {
        RowOutcome::Landed => "landed",
        RowOutcome::Superseded => "superseded",
        RowOutcome::Undecided => "undecided",
        RowOutcome::Rejected => "rejected",
        RowOutcome::Refused => "refused",
    }
}
