//! Rows that cannot land, taken out of their batch: `on_error: null` and `reject`.
//!
//! A batch that fails is halved until the rows that fail stand alone: a few bad rows cost little, and a batch without any
//! costs what it always does. Invariant: each row of the batch is kept once or rejected once.

use std::collections::{HashMap, HashSet};

use arrow_array::{Array, RecordBatch};
use arrow_schema::Schema;
use sha2::{Digest, Sha256};
use syncapp_connector::{Check, Reject, Target, TargetShape, Unread, UnreadCell};
use syncapp_model::sync_file::OnError;
use syncapp_model::{Code, Error, Result, Side};
use syncapp_transform::Program;

use crate::StreamPlan;
use crate::added::Constants;
use crate::kept::{self, Keeping};
use crate::spool::Spool;
use crate::unread::column;

/// How a stream deals with rows that cannot land.
pub(crate) struct Policy {
    pub(crate) on_error: OnError,
    /// Target columns that may not be NULL, and whether rows are found by them.
    strict: Vec<(usize, String, bool)>,
    keeping: Keeping,
    run_id: String,
    moment: i64,
    max_rejects: Option<u64>,
    max_ratio: Option<f64>,
}

/// What became of a batch.
#[derive(Default)]
pub(crate) struct Sifted {
    /// Rows as they land, in their order.
    pub(crate) kept: Vec<Lands>,
    /// Rows that are set aside.
    pub(crate) rejected: Vec<SetAside>,
    /// How many values became NULL.
    pub(crate) nulled: u64,
}

/// Rows that can land.
pub(crate) struct Lands {
    /// The place of the first one among those that were read.
    pub(crate) place: usize,
    pub(crate) mapped: RecordBatch,
    /// As they were read, with those that `where` leaves out.
    pub(crate) read: RecordBatch,
}

/// A row that cannot land.
pub(crate) struct SetAside {
    /// Its place among those that were read.
    pub(crate) place: usize,
    pub(crate) reject: Reject,
    /// What to do about it.
    pub(crate) help: Option<String>,
}

impl SetAside {
    pub(crate) fn new(place: usize, reject: Reject, error: &Error) -> Self {
        let help = error.report().help.clone();
        Self { place, reject, help }
    }

    /// As they are kept.
    pub(crate) fn rejects(all: Vec<Self>) -> Vec<Reject> {
        all.into_iter().map(|aside| aside.reject).collect()
    }
}

/// What maps rows, and who knows whether they can land.
pub(crate) struct Way<'a> {
    pub(crate) program: &'a Program,
    pub(crate) added: &'a mut Constants,
    pub(crate) check: &'a dyn Check,
}

impl Policy {
    pub(crate) fn new(
        plan: &StreamPlan,
        program: &Program,
        target: &Target,
        shape: &TargetShape,
        run: (&str, i64),
    ) -> Self {
        let columns = target.columns.iter().zip(&shape.columns).enumerate();
        let strict = columns.filter_map(|(at, (column, lands))| {
            let key = target.primary_key.contains(&column.name);
            (key || !lands.nullable).then(|| (at, column.name.clone(), key))
        });
        Self {
            on_error: plan.on_error,
            strict: strict.collect(),
            keeping: Keeping::of(plan, program),
            run_id: run.0.into(),
            moment: run.1,
            max_rejects: plan.max_rejects,
            max_ratio: plan.max_reject_ratio,
        }
    }

    /// Maps a batch; what cannot land becomes NULL or is set aside.
    pub(crate) fn sift(
        &self,
        mut way: Way<'_>,
        plan: &StreamPlan,
        batch: &RecordBatch,
        first_row: u64,
    ) -> Result<Sifted> {
        let mut sifted = Sifted::default();
        self.part(&mut way, plan, (batch, 0), first_row, &mut sifted)?;
        Ok(sifted)
    }

    fn part(
        &self,
        way: &mut Way<'_>,
        plan: &StreamPlan,
        (batch, place): (&RecordBatch, usize),
        first_row: u64,
        sifted: &mut Sifted,
    ) -> Result<()> {
        let rows = batch.num_rows();
        match self.land(way, batch, first_row + place as u64, &[]) {
            Ok(mapped) => sifted.kept.push(Lands {
                place,
                mapped,
                read: batch.clone(),
            }),
            Err(error) if !is_about_a_row(&error) => return Err(error),
            Err(error) if rows <= 1 => self.single(way, plan, (batch, place), first_row, error, sifted)?,
            Err(_) => {
                let half = rows / 2;
                self.part(way, plan, (&batch.slice(0, half), place), first_row, sifted)?;
                let rest = batch.slice(half, rows - half);
                self.part(way, plan, (&rest, place + half), first_row, sifted)?;
            }
        }
        Ok(())
    }

