//! What a sync means for the streams that are there: decided before anything is written, all problems at once.

use std::cmp::Ordering;
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use indexmap::IndexMap;
use syncapp_connector::{Destination, Page, Range, Source, StreamRef, Target, TargetColumn};
use syncapp_model::sync_file::{DeleteRule, Mode, Naming, StreamConfig, Sync, Write};
use syncapp_model::{
    Code, DataType, Error, Lookback, Pattern, Result, Scalar, Side, StreamKey, StreamName, StreamSpec, nearest,
};
use syncapp_transform::{Change, Mapping, MappingSpec};

use crate::RunOptions;
use crate::added::{self, Added};
use crate::cursor::compare;
use crate::names::{Entries, Entry, target_name};

/// How many streams are described side by side.
const DESCRIBE: usize = 4;

/// The two ends of a sync.
#[derive(Clone)]
pub struct Ends {
    /// What is read.
    pub source: Arc<dyn Source>,
    /// What is written.
    pub destination: Arc<dyn Destination>,
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
    /// SQL in the load's transaction, before any row lands.
    pub before_sql: Option<String>,
    /// SQL in the load's transaction, when everything is in place.
    pub after_sql: Option<String>,
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
            wanted_native: column.wanted.clone(),
            nullable: column.nullable,
            ..TargetColumn::new(&column.name, column.ty.clone())
        });
        let columns = mapped.chain(self.added.iter().map(|added| added.target())).collect();
        Target {
            primary_key: self.primary_key.clone(),
            cursor: self.target_cursor.clone(),
            deletes: self.deletes,
            before_sql: self.before_sql.clone(),
            after_sql: self.after_sql.clone(),
            moment: options.moment(),
            state_schema: self.state_schema.clone(),
            ..Target::new(self.key.clone(), self.target.clone(), columns, self.write)
        }
    }

    /// Where the next increment begins, if not at the first row.
    pub(crate) fn from(&self, last: Option<&Scalar>) -> Result<Option<Scalar>> {
        let Some(last) = last else {
            return Ok(self.start.clone());
        };
        let back = match self.lookback.and_then(|lookback| lookback.before(last)) {
            Some(back) => back,
            None => return Ok(Some(last.clone())),
        };
        // What lies before the start was never wanted.
        Ok(Some(match &self.start {
            Some(start) if compare(start, &back)? == Ordering::Greater => start.clone(),
            _ => back,
        }))
    }
}

/// Decides what a sync means now. `Err` are the file's own problems: nothing of the sync may run then.
pub async fn plan(
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
    let entries = Entries::parse(configs)?;
    let mut failed = Vec::new();
    let mut found: Vec<(StreamRef, StreamSpec, Entry)> = Vec::new();
    let exact = entries.exact.iter().map(|(stream, entry)| async move {
        let stream = StreamRef {
            name: stream.clone(),
            query: entry.config.query.clone(),
        };
        let described = ends.source.describe(&stream).await;
        (stream, entry.clone(), described)
    });
    for (stream, entry, described) in stream::iter(exact).buffered(DESCRIBE).collect::<Vec<_>>().await {
        match described {
            Ok(spec) => found.push((stream, spec, entry)),
            Err(error) => failed.push((entry.key.clone(), ends.name(error).stream(&entry.key))),
        }
    }
    if !entries.globs.is_empty() {
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
                    .globs
                    .iter()
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
            Ok(plan) => streams.push(plan),
            Err(errors) => problems.extend(errors.into_iter().map(|error| error.stream(&entry.key))),
        }
    }
    problems.extend(collisions(&streams));
    if problems.is_empty() {
        Ok(Plan { streams, failed })
    } else {
        Err(problems)
    }
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

