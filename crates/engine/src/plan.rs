//! What a sync means for the streams that are there: decided before anything is written, all problems at once.

use std::cmp::Ordering;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::{StreamExt, stream};
use indexmap::IndexMap;
use syncapp_connector::{Destination, Keep, Page, Range, Source, StreamRef, Target, TargetColumn};
use syncapp_model::sync_file::{DeleteRule, Mode, OnError, SchemaChanges, StreamConfig, Sync, Write};
use syncapp_model::{
    Code, DataType, Error, Lookback, Pattern, Result, Scalar, Side, StreamKey, StreamName, StreamSpec,
};
use syncapp_transform::Mapping;

use crate::RunOptions;
use crate::added::Added;
use crate::cursor::compare;
use crate::decide::decide;
use crate::key;
use crate::names::{Entries, Entry};
use crate::sift::veiled;

/// How many streams are described side by side.
const DESCRIBE: usize = 4;

/// How many rows a table may refuse where the stream names no bound: each costs statements of its own.
pub(crate) const REFUSALS: u64 = 10_000;

/// The two ends of a sync.
#[derive(Clone)]
pub struct Ends {
    /// What is read.
    pub source: Arc<dyn Source>,
    /// What is written.
    pub destination: Arc<dyn Destination>,
    /// What is written, as it is read: to compare, never to load.
    pub target: Arc<dyn Source>,
    /// Whether both are of the same kind of system.
    pub same_system: bool,
    /// What the file calls the connection that is read.
    pub source_name: String,
    /// What the file calls the connection that is written.
    pub destination_name: String,
}

impl Ends {
    /// An error with the connection that it is about.
    pub(crate) fn name(&self, error: Error) -> Error {
        match error.code().side() {
            Some(Side::Source) => error.connection(&self.source_name),
            Some(Side::Destination) => error.connection(&self.destination_name),
            None => error,
        }
    }

    /// The same for a stream whose mapping is known: a masked value that cannot be read is not in it.
    pub(crate) fn show(&self, plan: &StreamPlan, error: Error) -> Error {
        self.name(veiled(error, &plan.mapping.masked()))
    }
}

/// The streams of a sync.
pub struct Plan {
    /// Those that can run.
    pub streams: Vec<StreamPlan>,
    /// Those that the source could not describe.
    pub failed: Vec<(String, Error)>,
}

/// One stream, decided.
#[derive(Clone)]
pub struct StreamPlan {
    /// Whose state it is.
    pub key: StreamKey,
    /// The entry of `streams` that it comes from.
    pub entry: String,
    /// The stream as the source describes it.
    pub spec: StreamSpec,
    /// What is read.
    pub stream: StreamRef,
    /// Where it lands.
    pub target: StreamName,
    /// What becomes of its columns.
    pub mapping: Arc<Mapping>,
    /// How it is read.
    pub mode: Mode,
    /// How it lands.
    pub write: Write,
    /// The key by target names.
    pub primary_key: Vec<String>,
    /// The cursor by its source name, in an incremental stream.
    pub cursor: Option<String>,
    /// The cursor by its target name, where it lands unchanged.
    pub target_cursor: Option<String>,
    /// Where the first increment begins.
    pub start: Option<Scalar>,
    /// How far each increment looks back.
    pub lookback: Option<Lookback>,
    /// A part that is filled in without touching the state.
    pub range: Option<Range>,
    /// What becomes of rows whose key vanished.
    pub deletes: DeleteRule,
    /// What becomes of columns that changed.
    pub schema_changes: SchemaChanges,
    /// What becomes of rows that cannot land.
    pub on_error: OnError,
    /// How many rows may be set aside.
    pub max_rejects: Option<u64>,
    /// Which share of the rows may be set aside.
    pub max_reject_ratio: Option<f64>,
    /// SQL in the load's transaction, before any row lands.
    pub before_sql: Option<String>,
    /// SQL in the load's transaction, when everything is in place.
    pub after_sql: Option<String>,
    /// For how long a run can be taken back.
    pub undo: Option<Duration>,
    /// Columns behind the mapped ones.
    pub(crate) added: Vec<Added>,
    /// Where the checkpoint is kept, unless beside the target.
    pub state_schema: Option<String>,
}