    /// A row that cannot land as it is.
    fn single(
        &self,
        way: &mut Way<'_>,
        plan: &StreamPlan,
        (row, place): (&RecordBatch, usize),
        first_row: u64,
        mut error: Error,
        sifted: &mut Sifted,
    ) -> Result<()> {
        if self.on_error == OnError::Reject {
            let reject = self.reject(plan, row, &error)?;
            sifted.rejected.push(SetAside::new(place, reject, &error));
            return Ok(());
        }
        let number = first_row + place as u64;
        let mut nulls = Vec::new();
        loop {
            let column = error.report().at.column.clone();
            let free = |name: &String| !nulls.contains(name) && !self.takes_no_null(name);
            let Some(column) = column.filter(free).filter(|_| is_about_a_row(&error)) else {
                return Err(error.row(number));
            };
            nulls.push(column);
            match self.land(way, row, number, &nulls) {
                Ok(mapped) => {
                    let read = row.clone();
                    sifted.kept.push(Lands { place, mapped, read });
                    sifted.nulled += nulls.len() as u64;
                    return Ok(());
                }
                Err(next) => error = next,
            }
        }
    }

    /// The rows as they would land, if all of them can.
    pub(crate) fn land(
        &self,
        way: &mut Way<'_>,
        batch: &RecordBatch,
        first_row: u64,
        nulls: &[String],
    ) -> Result<RecordBatch> {
        let mapped = way.program.apply_with_nulls(batch, first_row, nulls)?;
        let whole = way.added.extend(&mapped)?;
        for (at, name, key) in &self.strict {
            if whole.column(*at).null_count() > 0 {
                let (code, why) = if *key {
                    (Code::NullKey, format!("the key column `{name}` is NULL"))
                } else {
                    (
                        Code::ConstraintViolated(Side::Destination),
                        format!("`{name}` takes no NULL"),
                    )
                };
                return Err(Error::new(code, why)
                    .column(name)
                    .help("correct the row, or leave it out with `where`"));
            }
        }
        way.check.check(&whole)?;
        Ok(whole)
    }

    /// A row that was read, as it is kept.
    pub(crate) fn reject(&self, plan: &StreamPlan, row: &RecordBatch, error: &Error) -> Result<Reject> {
        let (object, row_key) = (self.keeping.row(row, 0, &[])?, self.keeping.row_key(row, 0)?);
        let report = error.report();
        Ok(self.kept(plan, object, row_key, (error, report.why.clone())))
    }

    /// Where rows wait that the target may refuse, in batches of these columns.
    pub(crate) fn spool(&self, columns: &Schema) -> Result<Spool> {
        Spool::new(columns, self.keeping.shown())
    }

    /// A row of which these values could not be read, as it is kept.
    pub(crate) fn misread(&self, plan: &StreamPlan, row: &RecordBatch, cells: &[UnreadCell]) -> Result<Reject> {
        let error = &cells[0].error;
        let texts: Vec<_> = cells.iter().map(|cell| (column(cell), cell.text.as_str())).collect();
        let object = self.keeping.row(row, 0, &texts)?;
        // A key that could not be read tells no row.
        let told = !texts.iter().any(|(column, _)| self.keeping.is_key(column));
        let row_key = if told { self.keeping.row_key(row, 0)? } else { None };
        let why = placed(error, &plan.mapping.masked());
        Ok(self.kept(plan, object, row_key, (error, why)))
    }

    /// Whether a target's column may not be NULL.
    pub(crate) fn takes_no_null(&self, column: &str) -> bool {
        self.strict.iter().any(|(_, strict, _)| strict == column)
    }

    /// A row that could not be read, as it is kept.
    pub(crate) fn unread(&self, plan: &StreamPlan, row: &Unread) -> Result<Reject> {
        let Unread { error, remains } = row;
        if self.on_error != OnError::Reject {
            return Err(error.clone());
        }
        let masked = plan.mapping.masked();
        let why = placed(error, &masked);
        Ok(self.kept(plan, kept::remains(remains, &masked)?, None, (error, why)))
    }

