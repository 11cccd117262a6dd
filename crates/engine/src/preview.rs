//! Some rows of a stream, as they are and as they would land. Writes nothing.
//!
//! Where `on_error` lets a run go on behind a row that cannot land, so does the preview: the target is asked what it
//! takes, and says no more than that.
//!
//! Invariant: no value of a column that the mapping masks leaves the engine, nor is it told in an error.

use std::collections::HashSet;
use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, StringArray};
use arrow_schema::{DataType as Arrow, Field, Schema};
use futures_util::StreamExt;
use syncapp_connector::{Batch, Check, Marked, ReadColumn, ReadRequest, Reject};
use syncapp_model::sync_file::OnError;
use syncapp_model::{Error, Result};
use syncapp_transform::Program;

use crate::added::Constants;
use crate::ground::Ground;
use crate::listed::Listed;
use crate::reading::{reads, settle, typed};
use crate::sift::{Lands, Policy, SetAside, Way, veiled};
use crate::typed::Typed;
use crate::unread::met_by_a_run;
use crate::{Ends, RunOptions, StreamPlan};

/// What stands for a value that may not be shown.
const MASKED: &str = "***";
/// How many of the rows that would be set aside are told.
const TOLD: usize = 100;

/// The first rows of a stream.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// As the source gives them: all its columns, but those that no run reads and that hold what cannot be read. Columns
    /// that the mapping masks hold `***`.
    pub source: Vec<RecordBatch>,
    /// As the mapping makes them; rows that `where` leaves out are not there.
    pub mapped: Vec<RecordBatch>,
    /// The place of each of these among the rows of the source.
    pub origins: Vec<usize>,
    /// How many rows a run would set aside.
    pub rejected: u64,
    /// How many values it would make NULL.
    pub nulled: u64,
    /// The first of the rows that it would set aside.
    pub rejects: Vec<Refused>,
}

/// A row that would be set aside.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Its place among the rows of the source; none where it could not be read at all.
    pub origin: Option<usize>,
    /// As it would be kept.
    pub reject: Reject,
    /// What to do about it.
    pub help: Option<String>,
}

/// Reads at most so many rows of a stream and maps them.
pub async fn preview(ends: &Ends, plan: &StreamPlan, options: &RunOptions, rows: u64) -> Result<Preview> {
    let landing = match plan.on_error {
        OnError::Fail => None,
        _ => Some(Landing::new(ends, plan, options).await?),
    };
    let plan = landing.as_ref().map_or(plan, |landing| &landing.ground.plan);
    let program = plan.mapping.program(&vec![false; plan.mapping.columns().len()], &[])?;
    let used: HashSet<String> = reads(&program).into_iter().map(|read| read.name).collect();
    let mut left_out = HashSet::new();
    loop {
        let mut previewing = Previewing {
            plan,
            program: &program,
            landing: landing.as_ref(),
            first_row: 1,
            shown: 0,
            preview: Preview::default(),
        };
        let error = match previewing.read(ends, rows, &left_out).await {
            Ok(()) => return Ok(previewing.preview),
            Err(error) => error,
        };
        // What no run reads keeps no run from going on.
        match error.report().at.column.clone() {
            Some(column) if !used.contains(&column) && left_out.insert(column.clone()) => {}
            _ => return Err(veiled(error, &plan.mapping.masked())),
        }
    }
}

/// Where rows would land, for streams that go on behind a row that cannot.
struct Landing {
    ground: Ground,
    policy: Policy,
    check: Box<dyn Check>,
    added: Constants,
    /// What a run reads by its typed form.
    typed: Vec<String>,
}

impl Landing {
    async fn new(ends: &Ends, plan: &StreamPlan, options: &RunOptions) -> Result<Self> {
        let named = |error: Error| ends.show(plan, error).stream(&plan.entry);
        let ground = Ground::look(ends, plan, options).await.map_err(named)?;
        let Ground {
            plan, target, shape, ..
        } = &ground;
        let program = plan.mapping.program(&vec![false; plan.mapping.columns().len()], &[])?;
        let (of_run, _) = settle(plan, target, shape, &Listed::default())?;
        let check = ends.destination.checker(target).await.map_err(named)?;
        let run = (options.run_id.as_str(), options.moment());
        Ok(Self {
            policy: Policy::new(plan, &program, target, shape, run),
            check: Box::new(Typed::new((target, shape), check)),
            added: Constants::new(&plan.added, program.output(), run.0, run.1),
            typed: typed(&reads(&of_run)),
            ground,
        })
    }
}

/// A preview while it is read.
struct Previewing<'a> {
    plan: &'a StreamPlan,
    program: &'a Program,
    landing: Option<&'a Landing>,
    /// The number of the next row.
    first_row: u64,
    /// How many rows of the source there are already.
    shown: usize,
    preview: Preview,
}

