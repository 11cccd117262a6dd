//! The type of columns that declare none, from all their values.
//!
//! Integers are `int64`, reals `float64`, texts `string`, blobs `binary`. Integers among reals are `float64` where all
//! of them lie within ±2^53, else `decimal`. Numbers among texts make a `string`, spelled as SQLite would. Nothing but
//! NULL is a `string`. Blobs among others are `string` too: reading such a row is an error that names it.

use rusqlite::{Connection, Row};
use syncapp_model::DataType;

use super::sql::joined;
use super::types::{Declared, meaning};

/// The storage classes that a column holds.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "a set of SQLite's storage classes")]
struct Classes {
    integer: bool,
    /// An integer that no float names exactly.
    large: bool,
    real: bool,
    text: bool,
    blob: bool,
}

impl Classes {
    fn data_type(self) -> DataType {
        match self {
            Self {
                text: false,
                blob: false,
                real: false,
                integer: true,
                ..
            } => DataType::Int64,
            Self {
                text: false,
                blob: false,
                real: true,
                large: false,
                ..
            } => DataType::Float64,
            Self {
                text: false,
                blob: false,
                real: true,
                large: true,
                ..
            } => DataType::BigDecimal,
            Self {
                text: false,
                blob: true,
                real: false,
                integer: false,
                ..
            } => DataType::Binary,
            _ => DataType::String,
        }
    }

    fn only_numbers(self) -> bool {
        (self.integer || self.real) && !self.text && !self.blob
    }
}

/// The types of columns, given by their SQL and their declarations; one pass over `from` where any is open.
pub(super) fn types(
    connection: &Connection,
    from: &str,
    columns: &[(String, String)],
) -> rusqlite::Result<Vec<DataType>> {
    let meanings: Vec<Declared> = columns.iter().map(|(_, declared)| meaning(declared)).collect();
    let open: Vec<&String> = meanings
        .iter()
        .zip(columns)
        .filter(|(meaning, _)| !matches!(meaning, Declared::Is(_)))
        .map(|(_, (sql, _))| sql)
        .collect();
    let mut classes = classes(connection, from, &open)?.into_iter();
    Ok(meanings
        .into_iter()
        .map(|meaning| match meaning {
            Declared::Is(ty) => ty,
            Declared::UnlessNumbers(ty) => match classes.next().unwrap_or_default() {
                found if found.only_numbers() => found.data_type(),
                _ => ty,
            },
            Declared::Nothing => classes.next().unwrap_or_default().data_type(),
        })
        .collect())
}

fn classes(connection: &Connection, from: &str, columns: &[&String]) -> rusqlite::Result<Vec<Classes>> {
    let mut all = Vec::new();
    // Five results a column, and SQLite's bound is two thousand.
    for columns in columns.chunks(300) {
        let results = joined(columns, ", ", |column| {
            let class = |word: &str| format!("max(typeof({column}) = '{word}')");
            let large = format!(
                "max(typeof({column}) = 'integer' AND {column} NOT BETWEEN -9007199254740992 AND 9007199254740992)"
            );
            [class("integer"), large, class("real"), class("text"), class("blob")].join(", ")
        });
        let sql = format!("SELECT {results} FROM {from}");
        all.extend(connection.query_row(&sql, [], |row| {
            (0..columns.len())
                .map(|column| read(row, column * 5))
                .collect::<rusqlite::Result<Vec<_>>>()
        })?);
    }
    Ok(all)
}

fn read(row: &Row<'_>, at: usize) -> rusqlite::Result<Classes> {
    let any = |at: usize| row.get::<_, Option<bool>>(at).map(Option::unwrap_or_default);
    Ok(Classes {
        integer: any(at)?,
        large: any(at + 1)?,
        real: any(at + 2)?,
        text: any(at + 3)?,
        blob: any(at + 4)?,
    })
}
