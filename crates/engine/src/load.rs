//! The loop of a load: batches from the snapshot's splits, through the mapping, into a writer, and the commits.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_select::filter::filter_record_batch;
use syncapp_connector::{
    Batch, Load, Marked, PassingRows, Reject, Rejects, Snapshot, Target, TargetShape, Unread, Writer,
};
use syncapp_model::sync_file::{OnError, Write};
use syncapp_model::{Checkpoint, Epoch, Error, Result, Scalar};
use syncapp_transform::Program;
use tokio::task::JoinSet;
use tracing::Instrument as _;

use crate::added::Constants;
use crate::boundary::Boundary;
use crate::channel::Receiver;
use crate::listed::Listed;
use crate::readers::read;
use crate::sift::{Lands, Policy, Reasons, SetAside, Way};
use crate::spool::Spool;
use crate::stream::StreamRun;

mod ending;

/// What all loads of one attempt share.
pub(crate) struct Loading<'a> {
    run: &'a StreamRun,
    claimed: Claimed,
    /// The load that is being filled.
    open: Option<Open>,
    /// Why rows were rejected.
    reasons: Reasons,
}

/// What is settled when the first load begins.
pub(crate) struct Claimed {
    pub(crate) target: Target,
    pub(crate) shape: TargetShape,
    pub(crate) epoch: Epoch,
    pub(crate) program: Program,
    /// What becomes of rows that cannot land, unless they end the load.
    pub(crate) policy: Option<Policy>,
    /// Rejected rows of earlier runs, which rows that land may settle.
    pub(crate) listed: Listed,
    /// What stands behind the mapped columns.
    pub(crate) added: Constants,
    /// Follows the cursor of an incremental stream.
    pub(crate) boundary: Option<Boundary>,
    /// Whether the checkpoint stays as it was.
    pub(crate) keeps_state: bool,
    /// The checkpoint in the target.
    pub(crate) checkpoint: Checkpoint,
}

struct Open {
    load: Box<dyn Load>,
    writer: Box<dyn Writer>,
    filled: Filled,
}

/// What a load has been given.
struct Filled {
    rows: u64,
    rejects: Rejects,
    /// Rejected rows of earlier runs that this load settles, by their keys.
    settled: Vec<(String, String)>,
    /// The rows as they were read, where the target may refuse some.
    spool: Option<Spool>,
}

impl<'a> Loading<'a> {
    pub(crate) fn new(run: &'a StreamRun, claimed: Claimed) -> Self {
        Self {
            run,
            claimed,
            open: None,
            reasons: Reasons::default(),
        }
    }

    /// Loads everything that the snapshot has; the position after the last commit.
    pub(crate) async fn finish(mut self, snapshot: Arc<dyn Snapshot>) -> Result<Option<Scalar>> {
        // What replaces the target is one commit; so is what leaves the state alone.
        let Claimed {
            keeps_state,
            boundary,
            target,
            ..
        } = &self.claimed;
        // What the user runs around a load runs once.
        let plan = &self.run.plan;
        let bounded = plan.max_rejects.is_some() || plan.max_reject_ratio.is_some();
        let once = target.write == Write::Overwrite || target.runs_sql() || bounded;
        let prefixes = snapshot.ordered() && !keeps_state && boundary.is_some() && !once;
        let mut readers = JoinSet::new();
        // A single reader has its connection; of several, each takes one of what a pool has left once the load has its own.
        let early = (snapshot.splits().len() == 1).then(|| read(&snapshot, &mut readers, self.run));
        let filled = match self.begin().await {
            Ok(()) => {
                let mut batches = early.unwrap_or_else(|| read(&snapshot, &mut readers, self.run));
                let span = tracing::info_span!("write");
                self.fill(&mut batches, prefixes).instrument(span).await
            }
            failed => failed,
        };
        readers.shutdown().await;
        match filled.and_then(|()| self.within_bounds(true)) {
            Ok(()) => self.commit().await,
            Err(error) => {
                self.abort().await;
                Err(error)
            }
        }
    }

    /// Whether few enough rows are rejected; their share counts at the end.
    fn within_bounds(&self, at_the_end: bool) -> Result<()> {
        match &self.claimed.policy {
            Some(policy) => policy.bounds(&self.reasons, self.run.progress.counts().rows_read, at_the_end),
            None => Ok(()),
        }
    }

