//! One end of a comparison: a view of its rows, summed up where they lie or read through and summed up here.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering as Memory};

use arrow_array::{Array, BooleanArray, RecordBatch};
use futures_util::StreamExt;
use syncapp_connector::{
    Batch, BatchStream, Bucket, Digest, DigestRequest, Fetch, Range, ReadColumn, ReadRequest, Snapshot,
};
use syncapp_connector::{Part, Source};
use syncapp_model::sync_file::OnError;
use syncapp_model::{Error, Result};
use syncapp_transform::Program;

use super::canonical::Canon;
use super::report::By;
use crate::cursor::Cursor;
use crate::unread::{self, met_by_a_run, stays};

/// Buckets by their numbers.
pub(super) type Buckets = BTreeMap<u32, Bucket>;

/// Columns that are fetched, each once.
#[derive(Debug, Clone, Default)]
pub(super) struct Fetched(Vec<Fetch>);

impl Fetched {
    /// The place of a column among them.
    pub(super) fn place(&mut self, column: Fetch) -> usize {
        let known = self.0.iter().position(|other| *other == column);
        known.unwrap_or_else(|| {
            self.0.push(column);
            self.0.len() - 1
        })
    }

    fn reads(&self) -> Result<Vec<ReadColumn>> {
        let reads = self.0.iter().map(|column| match column {
            Fetch::Typed(name) => Ok((name, false)),
            Fetch::Native(name) => Ok((name, true)),
            Fetch::Text(_) => Err(Error::internal("the text of a value is only had where it is summed up")),
        });
        reads
            .map(|read| {
                read.map(|(name, native)| ReadColumn {
                    name: name.clone(),
                    native,
                })
            })
            .collect()
    }

    pub(super) fn into_columns(self) -> Vec<Fetch> {
        self.0
    }
}

/// What becomes of fetched rows.
pub(super) struct Turn {
    /// Which of the fetched columns are compared, or go into the program, in its order.
    pub(super) places: Vec<usize>,
    pub(super) program: Option<Program>,
    /// Where the cursor stands among the fetched columns.
    pub(super) cursor: Option<usize>,
    /// What becomes of rows that the program refuses.
    pub(super) on_error: OnError,
    /// Columns that a run reads by their typed form; a row in which it cannot read one is set aside.
    pub(super) typed: Vec<String>,
    /// Rows that could not be read, or that the program refused.
    pub(super) refused: AtomicU64,
}

/// Rows as they are compared, and as they were fetched.
#[derive(Debug)]
pub(super) struct Rows {
    /// The compared columns.
    pub(super) compared: RecordBatch,
    /// The fetched columns of the same rows.
    pub(super) fetched: RecordBatch,
}

impl Turn {
    /// The columns of a batch that lie in a part of the stream; what cannot be read is counted, where a run sets it aside
    /// or makes it NULL too.
    fn columns(&self, batch: Batch, part: Option<&Part>) -> Result<Option<RecordBatch>> {
        let refuse = |rows: usize| self.refused.fetch_add(rows as u64, Memory::Relaxed);
        match (batch, self.on_error) {
            (Batch::Columns(columns), _) => within(&columns, self.cursor, part).map(Some),
            (Batch::Marked(marked), OnError::Reject) => {
                met_by_a_run(marked.cells.iter().map(|cell| &cell.error), &self.typed)?;
                for cells in marked.cells.chunk_by(|one, other| one.row == other.row) {
                    let row = within(&marked.columns.slice(cells[0].row, 1), self.cursor, part)?;
                    let input = row.project(&self.places).map_err(internal)?;
                    if row.num_rows() > 0 && self.program.as_ref().is_none_or(|by| stays(by, &input, cells)) {
                        refuse(1);
                    }
                }
                within(&marked.filter(&marked.sound())?.columns, self.cursor, part).map(Some)
            }
            (Batch::Marked(marked), OnError::Null) => {
                met_by_a_run(marked.cells.iter().map(|cell| &cell.error), &self.typed)?;
                within(&marked.columns, self.cursor, part).map(Some)
            }
            (Batch::Unread(rows), OnError::Reject) => {
                met_by_a_run(rows.iter().map(|row| &row.error), &self.typed)?;
                refuse(rows.len());
                Ok(None)
            }
            (Batch::Unread(rows), _) => Err(unread::of_first(&rows)),
            (Batch::Marked(_) | Batch::Native(_) | Batch::Passing(_), _) => {
                Err(Error::internal("a source answers with rows unasked"))
            }
        }
    }

