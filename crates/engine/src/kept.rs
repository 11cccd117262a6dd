//! A rejected row as it is kept: a JSON object of the source columns that the mapping reads.
//!
//! Values are spelled by [`syncapp_values::Json`], which loses nothing. What JSON cannot say is an object with one member
//! of SyncApp's own: the system's bytes, where a column comes only so, and a document that is JSON's `null` or looks like
//! such an object itself, and a value that could not be read, in words. A value of a masked column is not kept.

use std::collections::HashSet;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray, new_null_array};
use arrow_schema::DataType as Arrow;
use indexmap::IndexMap;
use serde_json::value::RawValue;
use syncapp_connector::Remains;
use syncapp_model::{Code, DataType, Error, Result, Side};
use syncapp_transform::{Program, read_json};
use syncapp_values::{Json, write_hex};

use crate::StreamPlan;

/// What a value of a masked column shows.
const MASKED: &str = "\"***\"";
/// The member that holds a system's bytes in hex.
const NATIVE: &str = "syncapp.native";
/// The only column of a row whose columns could not be told apart.
pub(crate) const TEXT: &str = "syncapp.text";
/// The member that holds what could not be read, in words.
const UNREAD: &str = "syncapp.unread";
/// The member that holds a document as it is.
const DOCUMENT: &str = "syncapp.json";

/// How rows of a stream are kept.
pub(crate) struct Keeping {
    /// For each column that is read: its name, and whether it may be shown.
    shown: Vec<(String, bool)>,
    /// Places of the key's columns among those that are read; none where the key is not copied from there.
    key: Option<Vec<usize>>,
}

impl Keeping {
    /// As a stream's program reads them.
    pub(crate) fn of(plan: &StreamPlan, program: &Program) -> Self {
        let masked = plan.mapping.masked();
        let reads = program.reads();
        let shown = reads
            .iter()
            .map(|read| (read.name.clone(), !masked.contains(read.name.as_str())));
        let mapped = plan.mapping.columns();
        let key = plan.primary_key.iter().map(|name| {
            let source = mapped.iter().find(|column| column.name == *name)?.source.as_ref()?;
            reads.iter().position(|read| read.name == *source && !read.native)
        });
        Self {
            shown: shown.collect(),
            key: key.collect(),
        }
    }

    /// A row of a batch as a JSON object; `unread` are values that could not be read, by their columns.
    pub(crate) fn row(&self, batch: &RecordBatch, row: usize, unread: &[(&str, &str)]) -> Result<String> {
        let mut object = Vec::new();
        let native = |at: usize| DataType::of(batch.schema_ref().field(at)).is_none();
        for (at, (name, _)) in self.shown.iter().enumerate() {
            let typed_too = |other: &usize| *other != at && self.shown[*other].0 == *name && !native(*other);
            if native(at) && (0..self.shown.len()).any(|other| typed_too(&other)) {
                continue;
            }
            object.push(if object.is_empty() { b'{' } else { b',' });
            let named = serde_json::to_vec(name).map_err(|problem| Error::internal(problem.to_string()))?;
            object.extend(named);
            object.push(b':');
            match unread.iter().find(|(column, _)| column == name) {
                Some((_, text)) if self.shown[at].1 && !native(at) => {
                    let text = serde_json::to_string(text).map_err(|problem| Error::internal(problem.to_string()))?;
                    object.extend(format!("{{\"{UNREAD}\":{text}}}").bytes());
                }
                _ => self.value(batch, at, row, &mut object)?,
            }
        }
        if object.is_empty() {
            object.push(b'{');
        }
        object.push(b'}');
        Ok(String::from_utf8_lossy(&object).into_owned())
    }

    /// The values of the key's columns, where the key is copied from the source.
    pub(crate) fn row_key(&self, batch: &RecordBatch, row: usize) -> Result<Option<String>> {
        let Some(key) = self.key.as_ref().filter(|key| !key.is_empty()) else {
            return Ok(None);
        };
        let mut list = Vec::new();
        for at in key {
            list.push(if list.is_empty() { b'[' } else { b',' });
            self.value(batch, *at, row, &mut list)?;
        }
        list.push(b']');
        Ok(Some(String::from_utf8_lossy(&list).into_owned()))
    }

    /// For each column that is read, whether it may be shown.
    pub(crate) fn shown(&self) -> Vec<bool> {
        self.shown.iter().map(|(_, shown)| *shown).collect()
    }

    /// Whether a source column is part of the key.
    pub(crate) fn is_key(&self, column: &str) -> bool {
        let key = self.key.iter().flatten();
        key.into_iter().any(|at| self.shown[*at].0 == column)
    }

    /// Whether the key says which row it is.
    pub(crate) fn tells(&self) -> bool {
        let key = self.key.as_ref().filter(|key| !key.is_empty());
        key.is_some_and(|key| key.iter().all(|at| self.shown[*at].1))
    }

