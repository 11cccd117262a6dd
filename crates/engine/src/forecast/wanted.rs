//! The rows that a run would land, read as it would read them.

use arrow_array::RecordBatch;
use futures_util::StreamExt;
use syncapp_connector::{Batch, Check, Reject};
use syncapp_model::sync_file::{Mode, OnError, Write};
use syncapp_model::{Code, Error, Result};
use syncapp_transform::Program;

use super::Forecast;
use crate::added::Constants;
use crate::boundary::Boundary;
use crate::ground::Ground;
use crate::sift::{Policy, Reasons, Way};
use crate::stream::request;
use crate::{Ends, RunOptions};

/// Rows on their way.
pub(super) struct Wanted<'a> {
    ground: &'a Ground,
    program: Program,
    added: Constants,
    boundary: Option<Boundary>,
    /// What becomes of rows that cannot land, unless they end the run; and who knows which ones.
    policy: Option<Policy>,
    check: Box<dyn Check>,
    reasons: Reasons,
    counts: &'a mut Forecast,
}

/// Reads and maps everything that a run would; `each` gets the rows that would land.
pub(super) async fn read(
    ends: &Ends,
    ground: &Ground,
    options: &RunOptions,
    natives: &[bool],
    counts: &mut Forecast,
    mut each: impl FnMut(&RecordBatch) -> Result<()>,
) -> Result<()> {
    let plan = &ground.plan;
    let extra: Vec<&str> = plan.cursor.iter().map(String::as_str).collect();
    let program = plan.mapping.program(natives, &extra)?;
    let request = request(plan, options, &program, false, ground.last.as_ref())?;
    let snapshot = ends.source.open(&request).await?;
    counts.warnings.extend(snapshot.warnings().iter().cloned());
    let continues = plan.mode != Mode::FullRefresh;
    let boundary = plan
        .cursor
        .as_ref()
        .zip(program.extra().first().copied())
        .map(|(_, column)| {
            let last = ground.last.as_ref().filter(|_| continues);
            Boundary::new(column, last, snapshot.horizon().cloned())
        });
    let policy = (plan.on_error != OnError::Fail).then(|| {
        let run = (options.run_id.as_str(), options.moment());
        Policy::new(plan, &program, &ground.target, &ground.shape, run)
    });
    let mut wanted = Wanted {
        added: Constants::new(&plan.added, program.output(), &options.run_id, options.moment()),
        check: ends.destination.checker(&ground.target).await?,
        ground,
        program,
        boundary,
        policy,
        reasons: Reasons::default(),
        counts,
    };
    for split in snapshot.splits() {
        let mut batches = snapshot.read(split).await?;
        while let Some(batch) = batches.next().await {
            let Batch::Columns(columns) = batch? else {
                return Err(Error::internal("a source answers with native rows unasked"));
            };
            wanted.take(&columns, &mut each)?;
        }
    }
    wanted.within_bounds(true)
}

impl Wanted<'_> {
    fn take(&mut self, columns: &RecordBatch, each: &mut impl FnMut(&RecordBatch) -> Result<()>) -> Result<()> {
        let first_row = self.counts.read;
        self.counts.read += columns.num_rows() as u64;
        let sound = self.set_aside_without_cursor(columns)?;
        let admitted = match &mut self.boundary {
            Some(boundary) => boundary.admit(&sound, first_row)?,
            None => sound,
        };
        let Self {
            policy,
            program,
            added,
            check,
            ..
        } = self;
        let check = check.as_ref();
        let Some(policy) = policy else {
            let whole = added.extend(&program.apply(&admitted, first_row + 1)?)?;
            check.check(&whole)?;
            self.refuse_null_keys(&whole)?;
            return each(&whole);
        };
        let way = Way { program, added, check };
        let sifted = policy.sift(way, &self.ground.plan, &admitted, first_row + 1)?;
        self.counts.nulled += sifted.nulled;
        self.set_aside(sifted.rejected)?;
        sifted.kept.iter().try_for_each(each)
    }

    /// A row without a key has no place in a merge or a history.
    fn refuse_null_keys(&self, whole: &RecordBatch) -> Result<()> {
        let Ground { plan, target, .. } = self.ground;
        if !matches!(plan.write, Write::Merge | Write::History) {
            return Ok(());
        }
        for (column, array) in target.columns.iter().zip(whole.columns()) {
            if array.null_count() > 0 && target.primary_key.contains(&column.name) {
                let why = format!("the key column `{}` is NULL", column.name);
                return Err(Error::new(Code::NullKey, why)
                    .column(&column.name)
                    .help("correct the row, or leave it out with `where`"));
            }
        }
        Ok(())
    }

    fn set_aside_without_cursor(&mut self, columns: &RecordBatch) -> Result<RecordBatch> {
        let plan = &self.ground.plan;
        let (Some(boundary), Some(policy)) = (&self.boundary, &self.policy) else {
            return Ok(columns.clone());
        };
        if plan.on_error != OnError::Reject {
            return Ok(columns.clone());
        }
        let (sound, without) = boundary.without_cursor(columns)?;
        let error = boundary.no_place(columns);
        let rows = (0..without.num_rows()).map(|row| policy.reject(plan, &without.slice(row, 1), &error));
        let rejected = rows.collect::<Result<Vec<_>>>()?;
        self.set_aside(rejected)?;
        Ok(sound)
    }

    fn set_aside(&mut self, mut rejected: Vec<Reject>) -> Result<()> {
        self.reasons.add(&mut rejected);
        self.counts.rejected += rejected.len() as u64;
        self.within_bounds(false)
    }

    fn within_bounds(&self, at_the_end: bool) -> Result<()> {
        match &self.policy {
            Some(policy) => policy.bounds(&self.reasons, self.counts.read, at_the_end),
            None => Ok(()),
        }
    }
}
