//! Values that the source could not read: NULL where `on_error: null` says so, else their rows are set aside.
//!
//! The mapping reads such a value as NULL. Invariant: a row that `where` leaves out is not set aside, unless `where` reads
//! what could not be read.

use arrow_array::{Array, BooleanArray, RecordBatch};
use syncapp_connector::{Marked, Reject, Unread, UnreadCell};
use syncapp_model::sync_file::OnError;
use syncapp_model::{Error, Result};
use syncapp_transform::Program;

use crate::StreamPlan;
use crate::sift::{Policy, SetAside};

/// The rows of a batch that go on, and those that do not.
pub(crate) struct Sound {
    pub(crate) columns: RecordBatch,
    /// Which rows these are; all where none did not go on.
    pub(crate) rows: Option<BooleanArray>,
    pub(crate) rejected: Vec<SetAside>,
}

/// The column that could not be read.
pub(crate) fn column(cell: &UnreadCell) -> &str {
    cell.error.report().at.column.as_deref().unwrap_or_default()
}

impl Policy {
    /// How many values of a batch become NULL; fails where one of them may not.
    pub(crate) fn nulled(&self, plan: &StreamPlan, marked: &Marked) -> Result<u64> {
        if self.on_error == OnError::Reject {
            return Ok(0);
        }
        let strict = |cell: &&UnreadCell| {
            let column = column(cell);
            let mapped = plan.mapping.columns().iter();
            let mut lands = mapped.filter(|mapped| mapped.source.as_deref() == Some(column));
            // What the source declares as NOT NULL is so for all that is computed from it.
            let declared = plan.spec.column(column).is_some_and(|column| !column.nullable);
            declared || plan.cursor.as_deref() == Some(column) || lands.any(|mapped| self.takes_no_null(&mapped.name))
        };
        match marked.cells.iter().find(strict) {
            Some(cell) => Err(cell.error.clone()),
            None => Ok(marked.cells.len() as u64),
        }
    }

    /// Takes rows out that could not be read. `places` are those of what the program reads.
    pub(crate) fn sound(
        &self,
        plan: &StreamPlan,
        program: &Program,
        marked: &Marked,
        places: Option<&[usize]>,
    ) -> Result<Sound> {
        let mut rejected = Vec::new();
        if marked.cells.is_empty() || self.on_error != OnError::Reject {
            return Ok(Sound {
                columns: project(&marked.columns, places)?,
                rows: None,
                rejected,
            });
        }
        for cells in marked.cells.chunk_by(|one, other| one.row == other.row) {
            let row = project(&marked.columns.slice(cells[0].row, 1), places)?;
            if stays(program, &row, cells) {
                let reject = self.misread(plan, &row, cells)?;
                rejected.push(SetAside::new(cells[0].row, reject, &cells[0].error));
            }
        }
        let rows = marked.sound();
        let sound = marked.filter(&rows)?;
        Ok(Sound {
            columns: project(&sound.columns, places)?,
            rows: Some(rows),
            rejected,
        })
    }

    /// Rows whose cursor is NULL or could not be read, as they are kept.
    pub(crate) fn placeless(
        &self,
        plan: &StreamPlan,
        marked: &Marked,
        error: &Error,
        places: Option<&[usize]>,
    ) -> Result<Vec<Reject>> {
        let mut rejected = Vec::new();
        for at in 0..marked.columns.num_rows() {
            let row = project(&marked.columns.slice(at, 1), places)?;
            let cells: Vec<_> = marked.cells.iter().filter(|cell| cell.row == at).cloned().collect();
            rejected.push(if cells.is_empty() {
                self.reject(plan, &row, error)?
            } else {
                self.misread(plan, &row, &cells)?
            });
        }
        Ok(rejected)
    }
}

/// Whether the program's `where` keeps a row in which these values could not be read.
pub(crate) fn stays(program: &Program, row: &RecordBatch, cells: &[UnreadCell]) -> bool {
    let reads = program.filters_by().unwrap_or_default();
    let told = !cells.iter().any(|cell| reads.contains(&column(cell)));
    // What cannot be said of a row does not leave it out.
    !(told && program.kept(row, 1).is_ok_and(|kept| kept.is_some()))
}

/// Fails unless a run that reads these columns by their typed form meets these errors: what travels as the system's bytes
/// lands as it is.
pub(crate) fn met_by_a_run<'a>(mut errors: impl Iterator<Item = &'a Error>, typed: &[String]) -> Result<()> {
    let lands = |error: &&Error| match &error.report().at.column {
        Some(column) => !typed.contains(column),
        None => false,
    };
    errors.find(lands).map_or(Ok(()), |error| Err(error.clone()))
}

/// Why the first of some rows cannot be read, where that ends the reading.
pub(crate) fn of_first(rows: &[Unread]) -> Error {
    let first = rows.first().map(|row| row.error.clone());
    first.unwrap_or_else(|| Error::internal("no row came as unread"))
}

/// The rows that have a value in a column, and those that have none.
pub(crate) fn by_value(marked: &Marked, column: usize) -> Result<(Marked, Marked)> {
    let values = marked.columns.column(column);
    let part = |null: bool| {
        let rows = (0..values.len()).map(|row| Some(values.is_null(row) == null));
        marked.filter(&rows.collect::<BooleanArray>())
    };
    Ok((part(false)?, part(true)?))
}

fn project(batch: &RecordBatch, places: Option<&[usize]>) -> Result<RecordBatch> {
    match places {
        Some(places) => batch
            .project(places)
            .map_err(|problem| Error::internal(problem.to_string())),
        None => Ok(batch.clone()),
    }
}
