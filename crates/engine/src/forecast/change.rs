//! One row that a run would change, as it is shown.

use arrow_array::Array;
use serde::Serialize;
use serde_json::{Map, Value};
use syncapp_model::{DataType, Result};
use syncapp_values::Texts;

use super::columns::Columns;
use crate::compare::Row;

/// What a value of a masked column shows, where it is the target's.
const MASKED: &str = "***";

/// What a run would do with one row of the target.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// What becomes of it.
    #[serde(rename = "change")]
    pub kind: Kind,
    /// The key's columns and their values as text; empty where there is no key.
    pub key: Map<String, Value>,
    /// The whole row: as it is inserted, or as it was. An update has none.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub row: Map<String, Value>,
    /// Of an update, what differs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<Cell>,
}

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It is new.
    Insert,
    /// It changes; in a history a new version begins.
    Update,
    /// It goes.
    Delete,
    /// It stays and is marked as gone.
    Mark,
    /// In a history, its version ends.
    End,
}

/// One value that differs.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    /// The target's column.
    pub column: String,
    /// As it is: text, or null.
    pub old: Value,
    /// As it becomes.
    pub new: Value,
}

/// Shows rows of some columns.
pub(super) struct Shown<'a> {
    pub(super) columns: &'a Columns,
    /// Places of the key's columns.
    pub(super) key: &'a [usize],
}

impl Shown<'_> {
    /// A row that comes or goes.
    pub(super) fn whole(&self, kind: Kind, row: &Row<'_>) -> Result<Change> {
        let all: Vec<usize> = (0..self.columns.len()).collect();
        Ok(Change {
            kind,
            key: self.object(self.key, row, kind != Kind::Insert)?,
            row: self.object(&all, row, kind != Kind::Insert)?,
            cells: Vec::new(),
        })
    }

    /// A row that changes.
    pub(super) fn update(&self, new: &Row<'_>, old: &Row<'_>) -> Result<Change> {
        let cells = new.differs(old).into_iter().map(|at| {
            Ok(Cell {
                column: self.columns.name(at).to_owned(),
                old: self.value(at, old, true)?,
                new: self.value(at, new, false)?,
            })
        });
        Ok(Change {
            kind: Kind::Update,
            key: self.object(self.key, new, false)?,
            row: Map::new(),
            cells: cells.collect::<Result<_>>()?,
        })
    }

    fn object(&self, places: &[usize], row: &Row<'_>, present: bool) -> Result<Map<String, Value>> {
        let values = places
            .iter()
            .map(|at| Ok((self.columns.name(*at).to_owned(), self.value(*at, row, present)?)));
        values.collect()
    }

    /// A value as text. What stands in the target may come from a time before its column was masked.
    fn value(&self, at: usize, row: &Row<'_>, present: bool) -> Result<Value> {
        let array = row.value(at)?;
        if array.is_null(0) {
            return Ok(Value::Null);
        }
        if present && self.columns.masked(at) {
            return Ok(MASKED.into());
        }
        let mut text = Vec::new();
        Texts::of(array.as_ref(), self.columns.ty(at).unwrap_or(&DataType::Binary)).write(0, &mut text);
        Ok(String::from_utf8_lossy(&text).into_owned().into())
    }
}
