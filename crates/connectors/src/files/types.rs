//! The types of files, named by their format: `csv:int64`.

use syncapp_model::{DataType, NativeType};

use super::format::Format;
use super::parquet;

/// The type that a format carries a type as.
pub(super) fn carried(format: Format, ty: &DataType) -> DataType {
    match format {
        Format::Csv | Format::Ndjson => ty.clone(),
        Format::Parquet => parquet::carried(ty),
    }
}

/// A type by its name in a format. No system shares a file's bytes, so none is portable.
pub(super) fn native(format: Format, ty: &DataType) -> NativeType {
    NativeType {
        system: super::ID.to_owned(),
        name: format!("{}:{ty}", format.word()),
    }
}
