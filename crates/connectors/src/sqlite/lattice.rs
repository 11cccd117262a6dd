//! SQLite's part of the type lattice.

use syncapp_connector::{Landing, TypeTable};
use syncapp_model::DataType;

use super::types::{Declared, declare, meaning};

/// Types as users declare them.
const READS: [&str; 18] = [
    "INTEGER",
    "INT",
    "BIGINT",
    "REAL",
    "DOUBLE PRECISION",
    "DECIMAL(10,2)",
    "NUMERIC",
    "TEXT",
    "VARCHAR(20)",
    "BLOB",
    "BOOLEAN",
    "DATE",
    "TIME",
    "DATETIME",
    "TIMESTAMP",
    "TIMESTAMPTZ",
    "UUID",
    "JSON",
];

/// Its part of the lattice. A column that declares nothing has the type of its values.
pub(super) fn table() -> TypeTable {
    let known = READS.iter().filter_map(|name| Some(((*name).to_owned(), told(name)?)));
    TypeTable {
        name: "SQLite",
        reads: known.collect(),
        lands: |ty| Some(lands(ty)),
        losses: Vec::new(),
    }
}

fn lands(ty: &DataType) -> Landing {
    let native = declare(ty);
    Landing {
        ty: told(&native).unwrap_or(DataType::String),
        native,
    }
}

fn told(declared: &str) -> Option<DataType> {
    match meaning(declared) {
        Declared::Is(ty) | Declared::UnlessNumbers(ty) => Some(ty),
        Declared::Nothing => None,
    }
}
