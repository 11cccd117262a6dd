//! The rows that a run would land, read as it would read them.

use arrow_array::{Array, BooleanArray, RecordBatch};
use arrow_schema::ArrowError;
use futures_util::StreamExt;
use syncapp_connector::{Batch, Check, Marked, ReadColumn, Reject, Unread};
use syncapp_model::sync_file::{Mode, OnError, Write};
use syncapp_model::{Code, Error, Result};
use syncapp_transform::Program;

use super::Forecast;
use crate::added::Constants;
use crate::boundary::Boundary;
use crate::ground::Ground;
use crate::listed::Listed;
use crate::reading::{self, boundary, reads, request, settle};
use crate::sift::{Policy, Reasons, SetAside, Way};
use crate::typed::Typed;
use crate::unread::met_by_a_run;
use crate::{Ends, RunOptions};

/// Rows on their way.
pub(super) struct Wanted<'a> {
    ground: &'a Ground,
    /// From typed values.
    program: Program,
    added: Constants,
    /// What has landed before is known by the hashes of rows as a run reads them: their places in each batch.
    boundary: Option<(Boundary, Vec<usize>)>,
    /// Places of what the program reads.
    typed: Vec<usize>,
    /// What a run reads by its typed form.
    typed_in_run: Vec<String>,
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
    let program = plan.mapping.program(natives, &[])?;
    let (of_run, _) = settle(plan, &ground.target, &ground.shape, &Listed::default())?;
    let mut request = request(plan, options, &of_run, false, ground.last.as_ref())?;
    let follows = plan.cursor.is_some();
    if !follows {
        request.columns.clear();
    }
    let run_s: Vec<usize> = (0..request.columns.len()).collect();
    let place = |read: ReadColumn| match request.columns.iter().position(|known| *known == read) {
        Some(at) => at,
        None => {
            request.columns.push(read);
            request.columns.len() - 1
        }
    };
    let typed = reads(&program).into_iter().map(place).collect();
    let snapshot = ends.source.open(&request).await?;
    counts.warnings.extend(snapshot.warnings().iter().cloned());
    let boundary = match of_run.extra().first().filter(|_| follows) {
        Some(column) => {
            let last = ground.last.as_ref().filter(|_| plan.mode != Mode::FullRefresh);
            Some((boundary(plan, *column, last, snapshot.as_ref())?, run_s))
        }
        None => None,
    };
    let policy = (plan.on_error != OnError::Fail).then(|| {
        let run = (options.run_id.as_str(), options.moment());
        Policy::new(plan, &program, &ground.target, &ground.shape, run)
    });
    let mut wanted = Wanted {
        added: Constants::new(&plan.added, program.output(), &options.run_id, options.moment()),
        check: Box::new(Typed::new(
            (&ground.target, &ground.shape),
            ends.destination.checker(&ground.target).await?,
        )),
        ground,
        program,
        boundary,
        typed,
        typed_in_run: reading::typed(&reads(&of_run)),
        policy,
        reasons: Reasons::default(),
        counts,
    };
    for split in snapshot.splits() {
        let mut batches = snapshot.read(split).await?;
        while let Some(batch) = batches.next().await {
            match batch? {
                Batch::Columns(columns) => wanted.take(&columns.into(), &mut each)?,
                Batch::Marked(marked) => wanted.take(&marked, &mut each)?,
                Batch::Unread(rows) => wanted.unread(&rows)?,
                Batch::Native(_) | Batch::Passing(_) => {
                    return Err(Error::internal("a source answers with native rows unasked"));
                }
            }
        }
    }
    wanted.within_bounds(true)
}

impl Wanted<'_> {
    fn take(&mut self, rows: &Marked, each: &mut impl FnMut(&RecordBatch) -> Result<()>) -> Result<()> {
        met_by_a_run(rows.cells.iter().map(|cell| &cell.error), &self.typed_in_run)?;
        let first_row = self.counts.read;
        self.counts.read += rows.columns.num_rows() as u64;
        if let Some(policy) = &self.policy {
            self.counts.nulled += policy.nulled(&self.ground.plan, rows)?;
        }
        let placed = self.set_aside_without_cursor(rows)?;
        let admitted = match &mut self.boundary {
            Some((boundary, places)) => {
                let keep = boundary.admitted(&project(&placed.columns, places)?, first_row)?;
                placed.filter(&BooleanArray::from(keep))?
            }
            None => placed,
        };
        let admitted = match &self.policy {
            Some(policy) => {
                let sound = policy.sound(&self.ground.plan, &self.program, &admitted, Some(&self.typed))?;
                self.set_aside(SetAside::rejects(sound.rejected))?;
                sound.columns
            }
            None => project(&admitted.columns, &self.typed)?,
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
        self.set_aside(SetAside::rejects(sifted.rejected))?;
        sifted.kept.iter().map(|lands| &lands.mapped).try_for_each(each)
    }

    /// Counts rows that the source cannot read, as a run keeps them.
    fn unread(&mut self, rows: &[Unread]) -> Result<()> {
        met_by_a_run(rows.iter().map(|row| &row.error), &self.typed_in_run)?;
        self.counts.read += rows.len() as u64;
        let policy = self.policy.as_ref();
        let policy = policy.ok_or_else(|| Error::internal("rows came that nobody could read"))?;
        let rejected = rows.iter().map(|row| policy.unread(&self.ground.plan, row));
        let rejected = rejected.collect::<Result<Vec<_>>>()?;
        self.set_aside(rejected)
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

    fn set_aside_without_cursor(&mut self, rows: &Marked) -> Result<Marked> {
        let plan = &self.ground.plan;
        let (Some((boundary, _)), Some(policy)) = (&self.boundary, &self.policy) else {
            return Ok(rows.clone());
        };
        if plan.on_error != OnError::Reject {
            return Ok(rows.clone());
        }
        let (placed, without) = boundary.without_cursor(rows)?;
        if let Some(without) = without {
            let error = boundary.no_place(&rows.columns);
            let rejected = policy.placeless(plan, &without, &error, Some(&self.typed))?;
            self.set_aside(rejected)?;
        }
        Ok(placed)
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

fn project(batch: &RecordBatch, places: &[usize]) -> Result<RecordBatch> {
    batch.project(places).map_err(internal)
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` gives")]
fn internal(problem: ArrowError) -> Error {
    Error::internal(problem.to_string())
}