    fn take(&self, fetched: &RecordBatch) -> Result<Vec<Rows>> {
        let input = fetched.project(&self.places).map_err(internal)?;
        let Some(program) = &self.program else {
            return Ok(vec![Rows {
                compared: input,
                fetched: fetched.clone(),
            }]);
        };
        let mut rows = Vec::new();
        self.part(program, &input, fetched, &mut rows)?;
        Ok(rows)
    }

    fn part(&self, program: &Program, input: &RecordBatch, fetched: &RecordBatch, out: &mut Vec<Rows>) -> Result<()> {
        let error = match program.apply_kept(input, 1, &[]) {
            Ok((compared, kept)) => {
                out.push(Rows {
                    compared,
                    fetched: keep(fetched, kept.as_ref())?,
                });
                return Ok(());
            }
            Err(error) if self.on_error == OnError::Fail => return Err(error),
            Err(error) => error,
        };
        let rows = input.num_rows();
        if rows > 1 {
            let half = rows / 2;
            self.part(program, &input.slice(0, half), &fetched.slice(0, half), out)?;
            return self.part(
                program,
                &input.slice(half, rows - half),
                &fetched.slice(half, rows - half),
                out,
            );
        }
        if self.on_error == OnError::Reject {
            self.refused.fetch_add(1, Memory::Relaxed);
            return Ok(());
        }
        let (mut nulls, mut error) = (Vec::new(), error);
        loop {
            match error.report().at.column.clone() {
                Some(column) if !nulls.contains(&column) => nulls.push(column),
                _ => return Err(error),
            }
            match program.apply_kept(input, 1, &nulls) {
                Ok((compared, kept)) => {
                    let fetched = keep(fetched, kept.as_ref())?;
                    out.push(Rows { compared, fetched });
                    return Ok(());
                }
                Err(next) => error = next,
            }
        }
    }
}

/// The rows that are kept: all, where nothing is said.
pub(super) fn keep(batch: &RecordBatch, kept: Option<&BooleanArray>) -> Result<RecordBatch> {
    match kept {
        Some(kept) => arrow_select::filter::filter_record_batch(batch, kept).map_err(internal),
        None => Ok(batch.clone()),
    }
}

fn internal(problem: impl std::fmt::Display) -> Error {
    Error::internal(problem.to_string())
}

/// A view of one end.
enum View {
    Summed(Box<dyn Digest>),
    Read(Box<dyn Snapshot>, Option<Part>),
}

/// One end of a comparison.
pub(super) struct Side {
    view: View,
    turn: Turn,
    /// Rows that left their system, each counted once.
    moved: AtomicU64,
}

impl Side {
    /// An end that sums up, if it can.
    pub(super) async fn summed(source: &dyn Source, request: &DigestRequest, turn: Turn) -> Result<Result<Self, Turn>> {
        Ok(match source.digest(request).await? {
            Some(digest) => Ok(Self::over(View::Summed(digest), turn)),
            None => Err(turn),
        })
    }

    /// An end that is read through.
    pub(super) async fn read(
        source: &dyn Source,
        request: &DigestRequest,
        columns: &Fetched,
        turn: Turn,
    ) -> Result<Self> {
        let part = request.part.clone();
        let snapshot = source
            .open(&ReadRequest {
                stream: request.stream.clone(),
                columns: columns.reads()?,
                wire: false,
                range: part.as_ref().map(|part| Range {
                    cursor: part.cursor.clone(),
                    from: part.from.clone(),
                    below: None,
                }),
                lenient: turn.on_error != OnError::Fail,
                limit: None,
                splits: 1,
                batch_rows: 4096,
                batch_bytes: 1 << 20,
            })
            .await?;
        Ok(Self::over(View::Read(snapshot, part), turn))
    }

    fn over(view: View, turn: Turn) -> Self {
        Self {
            view,
            turn,
            moved: AtomicU64::new(0),
        }
    }

    /// How its rows are compared.
    pub(super) fn by(&self) -> By {
        match self.view {
            View::Summed(_) => By::Sums,
            View::Read(..) => By::Rows,
        }
    }

    pub(super) fn estimated_rows(&self) -> Option<u64> {
        match &self.view {
            View::Summed(digest) => digest.estimated_rows(),
            View::Read(snapshot, _) => snapshot.estimated_rows(),
        }
    }

    /// Rows that left their system so far.
    pub(super) fn moved(&self) -> u64 {
        self.moved.load(Memory::Relaxed)
    }

    /// Where the cursor stands among the fetched columns.
    pub(super) fn cursor(&self) -> Option<usize> {
        self.turn.cursor
    }

