//! Where rows wait for their commit: a table in a private temporary database, which SQLite deletes with the
//! connection. Its columns are `c0`, `c1`…, with the affinities of the target's.

use arrow_array::RecordBatch;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, Statement};
use syncapp_connector::Target;
use syncapp_model::{Code, DataType, Error, Result, Side};

use super::error::At;
use super::sql::{STAGE, joined};
use super::target::Plan;
use super::types::Affinity;
use crate::cells::{Cell, Cells, Wrong};

/// The staging table.
pub(super) fn table() -> String {
    format!("{STAGE}.rows")
}

/// Makes the staging table and opens the transaction that fills it; it locks nothing but itself.
pub(super) fn open(connection: &Connection, target: &Target, plan: &Plan) -> Result<()> {
    // A commit that is tried again has to find the rows as they came.
    let journal = if plan.sets_aside(target) { "DELETE" } else { "OFF" };
    let columns = joined(plan.columns.iter().enumerate(), ", ", |(at, column)| {
        format!("c{at} {}", Affinity::of(&column.declared).name())
    });
    let sql = format!(
        "ATTACH '' AS {STAGE};
         PRAGMA {STAGE}.journal_mode = {journal}; PRAGMA {STAGE}.synchronous = OFF; PRAGMA {STAGE}.cache_size = -16384;
         CREATE TABLE {} ({columns});
         BEGIN",
        table()
    );
    connection.execute_batch(&sql).writing()
}

/// The statement that adds one row.
pub(super) fn insert(connection: &Connection, columns: usize) -> Result<Statement<'_>> {
    let values = joined(1..=columns, ", ", |at| format!("?{at}"));
    connection
        .prepare(&format!("INSERT INTO {} VALUES ({values})", table()))
        .writing()
}

/// A value as it is bound.
struct Stored<'a>(Cell<'a>);

impl ToSql for Stored<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Cell::Null => ValueRef::Null,
            Cell::Integer(value) | Cell::Micros(value) => ValueRef::Integer(value),
            Cell::Days(value) => ValueRef::Integer(value.into()),
            Cell::Real(value) => ValueRef::Real(value),
            Cell::Text(value) => ValueRef::Text(value),
            Cell::Blob(value) => ValueRef::Blob(value),
        }))
    }
}

/// A cell of a table, in a column of REAL affinity or another. SQLite would store NaN as NULL, and in a column of REAL
/// affinity −0.0 as 0.0.
fn stored<'a>(cells: &'a Cells<'a>, row: usize, real: bool, scratch: &'a mut String) -> Result<Stored<'a>, Wrong> {
    match cells.cell(row, scratch)? {
        Cell::Real(value) if value.is_nan() => Err(Wrong("NaN, which would become NULL")),
        Cell::Real(value) if real && value == 0.0 && value.is_sign_negative() => {
            Err(Wrong("negative zero, which would become zero in a column declared so"))
        }
        cell => Ok(Stored(cell)),
    }
}

/// Whether SQLite can hold every value of a batch.
pub(super) fn check(target: &Target, plan: &Plan, batch: &RecordBatch) -> Result<()> {
    let mut scratch = String::new();
    for ((array, column), planned) in batch.columns().iter().zip(&target.columns).zip(&plan.columns) {
        let cells = Cells::of(array.as_ref(), &column.ty)?;
        let real = Affinity::of(&planned.declared) == Affinity::Real;
        for row in 0..batch.num_rows() {
            stored(&cells, row, real, &mut scratch).map_err(|wrong| {
                let why = format!("SQLite cannot hold the value: it is {}", wrong.0);
                Error::new(Code::ValueOutOfRange(Side::Destination), why)
                    .column(&column.name)
                    .row(row + 1)
            })?;
        }
    }
    Ok(())
}

/// Adds all rows of a batch behind the `before` rows that came earlier. SQLite has a copy of each value that is bound: the
/// batch goes before its last row is added, which makes it large where it is.
pub(super) fn fill(
    insert: &mut Statement<'_>,
    target: &Target,
    plan: &Plan,
    batch: RecordBatch,
    before: u64,
) -> Result<()> {
    if batch.num_columns() != target.columns.len() {
        return Err(Error::internal(format!(
            "a batch of {} columns came for a table of {}",
            batch.num_columns(),
            target.columns.len()
        )));
    }
    let mut cells = Vec::with_capacity(batch.num_columns());
    for (array, column) in batch.columns().iter().zip(&target.columns) {
        cells.push(Cells::of(array.as_ref(), &column.ty).map_err(|error| error.column(&column.name))?);
    }
    let keys: Vec<usize> = (0..cells.len())
        .filter(|at| target.primary_key.contains(&target.columns[*at].name) && batch.column(*at).null_count() > 0)
        .collect();
    let affinities: Vec<Affinity> = plan
        .columns
        .iter()
        .map(|column| Affinity::of(&column.declared))
        .collect();
    let mut scratch = String::new();
    for row in 0..batch.num_rows() {
        if row > 0 {
            insert.raw_execute().writing()?;
        }
        let here = |code, at: usize, why: String| {
            let (name, number) = (&target.columns[at].name, before + row as u64 + 1);
            Error::new(code, why)
                .stream(&target.key.stream)
                .column(name)
                .row(number)
        };
        if let Some(at) = keys.iter().find(|at| cells[**at].is_null(row)) {
            return Err(here(Code::NullKey, *at, "the key is NULL".into())
                .help("choose a key whose columns are never NULL, or leave the row out with `where`"));
        }
        for (at, cells) in cells.iter().enumerate() {
            let real = affinities[at] == Affinity::Real;
            let stored = stored(cells, row, real, &mut scratch).map_err(|wrong| {
                here(
                    Code::ValueOutOfRange(Side::Destination),
                    at,
                    format!("SQLite cannot hold the value: it is {}", wrong.0),
                )
            })?;
            insert.raw_bind_parameter(at + 1, &stored).writing()?;
        }
    }
    let rows = batch.num_rows();
    drop(cells);
    drop(batch);
    if rows > 0 {
        insert.raw_execute().writing()?;
    }
    Ok(())
}

/// The name of a target column in the staging table.
pub(super) fn column(target: &Target, name: &str) -> Result<(String, DataType)> {
    let at = target
        .columns
        .iter()
        .position(|column| column.name == name)
        .ok_or_else(|| {
            Error::new(Code::UnknownColumn, format!("the target has no column `{name}`")).stream(&target.key.stream)
        })?;
    Ok((format!("c{at}"), target.columns[at].ty.clone()))
}