impl Previewing<'_> {
    async fn read(&mut self, ends: &Ends, rows: u64, left_out: &HashSet<String>) -> Result<()> {
        let columns = self.plan.spec.columns.iter().map(|column| ReadColumn {
            name: column.name.clone(),
            native: false,
        });
        let request = ReadRequest {
            stream: self.plan.stream.clone(),
            columns: columns.filter(|column| !left_out.contains(&column.name)).collect(),
            wire: false,
            range: None,
            lenient: self.plan.on_error != OnError::Fail,
            limit: Some(rows),
            splits: 1,
            batch_rows: 1024,
            batch_bytes: 1 << 20,
        };
        let snapshot = ends.source.open(&request).await?;
        for split in snapshot.splits() {
            let mut batches = snapshot.read(split).await?;
            while let Some(batch) = batches.next().await {
                self.take(batch?)?;
            }
        }
        Ok(())
    }

    fn take(&mut self, batch: Batch) -> Result<()> {
        let rows = batch.rows() as u64;
        match (batch, self.landing) {
            (Batch::Columns(columns), None) => {
                let used = columns
                    .project(&places(&columns, &reads(self.program))?)
                    .map_err(internal)?;
                let (mapped, kept) = self.program.apply_kept(&used, self.first_row, &[])?;
                self.preview.mapped.push(mapped);
                let origins = places_of(kept.as_ref(), columns.num_rows());
                self.preview.origins.extend(origins.map(|place| self.shown + place));
                self.show(&columns)?;
            }
            (Batch::Columns(columns), Some(landing)) => self.sift(&columns.into(), landing)?,
            (Batch::Marked(marked), Some(landing)) => {
                met_by_a_run(marked.cells.iter().map(|cell| &cell.error), &landing.typed)?;
                self.sift(&marked, landing)?;
            }
            (Batch::Unread(unread), Some(landing)) => {
                met_by_a_run(unread.iter().map(|row| &row.error), &landing.typed)?;
                for row in &unread {
                    let reject = landing.policy.unread(self.plan, row)?;
                    self.set_aside(None, SetAside::new(0, reject, &row.error));
                }
            }
            _ => return Err(Error::internal("a source answers with rows unasked")),
        }
        self.first_row += rows;
        Ok(())
    }

    fn sift(&mut self, rows: &Marked, landing: &Landing) -> Result<()> {
        let places = places(&rows.columns, &reads(self.program))?;
        self.preview.nulled += landing.policy.nulled(self.plan, rows)?;
        let sound = landing.policy.sound(self.plan, self.program, rows, Some(&places))?;
        for aside in sound.rejected {
            self.set_aside(Some(self.shown + aside.place), aside);
        }
        let origins: Vec<usize> = places_of(sound.rows.as_ref(), rows.columns.num_rows())
            .map(|place| self.shown + place)
            .collect();
        let way = Way {
            program: self.program,
            added: &mut landing.added.clone(),
            check: landing.check.as_ref(),
        };
        let sifted = landing.policy.sift(way, self.plan, &sound.columns, self.first_row)?;
        let own: Vec<usize> = (0..self.program.output().fields().len()).collect();
        for Lands { place, mapped, read } in &sifted.kept {
            let kept = self.program.kept(read, self.first_row + *place as u64)?;
            let stayed = places_of(kept.as_ref(), read.num_rows());
            self.preview.origins.extend(stayed.map(|row| origins[place + row]));
            self.preview.mapped.push(mapped.project(&own).map_err(internal)?);
        }
        self.show(&rows.columns)?;
        self.preview.nulled += sifted.nulled;
        for aside in sifted.rejected {
            self.set_aside(Some(origins[aside.place]), aside);
        }
        Ok(())
    }

    /// Takes the source's side of rows, as far as it may be shown.
    fn show(&mut self, rows: &RecordBatch) -> Result<()> {
        let masked = self.plan.mapping.masked();
        let schema = rows.schema_ref();
        let shown = schema.fields().iter().zip(rows.columns()).map(|(field, values)| {
            if !masked.contains(field.name().as_str()) {
                return (field.clone(), values.clone());
            }
            let veil = StringArray::from_iter_values(std::iter::repeat_n(MASKED, values.len()));
            let field = Field::new(field.name(), Arrow::Utf8, false);
            (Arc::new(field), Arc::new(veil) as ArrayRef)
        });
        let (fields, values): (Vec<_>, Vec<_>) = shown.unzip();
        let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
        let shown = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), values, &options);
        self.preview.source.push(shown.map_err(internal)?);
        self.shown += rows.num_rows();
        Ok(())
    }

    fn set_aside(&mut self, origin: Option<usize>, aside: SetAside) {
        self.preview.rejected += 1;
        if self.preview.rejects.len() < TOLD {
            let SetAside { reject, help, .. } = aside;
            self.preview.rejects.push(Refused { origin, reject, help });
        }
    }
}

/// The places of those of so many rows that are kept.
fn places_of(kept: Option<&BooleanArray>, rows: usize) -> impl Iterator<Item = usize> {
    (0..rows).filter(move |place| kept.is_none_or(|kept| kept.value(*place)))
}

/// Where the columns that a program reads stand among all columns.
fn places(columns: &RecordBatch, reads: &[ReadColumn]) -> Result<Vec<usize>> {
    let places = reads.iter().map(|read| {
        let place = columns.schema_ref().index_of(&read.name);
        place.map_err(|_| Error::internal(format!("the source left out `{}`", read.name)))
    });
    places.collect()
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` gives")]
fn internal(problem: arrow_schema::ArrowError) -> Error {
    Error::internal(problem.to_string())
}