    fn value(&self, batch: &RecordBatch, at: usize, row: usize, out: &mut Vec<u8>) -> Result<()> {
        let array = batch.column(at);
        match DataType::of(batch.schema_ref().field(at)) {
            _ if !self.shown[at].1 => out.extend_from_slice(MASKED.as_bytes()),
            Some(DataType::Json) => {
                let start = out.len();
                Json::of(array.as_ref(), &DataType::Json).write(row, out);
                let document = String::from_utf8_lossy(&out[start..]).into_owned();
                if array.is_valid(row) && (document.trim() == "null" || member(&document).is_some()) {
                    out.truncate(start);
                    out.extend(format!("{{\"{DOCUMENT}\":{document}}}").bytes());
                }
            }
            Some(ty) => Json::of(array.as_ref(), &ty).write(row, out),
            None if array.is_null(row) => out.extend_from_slice(b"null"),
            None if *array.data_type() == Arrow::Binary => {
                let bytes = array.as_binary::<i32>().value(row);
                out.extend(format!("{{\"{NATIVE}\":\"").bytes());
                write_hex(bytes, out);
                out.extend_from_slice(b"\"}");
            }
            None => {
                let why = format!("a column of {} cannot be kept", array.data_type());
                return Err(Error::internal(why));
            }
        }
        Ok(())
    }
}

/// What is kept of a row that could not be read. A text may hold any column's value.
pub(crate) fn remains(remains: &Remains, masked: &HashSet<&str>) -> Result<String> {
    let failed = |problem: serde_json::Error| Error::internal(problem.to_string());
    match remains {
        Remains::Text(_) if !masked.is_empty() => Ok(format!("{{\"{TEXT}\":{MASKED}}}")),
        Remains::Text(text) => Ok(format!(
            "{{\"{TEXT}\":{}}}",
            serde_json::to_string(text).map_err(failed)?
        )),
        Remains::Columns(json) => {
            let mut row: IndexMap<String, Box<RawValue>> = serde_json::from_str(json).map_err(failed)?;
            for (name, value) in &mut row {
                if masked.contains(name.as_str()) {
                    *value = RawValue::from_string(MASKED.to_owned()).map_err(failed)?;
                }
            }
            serde_json::to_string(&row).map_err(failed)
        }
    }
}

/// A value that was kept.
#[derive(Debug)]
pub(crate) enum Cell {
    /// Its JSON.
    Value(String),
    /// A document that is there, even where it is JSON's `null`.
    Document(String),
    /// The system's bytes in hex.
    Native(String),
    /// It could not be read.
    Unread,
    /// It was masked.
    Masked,
}

/// SyncApp's own member of an object that has nothing else.
fn member(json: &str) -> Option<(String, Box<RawValue>)> {
    let object: IndexMap<String, Box<RawValue>> = serde_json::from_str(json).ok()?;
    let own = object.len() == 1
        && object
            .keys()
            .all(|name| [NATIVE, DOCUMENT, UNREAD].contains(&name.as_str()));
    object.into_iter().next().filter(|_| own)
}

/// The values of a row that was kept, by their columns.
pub(crate) fn cells(row: &str) -> Result<IndexMap<String, Cell>> {
    let damaged = |problem: serde_json::Error| Error::internal(format!("a rejected row cannot be read: {problem}"));
    let object: IndexMap<String, Box<RawValue>> = serde_json::from_str(row).map_err(damaged)?;
    let cell = |value: &RawValue| -> Result<Cell> {
        let json = value.get();
        Ok(match member(json) {
            _ if json == MASKED => Cell::Masked,
            Some((name, inner)) if name == NATIVE => Cell::Native(serde_json::from_str(inner.get()).map_err(damaged)?),
            Some((name, _)) if name == UNREAD => Cell::Unread,
            Some((_, inner)) => Cell::Document(inner.get().to_owned()),
            None => Cell::Value(json.to_owned()),
        })
    };
    object
        .iter()
        .map(|(name, value)| Ok((name.clone(), cell(value)?)))
        .collect()
}

impl Cell {
    /// The value as a column of one row.
    pub(crate) fn typed(&self, ty: &DataType) -> Result<ArrayRef> {
        match self {
            Self::Value(json) => read_json(json, ty),
            Self::Document(json) if *ty == DataType::Json => Ok(Arc::new(StringArray::from(vec![json.as_str()]))),
            Self::Document(json) => read_json(json, ty),
            Self::Native(_) => Err(Error::new(
                Code::InvalidData(Side::Source),
                "it was kept as the source's own bytes, which mean nothing to the mapping",
            )),
            Self::Unread => Err(Error::new(
                Code::InvalidData(Side::Source),
                "the source could not read it",
            )),
            Self::Masked => Err(Error::new(
                Code::InvalidData(Side::Source),
                "it is masked and was not kept",
            )),
        }
    }

    /// The value as the system's bytes, if it was kept so.
    pub(crate) fn native(&self) -> Result<Option<ArrayRef>> {
        Ok(match self {
            Self::Native(hex) => Some(read_json(&format!("\"{hex}\""), &DataType::Binary)?),
            Self::Value(json) if json == "null" => Some(new_null_array(&Arrow::Binary, 1)),
            _ => None,
        })
    }
}