/// Everything about one stream, or all that is wrong with it.
fn decide(
    key: StreamKey,
    stream: StreamRef,
    spec: StreamSpec,
    entry: &Entry,
    sync: &Sync,
    same_system: bool,
    options: &RunOptions,
) -> Result<StreamPlan, Vec<Error>> {
    let config = &entry.config;
    let no_columns = IndexMap::new();
    let mapping = Mapping::compile(
        &spec,
        &MappingSpec {
            select: config.select.as_deref(),
            columns: config.columns.as_ref().unwrap_or(&no_columns),
            naming: config.naming.unwrap_or(Naming::Keep),
            filter: config.filter.as_deref(),
            mask_key: options.mask_key.as_deref(),
            allow_lossy: config.allow_lossy.unwrap_or(false),
            now: options.now,
        },
    )?;
    let one = |error: Error| vec![error];
    let target = target_name(&spec, config.into.as_deref(), same_system).map_err(one)?;
    let mut mode = config.mode.unwrap_or(Mode::FullRefresh);
    let named_key = config.primary_key.is_some();
    let source_key = config.primary_key.clone().unwrap_or_else(|| spec.primary_key.clone());
    let primary_key = target_key(&mapping, &source_key, named_key)?;
    let cursor = match (mode, &config.cursor) {
        (Mode::Incremental, Some(cursor)) => Some(check_cursor(&spec, cursor).map_err(one)?),
        (Mode::Incremental, None) => {
            return Err(one(Error::new(
                Code::MissingKey,
                "`mode: incremental` needs a `cursor`",
            )
            .help("name a column whose values grow with every change, such as `updated_at`")));
        }
        _ => None,
    };
    let mut write = config.write.unwrap_or(match mode {
        Mode::Incremental if !primary_key.is_empty() => Write::Merge,
        Mode::Incremental => Write::Append,
        _ => Write::Overwrite,
    });
    let parse = |text: &str| -> Result<Scalar, Vec<Error>> {
        let column = cursor.as_ref().and_then(|cursor| spec.column(cursor));
        let ty = column.map_or(DataType::String, |column| column.ty.clone());
        Scalar::parse(text, &ty).ok_or_else(|| {
            let why = format!("`{text}` is not a value of the cursor's type {ty}");
            one(Error::new(Code::InvalidValue, why)
                .help("write a value as `syncapp preview` shows the cursor's column"))
        })
    };
    let start = config.start.as_ref().map(|start| parse(&plain(start))).transpose()?;
    let range = match (&options.range, &cursor) {
        (Some(range), Some(cursor)) => Some(Range {
            cursor: cursor.clone(),
            from: range.from.as_deref().map(parse).transpose()?,
            below: range.below.as_deref().map(parse).transpose()?,
        }),
        (Some(_), None) => {
            return Err(one(Error::new(
                Code::Conflict,
                "`--range` needs a stream with a cursor",
            )
            .help("choose incremental streams by `--stream`")));
        }
        (None, _) => None,
    };
    let lookback = check_lookback(config, &spec, cursor.as_deref(), write).map_err(one)?;
    if options.full_refresh && range.is_none() {
        mode = Mode::FullRefresh;
        // A history is never thrown away: reading everything adds what it does not know yet.
        if write != Write::History {
            write = Write::Overwrite;
        }
    }
    if matches!(write, Write::Merge | Write::History) && primary_key.is_empty() {
        let word = if write == Write::Merge { "merge" } else { "history" };
        return Err(one(Error::new(
            Code::MissingPrimaryKey,
            format!("`write: {word}` needs a key, and the stream has none"),
        )
        .help("name the columns of a key in `primary_key`")));
    }
    // Only a run that reads all rows can tell which ones are gone.
    let partial = range.is_some() || options.limit.is_some() || mode != Mode::FullRefresh;
    let deletes = config.deletes.unwrap_or(DeleteRule::Ignore);
    let added = added::columns(write, deletes, config.metadata.unwrap_or(false));
    let collisions = added::collisions(&added, mapping.columns().iter().map(|column| column.name.as_str()));
    if !collisions.is_empty() {
        return Err(collisions);
    }
    let target_cursor = cursor.as_ref().and_then(|cursor| {
        let plain = mapping
            .columns()
            .iter()
            .find(|column| column.change == Change::None && column.source.as_ref() == Some(cursor));
        plain.map(|column| column.name.clone())
    });
    Ok(StreamPlan {
        key,
        entry: entry.key.clone(),
        spec,
        stream,
        target,
        mapping: Arc::new(mapping),
        mode,
        write,
        primary_key,
        cursor,
        target_cursor,
        start,
        lookback,
        range,
        deletes: if partial { DeleteRule::Ignore } else { deletes },
        before_sql: config.before_sql.clone(),
        after_sql: config.after_sql.clone(),
        added,
        state_schema: sync.state_schema.clone(),
    })
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The key's columns by their target names: plain copies of the source's columns, else columns of that target name.
/// A discovered key that does not land as a whole is no key of the target; one that the user named is an error.
fn target_key(mapping: &Mapping, key: &[String], named: bool) -> Result<Vec<String>, Vec<Error>> {
    let mut names = Vec::new();
    let mut problems = Vec::new();
    for column in key {
        let columns = mapping.columns();
        let copy = columns.iter().find(|mapped| mapped.source.as_ref() == Some(column));
        match copy.or_else(|| columns.iter().find(|mapped| mapped.name == *column)) {
            Some(mapped) => names.push(mapped.name.clone()),
            None => problems.push(
                Error::new(
                    Code::UnknownColumn,
                    format!("the key column `{column}` does not land in the target"),
                )
                .help(
                    match nearest(column, columns.iter().map(|mapped| mapped.name.as_str())) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => "name columns that are selected".to_owned(),
                    },
                ),
            ),
        }
    }
    match (problems.is_empty(), named) {
        (true, _) => Ok(names),
        (false, true) => Err(problems),
        (false, false) => Ok(Vec::new()),
    }
}

