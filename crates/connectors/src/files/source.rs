//! Files as a source: which there are, which columns they have, and their rows.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::RecordBatch;
use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream;
use indexmap::IndexMap;
use syncapp_connector::{Batch, BatchStream, Page, Range, ReadRequest, Snapshot, Source, Split, StreamRef};
use syncapp_model::{Code, Column, Error, Pattern, Result, Side, StreamKind, StreamName, StreamSpec};
use tokio::sync::mpsc;

use super::config::ValidFiles;
use super::errors::blocking;
use super::format::{self, Format};
use super::glob::Glob;
use super::infer::Guess;
use super::read::{self, FileColumn, Limits};
use super::root::{self, Listed};
use super::state::{self, Entry};
use super::{csv, filter, ndjson, parquet, stage, types};

/// Batches that wait for whoever reads them.
const DEPTH: usize = 2;

/// The end that is read. Remembers what it described, so that a stream keeps its types from its plan to its last row.
pub(super) struct FilesSource {
    files: Arc<ValidFiles>,
    known: Mutex<HashMap<String, Arc<[FileColumn]>>>,
}

/// A stream's files and columns.
#[derive(Debug, Clone)]
struct Described {
    set: Vec<Listed>,
    format: Format,
    columns: Arc<[FileColumn]>,
    rows: Option<u64>,
}

impl FilesSource {
    pub(super) fn new(files: Arc<ValidFiles>) -> Self {
        Self {
            files,
            known: Mutex::default(),
        }
    }

    fn remember(&self, name: &str, columns: &Arc<[FileColumn]>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(name.to_owned(), columns.clone());
    }

    fn remembered(&self, name: &str) -> Option<Arc<[FileColumn]>> {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
    }

    fn spec(&self, name: &str, described: &Described) -> StreamSpec {
        self.remember(name, &described.columns);
        let column = |column: &FileColumn| Column {
            name: column.name.clone(),
            ty: column.ty.clone(),
            native: types::native(described.format, &column.ty),
            portable: false,
            nullable: column.nullable,
        };
        StreamSpec {
            name: StreamName::bare(name),
            kind: StreamKind::File,
            columns: described.columns.iter().map(column).collect(),
            primary_key: Vec::new(),
            estimated_rows: described.rows,
        }
    }
}

fn no_query(stream: &StreamRef) -> Result<()> {
    match stream.query {
        None => Ok(()),
        Some(_) => Err(Error::new(Code::NotAvailable, "files take no queries")
            .help("use `where`, `select` and `columns` on the stream")),
    }
}