impl StreamPlan {
    /// Where and how its rows land.
    pub(crate) fn target(&self, options: &RunOptions) -> Target {
        let mapped = self.mapping.columns().iter().map(|column| TargetColumn {
            source_native: column.native.clone(),
            origin: column.origin.clone(),
            wanted_native: column.wanted.clone(),
            nullable: column.nullable,
            ..TargetColumn::new(&column.name, column.ty.clone())
        });
        let columns = mapped.chain(self.added.iter().map(|added| added.target())).collect();
        Target {
            primary_key: self.primary_key.clone(),
            distinct: key::is_distinct(self),
            cursor: self.target_cursor.clone(),
            deletes: self.deletes,
            before_sql: self.before_sql.clone(),
            after_sql: self.after_sql.clone(),
            undo: self.undo.map(|keep| Keep {
                run_id: options.run_id.clone(),
                until: options.until(keep),
            }),
            moment: options.moment(),
            state_schema: self.state_schema.clone(),
            refusals: (self.on_error == OnError::Reject).then(|| self.max_rejects.unwrap_or(REFUSALS)),
            ..Target::new(self.key.clone(), self.target.clone(), columns, self.write)
        }
    }

    /// The stream without some of the target's columns.
    pub(crate) fn without(&self, columns: &[String]) -> Self {
        let target_cursor = self.target_cursor.clone();
        Self {
            mapping: Arc::new(self.mapping.without(columns)),
            target_cursor: target_cursor.filter(|cursor| !columns.contains(cursor)),
            ..self.clone()
        }
    }

    /// The source columns of the key, where their typed form is all that there is to them: rows that are kept are known
    /// by it.
    pub(crate) fn plain_key(&self) -> Vec<&str> {
        let plain = |ty: &DataType| {
            matches!(
                ty,
                DataType::Bool
                    | DataType::Int16
                    | DataType::Int32
                    | DataType::Int64
                    | DataType::String
                    | DataType::Uuid
            )
        };
        let columns = self.primary_key.iter().map(|name| {
            let column = self.mapping.columns().iter().find(|column| column.name == *name)?;
            let source = self.spec.column(column.source.as_ref()?)?;
            plain(&source.ty).then_some(source.name.as_str())
        });
        columns.collect::<Option<Vec<_>>>().unwrap_or_default()
    }

    /// Where the next increment begins, if not at the first row.
    pub(crate) fn from(&self, last: Option<&Scalar>) -> Result<Option<Scalar>> {
        let Some(last) = last else {
            return Ok(self.start.clone());
        };
        let Some(back) = self.lookback.and_then(|lookback| lookback.before(last)) else {
            return Ok(Some(last.clone()));
        };
        // What lies before the start was never wanted.
        Ok(Some(match &self.start {
            Some(start) if compare(start, &back)? == Ordering::Greater => start.clone(),
            _ => back,
        }))
    }
}

/// Decides what a sync means now, while the target gets ready. `Err` are the file's own problems: nothing of the sync
/// may run then.
pub async fn plan(
    ends: &Ends,
    project: &str,
    name: &str,
    sync: &Sync,
    options: &RunOptions,
) -> Result<Plan, Vec<Error>> {
    let deciding = pin!(describe(ends, project, name, sync, options));
    match select(ends.destination.ready(), deciding).await {
        Either::Left(((), deciding)) => deciding.await,
        Either::Right((decided, ready)) => {
            // What is wanted next is nearly done.
            if decided.is_ok() {
                ready.await;
            }
            decided
        }
    }
}