    async fn begin(&mut self) -> Result<()> {
        let Claimed {
            target, epoch, shape, ..
        } = &self.claimed;
        let mut load = self.run.ends.destination.begin(target, *epoch, shape).await?;
        let writer = load
            .writer()
            .await?
            .ok_or_else(|| Error::internal("a load takes no writer"))?;
        let spool = match &self.claimed.policy {
            Some(policy) if target.refusals.is_some() && shape.refuses => {
                Some(policy.spool(self.claimed.program.input())?)
            }
            _ => None,
        };
        let filled = Filled {
            rows: 0,
            rejects: Rejects::new()?,
            settled: Vec::new(),
            spool,
        };
        self.open = Some(Open { load, writer, filled });
        Ok(())
    }

    async fn fill(&mut self, batches: &mut Receiver, prefixes: bool) -> Result<()> {
        let mut first_row = 0;
        while let Some(held) = batches.next().await {
            let held = held?;
            let rows = held.batch.rows() as u64;
            self.run.progress.read(rows, held.batch.bytes() as u64);
            match &held.batch {
                Batch::Native(_) => self.write(held.batch.clone()).await?,
                Batch::Passing(passing) => self.pass(passing, first_row, prefixes).await?,
                Batch::Unread(unread) => self.set_aside_unread(unread)?,
                Batch::Columns(columns) => self.take(&columns.clone().into(), first_row, prefixes).await?,
                Batch::Marked(marked) => self.take(marked, first_row, prefixes).await?,
            }
            first_row += rows;
        }
        Ok(())
    }

    /// Native rows, of which nothing but the cursor is looked at.
    async fn pass(&mut self, rows: &PassingRows, first_row: u64, prefixes: bool) -> Result<()> {
        let cut = if prefixes { self.cut(&rows.beside)? } else { None };
        let Some(cut) = cut else {
            return self.admit(rows.clone(), first_row).await;
        };
        self.admit(rows.slice(0, cut), first_row).await?;
        self.commit().await?;
        self.begin().await?;
        self.admit(rows.slice(cut, rows.len() - cut), first_row + cut as u64)
            .await
    }

    async fn admit(&mut self, rows: PassingRows, first_row: u64) -> Result<()> {
        let kept = match &mut self.claimed.boundary {
            Some(boundary) => boundary.passed(&rows, first_row)?,
            None => vec![true; rows.len()],
        };
        if let Some(warning) = self.claimed.boundary.as_mut().and_then(Boundary::warning) {
            self.run.warn(warning);
        }
        self.write(Batch::Native(rows.kept(&kept))).await
    }

    async fn take(&mut self, rows: &Marked, first_row: u64, prefixes: bool) -> Result<()> {
        let cut = if prefixes { self.cut(&rows.columns)? } else { None };
        let Some(cut) = cut else {
            return self.map(rows, first_row).await;
        };
        self.map(&rows.slice(0, cut), first_row).await?;
        self.commit().await?;
        self.begin().await?;
        let rest = rows.slice(cut, rows.columns.num_rows() - cut);
        self.map(&rest, first_row + cut as u64).await
    }

    /// Where a commit falls, when enough rows wait for one: at the end of a group of equal cursor values.
    fn cut(&self, columns: &RecordBatch) -> Result<Option<usize>> {
        let enough = self
            .open
            .as_ref()
            .is_some_and(|open| open.filled.rows >= self.run.options.commit_rows);
        match &self.claimed.boundary {
            Some(boundary) if enough => boundary.group_end(columns),
            _ => Ok(None),
        }
    }