#[async_trait]
impl Source for FilesSource {
    async fn discover(&self, pattern: &Pattern, page: Page) -> Result<Vec<StreamSpec>> {
        let (files, pattern) = (self.files.clone(), pattern.clone());
        let found = blocking(move || {
            let names = match &pattern {
                Pattern::Exact(name) => vec![format::path_of(name)],
                Pattern::Glob(glob) => streams(&files, &Glob::new(glob))?,
            };
            let mut found = Vec::new();
            for name in names.into_iter().skip(page.offset).take(page.limit) {
                match find(&files, &name) {
                    Ok(set) => found.push((describe(&files, set)?, name)),
                    Err(error) if error.code() == Code::StreamNotFound => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(found)
        });
        Ok(found
            .await?
            .iter()
            .map(|(described, name)| self.spec(name, described))
            .collect())
    }

    async fn describe(&self, stream: &StreamRef) -> Result<StreamSpec> {
        no_query(stream)?;
        let (files, name) = (self.files.clone(), format::path_of(&stream.name));
        let path = name.clone();
        let described = blocking(move || describe(&files, find(&files, &path)?)).await?;
        Ok(self.spec(&name, &described))
    }

    async fn open(&self, request: &ReadRequest) -> Result<Box<dyn Snapshot>> {
        no_query(&request.stream)?;
        let name = format::path_of(&request.stream.name);
        let (files, path, known) = (self.files.clone(), name.clone(), self.remembered(&name));
        let described = blocking(move || {
            let set = find(&files, &path)?;
            match known {
                Some(columns) => {
                    let format = format_of(&files, &set)?;
                    Ok(Described {
                        rows: count(&set, format)?,
                        set,
                        format,
                        columns,
                    })
                }
                None => describe(&files, set),
            }
        });
        let described = described.await?;
        self.remember(&name, &described.columns);
        Ok(Box::new(FilesSnapshot::new(self.files.clone(), described, request)?))
    }
}

/// The files of a stream: the one of that name or, if it is a target of ours, all its parts; else those that the name
/// covers as a glob.
fn find(files: &ValidFiles, name: &str) -> Result<Vec<Listed>> {
    let states = state::peek(&files.root)?;
    let targets: Vec<_> = states.iter().filter(|entry| entry.target == name).collect();
    let mut set: Vec<_> = root::file(&files.root, name)?.into_iter().collect();
    if !targets.is_empty() {
        let parts = root::list(&files.root, &Glob::new(&stage::part_glob(name)))?;
        set.extend(
            parts
                .into_iter()
                .filter(|file| targets.iter().any(|target| target.owns(&file.name))),
        );
    }
    let glob = Glob::is_glob(name);
    if set.is_empty() && glob {
        set = listed(files, &states, &Glob::new(name))?;
    }
    if !set.is_empty() {
        return Ok(set);
    }
    let what = if glob { "no file matches" } else { "there is no file" };
    let folder = files.root.display();
    Err(
        Error::new(Code::StreamNotFound, format!("{what} `{name}` in `{folder}`"))
            .stream(name)
            .help(nearest(files, name)?),
    )
}

/// The files that a glob covers and that can be read, without those of killed commits.
fn listed(files: &ValidFiles, states: &[Entry], glob: &Glob) -> Result<Vec<Listed>> {
    let mut listed = root::list(&files.root, glob)?;
    listed.retain(|file| {
        format::of_source(files, &file.name).is_some() && !states.iter().any(|entry| entry.left_over(&file.name))
    });
    Ok(listed)
}

/// The streams that a glob covers: files, and targets of ours in place of their parts.
fn streams(files: &ValidFiles, glob: &Glob) -> Result<Vec<String>> {
    let states = state::peek(&files.root)?;
    let name = |file: Listed| match states.iter().find(|entry| entry.owns(&file.name)) {
        Some(entry) => entry.target.clone(),
        None => file.name,
    };
    let names: BTreeSet<String> = listed(files, &states, &Glob::new("**"))?
        .into_iter()
        .map(name)
        .collect();
    Ok(names.into_iter().filter(|name| glob.covers(name)).collect())
}

/// What there is instead.
fn nearest(files: &ValidFiles, name: &str) -> Result<String> {
    const SHOWN: usize = 5;
    let mut names: Vec<String> = root::list(&files.root, &Glob::new("**"))?
        .into_iter()
        .map(|file| file.name)
        .collect();
    if names.is_empty() {
        return Ok("the folder holds no files; check `path` on the connection".to_owned());
    }
    names.sort_by_cached_key(|other| strsim::damerau_levenshtein(name, other));
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    let list = names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    Ok(match more {
        0 => format!("the folder holds {list}"),
        more => format!("the nearest are {list}; the folder holds {more} more"),
    })
}

/// The one format of a set of files.
fn format_of(files: &ValidFiles, set: &[Listed]) -> Result<Format> {
    let first = set.first().ok_or_else(|| Error::internal("a stream without files"))?;
    let format = read::format_of(files, first)?.0;
    for file in set {
        if read::format_of(files, file)?.0 != format {
            let why = format!("`{}` and `{}` are of different formats", first.name, file.name);
            return Err(Error::new(Code::InvalidValue, why).help("make the glob match files of one format"));
        }
    }
    Ok(format)
}

fn describe(files: &ValidFiles, set: Vec<Listed>) -> Result<Described> {
    let format = format_of(files, &set)?;
    let (columns, rows) = match format {
        Format::Csv | Format::Ndjson => (sampled(files, &set, format)?, None),
        Format::Parquet => (declared(files, &set)?, count(&set, format)?),
    };
    Ok(Described {
        set,
        format,
        columns: columns.into(),
        rows,
    })
}

/// Columns of text files: united by name in the order in which they first come.
fn sampled(files: &ValidFiles, set: &[Listed], format: Format) -> Result<Vec<FileColumn>> {
    let mut guesses: IndexMap<String, Guess> = IndexMap::new();
    let share = files.sample_rows.div_ceil(set.len().max(1));
    for listed in set {
        let (_, compression) = read::format_of(files, listed)?;
        let blocks = read::open_text(files, listed, compression)?;
        match format {
            Format::Ndjson => ndjson::sample(blocks, share, &mut guesses)?,
            _ => csv::sample(files, blocks, share, &mut guesses)?,
        }
    }
    let column = |(name, guess): (String, Guess)| {
        let declared = files.columns.get(&name);
        FileColumn {
            ty: declared.cloned().unwrap_or_else(|| guess.ty()),
            guessed: declared.is_none(),
            nullable: true,
            name,
        }
    };
    Ok(guesses.into_iter().map(column).collect())
}

/// Columns of Parquet files: united by name; a column that a file lacks can be NULL.
fn declared(files: &ValidFiles, set: &[Listed]) -> Result<Vec<FileColumn>> {
    let mut columns: IndexMap<String, (FileColumn, usize)> = IndexMap::new();
    for listed in set {
        for column in parquet_columns(files, listed)?.0 {
            if files.columns.contains_key(&column.name) {
                let why = format!(
                    "`columns` cannot change the type of `{}`: Parquet files say it themselves",
                    column.name
                );
                return Err(Error::new(Code::Conflict, why)
                    .column(&column.name)
                    .help("use `type` on the stream's column"));
            }
            let (known, times) = columns
                .entry(column.name.clone())
                .or_insert_with(|| (column.clone(), 0));
            if known.ty != column.ty {
                let why = format!(
                    "`{}` has {} where other files have {}",
                    listed.name, column.ty, known.ty
                );
                return Err(Error::new(Code::TypeMismatch(Side::Source), why)
                    .column(&column.name)
                    .file(&listed.name)
                    .help("read the files as streams of their own"));
            }
            known.nullable |= column.nullable;
            *times += 1;
        }
    }
    let column = |(mut column, times): (FileColumn, usize)| {
        column.nullable |= times < set.len();
        column
    };
    Ok(columns.into_values().map(column).collect())
}

fn parquet_columns(files: &ValidFiles, listed: &Listed) -> Result<(Vec<FileColumn>, u64)> {
    read::whole(listed, read::format_of(files, listed)?.1)?;
    parquet::describe(&read::open_file(listed)?, &listed.name)
}

fn count(set: &[Listed], format: Format) -> Result<Option<u64>> {
    if format != Format::Parquet {
        return Ok(None);
    }
    let rows = set
        .iter()
        .map(|listed| Ok(parquet::describe(&read::open_file(listed)?, &listed.name)?.1));
    rows.sum::<Result<u64>>().map(Some)
}

/// A list of files, frozen when it was opened. A file that changes afterwards is an error when it is read.
struct FilesSnapshot {
    plan: Arc<ReadPlan>,
    splits: Vec<Split>,
    rows: Option<u64>,
    warnings: Vec<Error>,
}

/// What is read of each file.
struct ReadPlan {
    files: Arc<ValidFiles>,
    set: Vec<Listed>,
    columns: Arc<[FileColumn]>,
    /// Columns that are read: those that are asked for, and the cursor.
    wanted: Vec<usize>,
    /// Where each column that is asked for lies in what is read.
    shown: Vec<usize>,
    range: Option<(usize, Range)>,
    limit: Option<u64>,
    limits: Limits,
}

impl FilesSnapshot {
    fn new(files: Arc<ValidFiles>, described: Described, request: &ReadRequest) -> Result<Self> {
        let columns = described.columns;
        let position = |name: &str| {
            columns.iter().position(|column| column.name == name).ok_or_else(|| {
                let names: Vec<_> = columns.iter().map(|column| format!("`{}`", column.name)).collect();
                Error::new(Code::UnknownColumn, format!("the files have no column `{name}`"))
                    .column(name)
                    .help(format!("they have {}", names.join(", ")))
            })
        };
        let mut wanted: Vec<usize> = Vec::new();
        let mut place = |name: &str| -> Result<usize> {
            let at = position(name)?;
            Ok(wanted.iter().position(|other| *other == at).unwrap_or_else(|| {
                wanted.push(at);
                wanted.len() - 1
            }))
        };
        let mut shown = Vec::with_capacity(request.columns.len());
        for column in &request.columns {
            if column.native {
                return Err(Error::internal("files have no wire bytes").column(&column.name));
            }
            shown.push(place(&column.name)?);
        }
        let range = request
            .range
            .clone()
            .map(|range| Ok((place(&range.cursor)?, range)))
            .transpose()?;
        let unknown = files.columns.keys().filter(|name| position(name).is_err());
        let warnings = unknown.map(|name| {
            Error::warning(
                Code::UnusedKey,
                format!("`columns` names `{name}`, which this stream does not have"),
            )
            .column(name)
        });
        let warnings = warnings.collect();
        let most = if request.limit.is_some() {
            1
        } else {
            request.splits.clamp(1, described.set.len())
        };
        let split = |number| Split {
            number,
            predicate: None,
        };
        Ok(Self {
            plan: Arc::new(ReadPlan {
                files,
                set: described.set,
                columns,
                wanted,
                shown,
                range,
                limit: request.limit,
                limits: Limits::new(request.batch_rows, request.batch_bytes),
            }),
            splits: (0..most).map(split).collect(),
            rows: described.rows,
            warnings,
        })
    }
}

#[async_trait]
impl Snapshot for FilesSnapshot {
    fn splits(&self) -> &[Split] {
        &self.splits
    }

    fn warnings(&self) -> &[Error] {
        &self.warnings
    }

    fn estimated_rows(&self) -> Option<u64> {
        self.rows
    }

    async fn read(&self, split: &Split) -> Result<BatchStream> {
        let (plan, first, step) = (self.plan.clone(), split.number, self.splits.len());
        let (sender, receiver) = mpsc::channel(DEPTH);
        let reading = tokio::task::spawn_blocking(move || {
            let read = plan.read(first, step, &sender);
            if let Err(error) = read {
                // Whoever dropped the stream does not want to know.
                let _ = sender.blocking_send(Err(error));
            }
        });
        // A thread that died must not look like the end of the rows.
        let batches = stream::unfold((receiver, Some(reading)), |(mut receiver, mut reading)| async move {
            if let Some(batch) = receiver.recv().await {
                return Some((batch, (receiver, reading)));
            }
            let died = reading.take()?.await.err()?;
            Some((
                Err(Error::internal("the thread that reads files failed").driver(died)),
                (receiver, None),
            ))
        });
        Ok(batches.boxed())
    }
}

impl ReadPlan {
    /// Reads every `step`th file from the `first` on, until nobody listens.
    fn read(&self, first: usize, step: usize, sender: &mpsc::Sender<Result<Batch>>) -> Result<()> {
        let mut left = self.limit.unwrap_or(u64::MAX);
        for listed in self.set.iter().skip(first).step_by(step) {
            let mut reader = read::open(&self.files, listed, &self.columns, &self.wanted, self.limits)?;
            while let Some(batch) = reader.next()? {
                let batch = self.shape(&batch, left)?;
                left -= batch.num_rows() as u64;
                let taken = match batch.num_rows() {
                    0 => !sender.is_closed(),
                    _ => sender.blocking_send(Ok(Batch::Columns(batch))).is_ok(),
                };
                if !taken || left == 0 {
                    return Ok(());
                }
            }
            // Opening it again compares it with what it was.
            read::open_file(listed)?;
        }
        Ok(())
    }

    /// The rows and columns of a batch that were asked for.
    fn shape(&self, batch: &RecordBatch, left: u64) -> Result<RecordBatch> {
        let inside = match &self.range {
            Some((cursor, range)) => filter::within(batch, *cursor, range)?,
            None => batch.clone(),
        };
        let rows = inside.num_rows().min(usize::try_from(left).unwrap_or(usize::MAX));
        inside
            .slice(0, rows)
            .project(&self.shown)
            .map_err(|problem| Error::internal("a batch lost its columns").driver(problem))
    }
}