async fn describe(
    ends: &Ends,
    project: &str,
    name: &str,
    sync: &Sync,
    options: &RunOptions,
) -> Result<Plan, Vec<Error>> {
    let configs: IndexMap<String, StreamConfig> = sync
        .streams
        .iter()
        .map(|(key, own)| (key.clone(), sync.stream(own.as_ref())))
        .collect();
    let mut entries = Entries::parse(configs)?;
    if let Some(entry) = &options.entry {
        entries.choose(entry);
    }
    let mut failed = Vec::new();
    let mut found: Vec<(StreamRef, StreamSpec, Entry)> = Vec::new();
    let exact: Vec<_> = entries.exact().cloned().collect();
    let exact = exact.into_iter().map(|(name, entry)| async move {
        let query = entry.config.query.clone();
        let stream = StreamRef { name, query };
        let described = ends.source.describe(&stream).await;
        (stream, entry, described)
    });
    for (stream, entry, described) in stream::iter(exact).buffered(DESCRIBE).collect::<Vec<_>>().await {
        match described {
            Ok(spec) => found.push((stream, spec, entry)),
            Err(error) => failed.push((entry.key.clone(), ends.name(error).stream(&entry.key))),
        }
    }
    if entries.globs().next().is_some() {
        match ends.source.discover(&Pattern::all(), Page::ALL).await {
            Ok(specs) => {
                for spec in specs {
                    if let Some(entry) = entries.glob_of(&spec) {
                        found.push((StreamRef::table(spec.name.clone()), spec, entry.clone()));
                    }
                }
            }
            Err(error) => failed.extend(
                entries
                    .globs()
                    .map(|entry| (entry.key.clone(), ends.name(error.clone()).stream(&entry.key))),
            ),
        }
    }
    if !options.streams.is_empty() {
        choose(&mut found, &mut failed, &options.streams)?;
    }
    let mut problems = Vec::new();
    let mut streams = Vec::new();
    for (stream, spec, entry) in found {
        let key = StreamKey {
            project: project.into(),
            sync: name.into(),
            stream: spec.label(),
        };
        match decide(key, stream, spec, &entry, sync, ends.same_system, options) {
            Ok(plan) if plan.undo.is_some() && !ends.destination.undoes() => {
                problems.push(keeps_nothing().stream(&entry.key));
            }
            Ok(plan) => streams.push(plan),
            Err(errors) => problems.extend(errors.into_iter().map(|error| error.stream(&entry.key))),
        }
    }
    problems.extend(collisions(&streams, ends.destination.folds_names()));
    if problems.is_empty() {
        Ok(Plan { streams, failed })
    } else {
        Err(problems)
    }
}

/// The target cannot take a run back.
fn keeps_nothing() -> Error {
    Error::new(
        Code::Conflict,
        "`undo` needs a target that keeps a journal of rows, which this one does not",
    )
    .help("remove `undo`, or write to a database")
}

/// Leaves only the streams that were asked for.
fn choose(
    found: &mut Vec<(StreamRef, StreamSpec, Entry)>,
    failed: &mut Vec<(String, Error)>,
    wanted: &[String],
) -> Result<(), Vec<Error>> {
    let names: Vec<String> = found.iter().map(|(_, spec, _)| spec.label()).collect();
    let unknown = |name: &&String| !names.contains(name) && !failed.iter().any(|(key, _)| key == *name);
    let problems: Vec<Error> = wanted
        .iter()
        .filter(unknown)
        .map(|name| {
            Error::new(Code::UnknownName, format!("the sync has no stream `{name}`"))
                .help(format!("its streams: {}", names.join(", ")))
        })
        .collect();
    found.retain(|(_, spec, _)| wanted.contains(&spec.label()));
    failed.retain(|(key, _)| wanted.contains(key));
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Streams that would write to one target, whose name may be `folded`.
fn collisions(streams: &[StreamPlan], folded: bool) -> Vec<Error> {
    let mut first: IndexMap<String, &StreamPlan> = IndexMap::new();
    let mut problems = Vec::new();
    for stream in streams {
        let target = stream.target.to_string();
        let name = if folded {
            target.to_ascii_lowercase()
        } else {
            target.clone()
        };
        match first.get(&name) {
            Some(other) => problems.push(
                Error::new(
                    Code::TargetCollision,
                    format!(
                        "`{}` and `{}` both write to `{target}`",
                        other.key.stream, stream.key.stream
                    ),
                )
                .stream(&stream.entry)
                .help("tell them apart by `into`, such as `into: \"{schema}_{stream}\"`"),
            ),
            None => drop(first.insert(name, stream)),
        }
    }
    problems
}