fn check_cursor(spec: &StreamSpec, cursor: &str) -> Result<String> {
    let Some(column) = spec.column(cursor) else {
        let names: Vec<&str> = spec.columns.iter().map(|column| column.name.as_str()).collect();
        let meant = nearest(cursor, names.iter().copied()).map(|meant| format!("did you mean `{meant}`? "));
        return Err(Error::new(
            Code::UnknownColumn,
            format!("the stream has no column `{cursor}` for a cursor"),
        )
        .help(format!(
            "{}its columns: {}",
            meant.unwrap_or_default(),
            names.join(", ")
        )));
    };
    if Scalar::can_hold(&column.ty) {
        return Ok(cursor.to_owned());
    }
    Err(Error::new(
        Code::InvalidValue,
        format!("`{cursor}` is {}, which has no order for a cursor", column.ty),
    )
    .help("choose an integer, decimal, text, date or timestamp column"))
}

/// The lookback, if it is one of the cursor's type, and rows that come again find the ones they were.
fn check_lookback(
    config: &StreamConfig,
    spec: &StreamSpec,
    cursor: Option<&str>,
    write: Write,
) -> Result<Option<Lookback>> {
    let (Some(text), Some(cursor)) = (config.lookback.as_ref().map(plain), cursor) else {
        return Ok(None);
    };
    let lookback: Lookback = text.parse().map_err(|why| Error::new(Code::InvalidValue, why))?;
    if write == Write::Append {
        return Err(Error::new(
            Code::MissingPrimaryKey,
            "`lookback` reads rows again, and without a key they would be added twice",
        )
        .help("name the columns of a key in `primary_key`"));
    }
    match spec.column(cursor) {
        Some(column) if !lookback.fits(&column.ty) => {
            let why = format!(
                "`lookback: {text}` does not fit the cursor `{cursor}`, which is {}",
                column.ty
            );
            Err(Error::new(Code::InvalidValue, why)
                .help("write a time such as `10m` for dates and timestamps, a number for integers"))
        }
        _ => Ok(Some(lookback)),
    }
}

/// Streams that would write to one target.
fn collisions(streams: &[StreamPlan]) -> Vec<Error> {
    let mut first: IndexMap<String, &StreamPlan> = IndexMap::new();
    let mut problems = Vec::new();
    for stream in streams {
        let target = stream.target.to_string();
        match first.get(&target) {
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
            None => drop(first.insert(target, stream)),
        }
    }
    problems
}
