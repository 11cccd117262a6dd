//! Differences made good: rows that differ or are missing land by a merge, and rows that should not be there go, in one
//! load under a claim like any run's. The stream's checkpoint stays as it is.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use arrow_array::{Array, BooleanArray, RecordBatch};
use arrow_select::filter::filter_record_batch;
use syncapp_connector::{Batch, Load, Receipt, Target, TargetShape};
use syncapp_model::sync_file::{DeleteRule, Write};
use syncapp_model::{Checkpoint, Code, Error, Result, Scalar, Side};
use syncapp_transform::Program;

use super::compare::{At, Finding};
use super::side::Rows;
use crate::added::Constants;
use crate::cursor::Cursor;
use crate::stream::StreamRun;
use crate::{Ends, RunOptions, StreamPlan};

/// What a repair writes into: the stream's target, one row for each key. Nothing but what differs is touched. `Err` says
/// why it cannot be.
pub(super) async fn lands(ends: &Ends, plan: &StreamPlan, options: &RunOptions) -> Result<(Target, TargetShape)> {
    let anew = "`syncapp run --full-refresh` makes the target anew";
    if plan.write == Write::Append || plan.primary_key.is_empty() {
        let why = "rows without a key cannot be mended one by one";
        return Err(Error::new(Code::MissingPrimaryKey, why).help(anew));
    }
    let target = Target {
        write: if plan.write == Write::History {
            Write::History
        } else {
            Write::Merge
        },
        cursor: None,
        deletes: DeleteRule::Ignore,
        before_sql: None,
        after_sql: None,
        // A repair is no run: what was journalled before finds its rows changed.
        undo: None,
        // What the target refuses ends the repair: it sets no row aside.
        refusals: None,
        ..plan.target(options)
    };
    let shape = ends.destination.diff(&target).await.map_err(|error| error.help(anew))?;
    Ok((target, shape))
}

/// How many bytes of rows a repair holds: what differs beyond them is left to the next one.
const ROOM: usize = 128 << 20;

/// A repair that is being gathered. Nothing is written before the views of both ends are closed: one of them could stand
/// in the load's way.
pub(super) struct Repair {
    target: Target,
    shape: TargetShape,
    run: Program,
    added: Constants,
    /// What becomes of rows that should not be there.
    deletes: DeleteRule,
    /// Rows of the source to be written, by the batches that they were fetched in.
    rows: BTreeMap<usize, (Arc<Rows>, Vec<usize>)>,
    /// Rows as they land, and their bytes.
    mapped: Vec<RecordBatch>,
    bytes: usize,
    gone: Vec<Vec<Scalar>>,
    /// The same keys, to know them again.
    going: HashSet<String>,
}

impl Repair {
    pub(super) fn new(
        plan: &StreamPlan,
        options: &RunOptions,
        (target, shape): (Target, TargetShape),
        run: Program,
    ) -> Self {
        Self {
            added: Constants::new(&plan.added, run.output(), &options.run_id, options.moment()),
            target,
            shape,
            run,
            deletes: plan.deletes,
            rows: BTreeMap::new(),
            mapped: Vec::new(),
            bytes: 0,
            gone: Vec::new(),
            going: HashSet::new(),
        }
    }

    /// Whether it holds as much as it may.
    pub(super) fn is_full(&self) -> bool {
        self.bytes > ROOM
    }

    /// Takes a difference in. `keys` are the places of the key's columns in the target's fetched rows.
    pub(super) fn take(&mut self, finding: &Finding, keys: &[usize]) -> Result<()> {
        match finding {
            Finding::Differs(ours, ..) | Finding::Missing(ours) => self.will_write(ours),
            Finding::Extra(theirs, ours) => {
                let key = key_of(theirs, keys)?;
                // A row that stands there several times is told several times.
                if self.going.insert(format!("{key:?}")) {
                    self.gone.push(key);
                }
                // All rows of the key go: the one that should be there comes again.
                if let Some(ours) = ours {
                    self.will_write(ours);
                }
            }
        }
        Ok(())
    }

    fn will_write(&mut self, at: &At) {
        let rows = self
            .rows
            .entry(Arc::as_ptr(&at.rows) as usize)
            .or_insert_with(|| (at.rows.clone(), Vec::new()));
        rows.1.push(at.row);
    }

    /// Maps the rows that were taken in. `places` are those of the columns that a run reads in the source's fetched rows.
    pub(super) fn map(&mut self, places: &[usize]) -> Result<()> {
        for (rows, wanted) in std::mem::take(&mut self.rows).into_values() {
            let read = rows.fetched.project(places).map_err(internal)?;
            let wanted: BooleanArray = (0..read.num_rows()).map(|row| Some(wanted.contains(&row))).collect();
            let read = filter_record_batch(&read, &wanted).map_err(internal)?;
            let mapped = self.added.extend(&self.run.apply(&read, 1)?)?;
            self.bytes += mapped.get_array_memory_size();
            self.mapped.push(mapped);
        }
        Ok(())
    }

    /// Writes it all in one load; what changed, if there was anything to mend.
    pub(super) async fn finish(self, ends: &Ends) -> Result<Option<Receipt>> {
        if self.mapped.is_empty() && self.gone.is_empty() {
            return Ok(None);
        }
        let claim = ends.destination.claim(&self.target).await?;
        let mut load = ends.destination.begin(&self.target, claim.epoch, &self.shape).await?;
        let checkpoint = claim.checkpoint.unwrap_or(Checkpoint {
            position: None,
            rows: 0,
        });
        match self.fill(load.as_mut()).await {
            Ok(()) => load.commit(&checkpoint).await?.done().map(Some),
            Err(error) => {
                StreamRun::abort(load).await;
                Err(error)
            }
        }
    }

    async fn fill(self, load: &mut dyn Load) -> Result<()> {
        let writer = load.writer().await?;
        let mut writer = writer.ok_or_else(|| Error::internal("a load takes no writer"))?;
        let mut written = 0;
        for batch in self.mapped {
            written += batch.num_rows() as u64;
            writer.write(Batch::Columns(batch)).await?;
        }
        let taken = writer.finish().await?;
        if taken != written {
            let why = format!("the target took {taken} of {written} rows");
            return Err(
                Error::new(Code::Failed(Side::Destination), why).help("nothing was changed; please report this")
            );
        }
        if !self.gone.is_empty() {
            load.remove(self.gone, self.deletes).await?;
        }
        Ok(())
    }
}

/// The key of a target's row.
fn key_of(at: &At, keys: &[usize]) -> Result<Vec<Scalar>> {
    let fetched = &at.rows.fetched;
    let cell = |place: &usize| {
        let name = fetched.schema_ref().field(*place).name();
        let unfit = || {
            Error::new(
                Code::NotAvailable,
                format!("a row cannot be removed by its key `{name}`"),
            )
            .column(name)
            .help("remove it by SQL, or make the target anew with `syncapp run --full-refresh`")
        };
        if fetched.column(*place).is_null(at.row) {
            return Err(unfit());
        }
        Cursor::of(fetched, *place).map_err(|_| unfit())?.value(at.row)
    };
    keys.iter().map(cell).collect()
}

fn internal(problem: impl std::fmt::Display) -> Error {
    Error::internal(problem.to_string())
}
