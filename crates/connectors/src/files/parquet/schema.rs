//! Between Parquet's types and the model's: what Arrow's own conversion leaves out, which is UUID and JSON.

use std::sync::Arc;

use arrow_schema::{Field, Schema};
use parquet::arrow::ArrowSchemaConverter;
use parquet::basic::{ConvertedType, LogicalType};
use parquet::schema::types::{SchemaDescriptor, Type, TypePtr};
use syncapp_model::{Code, DataType, Error, Extension, Result, Side};

/// The type of each column of a file; an error names the first that has none in the model.
pub(super) fn types(arrow: &Schema, parquet: &SchemaDescriptor) -> Result<Vec<DataType>> {
    let typed = arrow.fields().iter().enumerate().map(|(root, field)| {
        let leaf = (0..parquet.num_columns())
            .find(|leaf| parquet.get_column_root_idx(*leaf) == root)
            .map(|leaf| parquet.column(leaf));
        let logical = leaf.as_ref().and_then(|leaf| leaf.logical_type_ref());
        let converted = leaf.as_ref().map(|leaf| leaf.converted_type());
        // Arrow reads Parquet's months, days and milliseconds and forgets the months.
        let interval = converted == Some(ConvertedType::INTERVAL);
        DataType::of(&mark(field, logical))
            .filter(|_| !interval)
            .ok_or_else(|| {
                let what = if interval {
                    "INTERVAL".to_owned()
                } else {
                    field.data_type().to_string()
                };
                Error::new(
                    Code::NotAvailable,
                    format!("Parquet columns of type {what} cannot be read yet"),
                )
                .column(field.name())
                .help("write the column as another type")
            })
    });
    typed.collect()
}

/// The field with the extension that the leaf's logical type stands for, inside lists too.
fn mark(field: &Field, logical: Option<&LogicalType>) -> Field {
    use arrow_schema::DataType as Arrow;
    if Extension::of(field).is_some() {
        return field.clone();
    }
    match (field.data_type(), logical) {
        (Arrow::List(item), _) => {
            let item = Arc::new(mark(item, logical));
            field.clone().with_data_type(Arrow::List(item))
        }
        (Arrow::LargeList(item), _) => {
            let item = Arc::new(mark(item, logical));
            field.clone().with_data_type(Arrow::LargeList(item))
        }
        (Arrow::FixedSizeBinary(16), Some(LogicalType::Uuid)) => Extension::Uuid.on(field.clone()),
        (Arrow::Utf8 | Arrow::LargeUtf8 | Arrow::Utf8View, Some(LogicalType::Json)) => {
            Extension::Json.on(field.clone())
        }
        _ => field.clone(),
    }
}

/// The Parquet schema of a file that is written, with UUID and JSON said.
pub(super) fn of_target(schema: &Schema, types: &[DataType]) -> Result<SchemaDescriptor> {
    let failed = |problem: parquet::errors::ParquetError| {
        Error::new(
            Code::TypeMismatch(Side::Destination),
            "the columns make no Parquet schema",
        )
        .driver(problem)
    };
    let plain = ArrowSchemaConverter::new().convert(schema).map_err(failed)?;
    let root = plain.root_schema();
    let fields: Result<Vec<TypePtr>, _> = root
        .get_fields()
        .iter()
        .zip(types)
        .map(|(node, ty)| logical(node, ty))
        .collect();
    let root = Type::group_type_builder(root.name())
        .with_fields(fields.map_err(failed)?)
        .build()
        .map_err(failed)?;
    Ok(SchemaDescriptor::new(Arc::new(root)))
}

fn logical(node: &TypePtr, ty: &DataType) -> Result<TypePtr, parquet::errors::ParquetError> {
    let info = node.get_basic_info();
    if let Type::GroupType { fields, .. } = node.as_ref() {
        let ty = match ty {
            // The list's own group holds a repeated group, which holds the items.
            DataType::List(item) if info.logical_type_ref().is_none() => item,
            _ => ty,
        };
        let fields: Result<Vec<_>, _> = fields.iter().map(|field| logical(field, ty)).collect();
        let group = Type::group_type_builder(node.name())
            .with_repetition(info.repetition())
            .with_converted_type(info.converted_type())
            .with_logical_type(info.logical_type_ref().cloned())
            .with_fields(fields?);
        return group.build().map(Arc::new);
    }
    let mut innermost = ty;
    while let DataType::List(item) = innermost {
        innermost = item;
    }
    let (logical, converted, length) = match innermost {
        DataType::Uuid => (LogicalType::Uuid, ConvertedType::NONE, 16),
        DataType::Json => (LogicalType::Json, ConvertedType::JSON, -1),
        _ => return Ok(node.clone()),
    };
    Type::primitive_type_builder(node.name(), node.get_physical_type())
        .with_repetition(info.repetition())
        .with_converted_type(converted)
        .with_logical_type(Some(logical))
        .with_length(length)
        .build()
        .map(Arc::new)
}
