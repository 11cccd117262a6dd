//! A stream's files while they are read, each split on a thread of its own.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream;
use syncapp_connector::{Batch, BatchStream, Marked, Range, ReadRequest, Snapshot, Split};
use syncapp_model::{Code, Error, Result};
use tokio::sync::mpsc;

use super::config::ValidFiles;
use super::filter;
use super::read::{self, FileColumn, Limits};
use super::root::Listed;
use super::streams::Described;

/// Batches that wait for whoever reads them.
const DEPTH: usize = 2;

/// A list of files, frozen when it was opened. A file that changes afterwards is an error when it is read.
pub(super) struct FilesSnapshot {
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
    /// Whether rows that cannot be read are set aside.
    lenient: bool,
}

impl FilesSnapshot {
    pub(super) fn new(files: Arc<ValidFiles>, described: Described, request: &ReadRequest) -> Result<Self> {
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
                lenient: request.lenient,
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
            let how = (self.limits, self.lenient);
            let mut reader = read::open(&self.files, listed, &self.columns, &self.wanted, how)?;
            while let Some(batch) = reader.next()? {
                let unread = reader.unread();
                if !unread.is_empty() && sender.blocking_send(Ok(Batch::Unread(unread))).is_err() {
                    return Ok(());
                }
                let batch = self.shape(&batch, left)?;
                left -= batch.rows() as u64;
                let taken = match batch.rows() {
                    0 => !sender.is_closed(),
                    _ => sender.blocking_send(Ok(batch)).is_ok(),
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
    fn shape(&self, batch: &Marked, left: u64) -> Result<Batch> {
        let inside = match &self.range {
            Some((cursor, range)) => filter::within(batch, *cursor, range)?,
            None => batch.clone(),
        };
        let rows = inside
            .columns
            .num_rows()
            .min(usize::try_from(left).unwrap_or(usize::MAX));
        let Marked { columns, cells } = inside.slice(0, rows);
        let columns = columns
            .project(&self.shown)
            .map_err(|problem| Error::internal("a batch lost its columns").driver(problem))?;
        Ok(if cells.is_empty() {
            Batch::Columns(columns)
        } else {
            Batch::Marked(Marked { columns, cells })
        })
    }
}
