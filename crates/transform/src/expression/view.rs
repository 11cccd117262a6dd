//! How expressions see source columns.
//!
//! DataFusion has no word for some of the model's types: UUIDs and JSON documents appear as text, and a `decimal` without
//! bounds as `decimal(38,10)`, where a value that does not fit is an error of its row.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::{Schema, SchemaRef};
use syncapp_model::{Column, DataType};

use crate::cast::{self, CastError};

/// The type that an expression sees.
fn seen(ty: &DataType) -> DataType {
    match ty {
        DataType::Uuid | DataType::Json => DataType::String,
        DataType::BigDecimal => DataType::Decimal {
            precision: 38,
            scale: 10,
        },
        DataType::List(item) => DataType::List(Box::new(seen(item))),
        other => other.clone(),
    }
}

/// The schema that an expression is planned against: the columns that it reads.
pub(super) fn schema(source: &[Column], columns: &[usize]) -> SchemaRef {
    let fields = columns.iter().map(|at| {
        let column = &source[*at];
        seen(&column.ty).field(&name(&column.name), column.nullable)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// A column's name in the schema. DataFusion takes names that begin with `@` for variables, quoted or not.
pub(super) fn name(column: &str) -> String {
    if column.starts_with('@') {
        format!("column {column}")
    } else {
        column.to_owned()
    }
}

/// A source column as an expression sees it.
pub(super) fn show(array: &ArrayRef, ty: &DataType) -> Result<ArrayRef, CastError> {
    match ty {
        // The text is the same: only the field's extension differs.
        DataType::Json => Ok(Arc::clone(array)),
        _ => cast::cast(array, ty, &seen(ty)),
    }
}