    fn kept(&self, plan: &StreamPlan, row: String, row_key: Option<String>, (error, why): (&Error, String)) -> Reject {
        let report = error.report();
        let mut hash = Sha256::new();
        hash.update(row.as_bytes());
        hash.update(report.code.name());
        hash.update(report.at.column.as_deref().unwrap_or_default());
        Reject {
            id: hex(&hash.finalize()[..8]),
            run_id: self.run_id.clone(),
            key: plan.key.clone(),
            rejected_at: self.moment,
            row_key,
            column: report.at.column.clone(),
            code: report.code.name(),
            message: why,
            row,
        }
    }

    /// Whether so many rejected rows of those read are too many. The share counts at the end only.
    pub(crate) fn bounds(&self, reasons: &Reasons, read: u64, at_the_end: bool) -> Result<()> {
        let rejected = reasons.count;
        let share = rejected as f64 / (read.max(1)) as f64;
        let (bound, key) = match (self.max_rejects, self.max_ratio) {
            (Some(most), _) if rejected > most => (most.to_string(), "max_rejects"),
            (_, Some(most)) if at_the_end && share > most => (most.to_string(), "max_reject_ratio"),
            _ => return Ok(()),
        };
        let why = format!(
            "{rejected} of {read} rows cannot land, and `{key}` is {bound}; {}",
            reasons.most_frequent()
        );
        Err(Error::new(Code::TooManyRejects, why).help(format!(
            "nothing was changed; mend the rows or the mapping, or raise `{key}`"
        )))
    }
}

/// The same with the place in a file, which the row is found by.
fn placed(error: &Error, masked: &HashSet<&str>) -> String {
    let (why, at) = (seen(error, masked), &error.report().at);
    match at.row.as_ref().filter(|_| at.file.is_some()) {
        Some(place) => format!("{place}: {why}"),
        None => why.to_owned(),
    }
}

/// Why a value cannot be read, as far as it may be shown.
fn seen<'a>(error: &'a Error, masked: &HashSet<&str>) -> &'a str {
    let report = error.report();
    match &report.at.column {
        Some(column) if masked.contains(column.as_str()) => "the value cannot be read; it is masked and not shown",
        _ => report.why.as_str(),
    }
}

/// An error as it may be shown: without a masked value that cannot be read.
pub(crate) fn veiled(error: Error, masked: &HashSet<&str>) -> Error {
    let report = error.report();
    let of_source = matches!(
        report.code,
        Code::InvalidData(Side::Source) | Code::ValueOutOfRange(Side::Source)
    );
    let Some(column) = report.at.column.as_deref().filter(|column| masked.contains(column)) else {
        return error;
    };
    if !of_source {
        return error;
    }
    let mut shown = Error::new(report.code, seen(&error, masked)).column(column);
    if let Some(row) = &report.at.row {
        shown = shown.row(row);
    }
    match &report.help {
        Some(help) => shown.help(help),
        None => shown,
    }
}

/// Why rows were rejected, and how often.
#[derive(Default)]
pub(crate) struct Reasons {
    pub(crate) count: u64,
    by: HashMap<String, u64>,
    /// How often each row has been met: the same row twice is two rejects.
    met: HashMap<u64, u64>,
}

impl Reasons {
    /// Counts some, and tells rows that are the same apart.
    pub(crate) fn add(&mut self, rejects: &mut [Reject]) {
        for reject in rejects {
            self.count += 1;
            let column = reject.column.as_deref().unwrap_or("the row");
            *self.by.entry(format!("{} in {column}", reject.code)).or_default() += 1;
            let times = self
                .met
                .entry(u64::from_str_radix(&reject.id, 16).unwrap_or_default())
                .or_default();
            *times += 1;
            if *times > 1 {
                reject.id = format!("{}-{times}", reject.id);
            }
        }
    }

    pub(crate) fn most_frequent(&self) -> String {
        let mut reasons: Vec<_> = self.by.iter().collect();
        reasons.sort_by(|one, other| other.1.cmp(one.1).then(one.0.cmp(other.0)));
        let named: Vec<String> = reasons
            .iter()
            .take(3)
            .map(|(reason, times)| format!("{times} times {reason}"))
            .collect();
        named.join(", ")
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = Vec::with_capacity(bytes.len() * 2);
    syncapp_values::write_hex(bytes, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// Whether an error is about a row, not about the system or the stream.
pub(crate) fn is_about_a_row(error: &Error) -> bool {
    matches!(
        error.code(),
        Code::CastFailed
            | Code::ExpressionFailed
            | Code::NullKey
            | Code::ValueOutOfRange(Side::Destination)
            | Code::InvalidData(Side::Destination)
            | Code::TooLarge(Side::Destination)
            | Code::ConstraintViolated(Side::Destination)
    )
}
