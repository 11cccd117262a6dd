//! What a source says of its streams: names, columns, keys.

use arrow_schema::Field;
use serde::{Deserialize, Serialize};

use crate::StreamName;
use crate::types::{DataType, Extension};

/// A type by the name its own system gives it: `numeric(15,2)` of `postgres`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NativeType {
    /// The connector's id.
    pub system: String,
    /// The type, spelled canonically by that system, modifiers included.
    pub name: String,
}

impl NativeType {
    pub(crate) fn to_metadata(&self) -> String {
        format!("{}:{}", self.system, self.name)
    }

    pub(crate) fn from_metadata(text: &str) -> Option<Self> {
        let (system, name) = text.split_once(':')?;
        Some(Self {
            system: system.into(),
            name: name.into(),
        })
    }
}

/// A column of a stream or of a target table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// As the system spells it, unquoted.
    pub name: String,
    /// The type that SyncApp carries it as.
    pub ty: DataType,
    /// The type in the system's own words.
    pub native: NativeType,
    /// Whether the system's wire bytes of this type mean the same in every database of that system, so that they may
    /// travel as they are. False for user-defined types.
    pub portable: bool,
    /// Whether NULL may stand in it.
    pub nullable: bool,
}

impl Column {
    /// The Arrow field of the column: its typed form, or its native bytes.
    pub fn field(&self, native: bool) -> Field {
        if native {
            let field = Field::new(&self.name, arrow_schema::DataType::Binary, self.nullable);
            Extension::Native(self.native.clone()).on(field)
        } else {
            self.ty.field(&self.name, self.nullable)
        }
    }
}

/// What kind of thing a stream is in its system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamKind {
    /// A table that holds its rows.
    Table,
    /// A table whose rows lie in partitions.
    Partitioned,
    /// A partition of another stream: globs pass it by.
    Partition,
    /// A view, materialised or not.
    View,
    /// A table whose rows lie in another system.
    Foreign,
    /// The user's own query.
    Query,
    /// A file or a set of files.
    File,
}

impl StreamKind {
    /// Whether a glob matches streams of this kind; the others are reached by their exact names.
    pub fn globbed(self) -> bool {
        matches!(self, Self::Table | Self::Partitioned | Self::File)
    }
}

/// A stream as discovered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamSpec {
    /// Its full name.
    pub name: StreamName,
    /// What it is.
    pub kind: StreamKind,
    /// Columns in the system's order.
    pub columns: Vec<Column>,
    /// Names of the primary key's columns, in key order; empty where there is none.
    pub primary_key: Vec<String>,
    /// The system's own guess at the number of rows.
    pub estimated_rows: Option<u64>,
}

impl StreamSpec {
    /// The name as users write it: of a file its path, of everything else the name with its namespace.
    pub fn label(&self) -> String {
        match self.kind {
            StreamKind::File => self.name.name.clone(),
            _ => self.name.to_string(),
        }
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}