    async fn map(&mut self, rows: &Marked, first_row: u64) -> Result<()> {
        if let Some(policy) = &self.claimed.policy {
            self.run.progress.nulled(policy.nulled(&self.run.plan, rows)?);
        }
        let placed = self.set_aside_without_cursor(rows)?;
        let admitted = match &mut self.claimed.boundary {
            Some(boundary) => boundary.admit(&placed, first_row)?,
            None => placed,
        };
        let admitted = self.set_aside_misread(admitted)?;
        if let Some(warning) = self.claimed.boundary.as_mut().and_then(Boundary::warning) {
            self.run.warn(warning);
        }
        let Claimed {
            policy,
            program,
            added,
            listed,
            ..
        } = &mut self.claimed;
        if !listed.is_empty()
            && let Some(open) = &mut self.open
        {
            let settled = listed.settle(&self.run.plan, program, &admitted, first_row + 1)?;
            open.filled.settled.extend(settled);
        }
        let Some(policy) = policy else {
            let whole = added.extend(&program.apply(&admitted, first_row + 1)?)?;
            return self.write(Batch::Columns(whole)).await;
        };
        let open = self.open.as_ref().ok_or_else(|| Error::internal("no load is open"))?;
        let check = open.writer.as_ref();
        let way = Way { program, added, check };
        let sifted = policy.sift(way, &self.run.plan, &admitted, first_row + 1)?;
        self.run.progress.nulled(sifted.nulled);
        self.set_aside(SetAside::rejects(sifted.rejected))?;
        for Lands { mapped, read, .. } in sifted.kept {
            self.spool(&read)?;
            self.write(Batch::Columns(mapped)).await?;
        }
        Ok(())
    }

    /// Keeps rows that are about to be written, where the target may refuse them.
    fn spool(&mut self, read: &RecordBatch) -> Result<()> {
        let Some(spool) = self.open.as_mut().and_then(|open| open.filled.spool.as_mut()) else {
            return Ok(());
        };
        match self.claimed.program.kept(read, 1)? {
            Some(kept) => {
                let read = filter_record_batch(read, &kept).map_err(|problem| Error::internal(problem.to_string()))?;
                spool.add(&read)
            }
            None => spool.add(read),
        }
    }

    /// The rows that have a place in an increment; where rows may be rejected, the others are.
    fn set_aside_without_cursor(&mut self, rows: &Marked) -> Result<Marked> {
        let (Some(boundary), Some(policy)) = (&self.claimed.boundary, &self.claimed.policy) else {
            return Ok(rows.clone());
        };
        if self.run.plan.on_error != OnError::Reject {
            return Ok(rows.clone());
        }
        let (placed, without) = boundary.without_cursor(rows)?;
        if let Some(without) = without {
            let error = boundary.no_place(&rows.columns);
            let rejected = policy.placeless(&self.run.plan, &without, &error, None)?;
            self.set_aside(rejected)?;
        }
        Ok(placed)
    }

    /// The rows that could be read; the others are kept.
    fn set_aside_misread(&mut self, rows: Marked) -> Result<RecordBatch> {
        if rows.cells.is_empty() {
            return Ok(rows.columns);
        }
        let Claimed { policy, program, .. } = &self.claimed;
        let policy = policy.as_ref().ok_or_else(unasked)?;
        let sound = policy.sound(&self.run.plan, program, &rows, None)?;
        self.set_aside(SetAside::rejects(sound.rejected))?;
        Ok(sound.columns)
    }

    /// Keeps rows that the source could not read.
    fn set_aside_unread(&mut self, unread: &[Unread]) -> Result<()> {
        let policy = self.claimed.policy.as_ref();
        let policy = policy.ok_or_else(unasked)?;
        let rejected = unread.iter().map(|row| policy.unread(&self.run.plan, row));
        let rejected = rejected.collect::<Result<Vec<_>>>()?;
        self.set_aside(rejected)
    }

    /// Keeps rows for the load's commit, unless they are too many.
    fn set_aside(&mut self, mut rejected: Vec<Reject>) -> Result<()> {
        if rejected.is_empty() {
            return Ok(());
        }
        self.reasons.add(&mut rejected);
        self.run.progress.rejected(rejected.len() as u64);
        let open = self.open.as_mut().ok_or_else(|| Error::internal("no load is open"))?;
        open.filled.rejects.add(&rejected)?;
        self.within_bounds(false)
    }

    async fn write(&mut self, batch: Batch) -> Result<()> {
        let rows = batch.rows() as u64;
        if rows == 0 {
            return Ok(());
        }
        let open = self.open.as_mut().ok_or_else(|| Error::internal("no load is open"))?;
        open.writer.write(batch).await?;
        open.filled.rows += rows;
        self.run.progress.wrote(rows);
        Ok(())
    }

    async fn abort(self) {
        if let Some(Open { load, writer, .. }) = self.open {
            drop(writer);
            StreamRun::abort(load).await;
        }
    }
}

fn unasked() -> Error {
    Error::internal("rows came that nobody could read")
}