    /// Rows that cannot be mapped.
    pub(super) fn refused(&self) -> u64 {
        self.turn.refused.load(Memory::Relaxed)
    }

    /// The sums of all its rows.
    pub(super) async fn buckets(&self, canon: &Canon, bits: u8) -> Result<Buckets> {
        let (snapshot, part) = match &self.view {
            View::Summed(digest) => return Ok(digest.buckets(bits).await?.into_iter().collect()),
            View::Read(snapshot, part) => (snapshot, part),
        };
        let mut buckets = Buckets::new();
        let mut scratch = Vec::new();
        for split in snapshot.splits() {
            let mut batches = snapshot.read(split).await?;
            while let Some(batch) = batches.next().await {
                let batch = batch?;
                self.moved.fetch_add(batch.rows() as u64, Memory::Relaxed);
                let Some(batch) = self.turn.columns(batch, part.as_ref())? else {
                    continue;
                };
                for rows in self.turn.take(&batch)? {
                    for row in 0..rows.compared.num_rows() {
                        let (numbers, place) = canon.numbers(&rows.compared, row, &mut scratch)?;
                        let bucket = buckets.entry(number(place, bits)).or_insert(Bucket {
                            rows: 0,
                            sums: Some([0; 2]),
                        });
                        bucket.rows += 1;
                        if let Some(sums) = &mut bucket.sums {
                            sums[0] += u128::from(numbers[0]);
                            sums[1] += u128::from(numbers[1]);
                        }
                    }
                }
            }
        }
        Ok(buckets)
    }

    /// The rows of some buckets.
    pub(super) async fn rows(&self, canon: &Canon, bits: u8, wanted: &[u32]) -> Result<Vec<Arc<Rows>>> {
        let mut found = Vec::new();
        match &self.view {
            View::Summed(digest) => {
                let batches = digest.rows(bits, wanted).await?;
                self.gather(batches, None, &mut found, |_, _| Ok(true)).await?;
                let rows: usize = found.iter().map(|rows| rows.fetched.num_rows()).sum();
                self.moved.fetch_add(rows as u64, Memory::Relaxed);
            }
            View::Read(snapshot, part) => {
                let wanted: HashSet<u32> = wanted.iter().copied().collect();
                let mut scratch = Vec::new();
                for split in snapshot.splits() {
                    let batches = snapshot.read(split).await?;
                    let is_wanted = |rows: &RecordBatch, row| {
                        let (_, place) = canon.numbers(rows, row, &mut scratch)?;
                        Ok(wanted.contains(&number(place, bits)))
                    };
                    self.gather(batches, part.as_ref(), &mut found, is_wanted).await?;
                }
            }
        }
        Ok(found)
    }

    async fn gather(
        &self,
        mut batches: BatchStream,
        part: Option<&Part>,
        found: &mut Vec<Arc<Rows>>,
        mut wanted: impl FnMut(&RecordBatch, usize) -> Result<bool>,
    ) -> Result<()> {
        while let Some(batch) = batches.next().await {
            let Some(batch) = self.turn.columns(batch?, part)? else {
                continue;
            };
            for rows in self.turn.take(&batch)? {
                let kept: Result<Vec<bool>> = (0..rows.compared.num_rows())
                    .map(|row| wanted(&rows.compared, row))
                    .collect();
                let kept = BooleanArray::from(kept?);
                if kept.true_count() > 0 {
                    found.push(Arc::new(Rows {
                        compared: keep(&rows.compared, Some(&kept))?,
                        fetched: keep(&rows.fetched, Some(&kept))?,
                    }));
                }
            }
        }
        Ok(())
    }
}

/// The number of a bucket.
fn number(place: u16, bits: u8) -> u32 {
    u32::from(place) & ((1 << bits) - 1)
}

/// The rows that lie in a part of the stream. Those without a cursor value lie in none.
fn within(batch: &RecordBatch, cursor: Option<usize>, part: Option<&Part>) -> Result<RecordBatch> {
    let (Some(part), Some(at)) = (part, cursor) else {
        return Ok(batch.clone());
    };
    let values = Cursor::of(batch, at)?;
    let nulls = batch.column(at);
    let kept = (0..batch.num_rows()).map(|row| {
        if nulls.is_null(row) {
            return Ok(false);
        }
        let after = match &part.from {
            Some(from) => values.compare(row, from)? != Ordering::Less,
            None => true,
        };
        Ok(after && values.compare(row, &part.through)? != Ordering::Greater)
    });
    let kept: Result<Vec<bool>> = kept.collect();
    keep(batch, Some(&BooleanArray::from(kept?)))
}
