//! Types that only foreign files have, and the logical types that ours carry.

use std::fs::File;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, Date64Array, DictionaryArray, LargeStringArray, RecordBatch, StringViewArray, Time32SecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, UInt64Array,
};
use arrow_schema::{DataType as Arrow, Field, Fields, Schema};
use parquet::arrow::ArrowWriter;
use parquet::file::reader::{FileReader, SerializedFileReader};
use syncapp_model::{Code, DataType, Side};

use super::{Encoder, Reader, describe};
use crate::files::compress::Output;
use crate::files::encode::Encoder as _;
use crate::files::format::Compression;
use crate::files::read::{Limits, Reader as _};

fn file_of(array: ArrayRef) -> File {
    let file = tempfile::tempfile().unwrap();
    let schema = Arc::new(Schema::new(vec![Field::new("c", array.data_type().clone(), true)]));
    let mut writer = ArrowWriter::try_new(file.try_clone().unwrap(), schema.clone(), None).unwrap();
    writer
        .write(&RecordBatch::try_new(schema, vec![array]).unwrap())
        .unwrap();
    writer.close().unwrap();
    file
}

fn read(file: &File) -> syncapp_model::Result<RecordBatch> {
    let columns = describe(file, "t.parquet")?.0;
    let limits = Limits::new(100, 1 << 20);
    let mut reader = Reader::open(file.try_clone().unwrap(), "t.parquet", &columns, &[0], limits)?;
    Ok(reader.next()?.unwrap().columns)
}

#[test]
fn foreign_types_come_in_the_models_form() {
    let dictionary: DictionaryArray<Int32Type> = [Some("a"), None, Some("a")].into_iter().collect();
    for (array, ty) in [
        (
            Arc::new(UInt64Array::from(vec![Some(u64::MAX), None])) as ArrayRef,
            "decimal(20,0)",
        ),
        (
            Arc::new(TimestampNanosecondArray::from(vec![Some(-1_000), None])),
            "timestamp",
        ),
        (
            Arc::new(TimestampMillisecondArray::from(vec![1]).with_timezone("+02:00")),
            "timestamptz",
        ),
        (Arc::new(Time32SecondArray::from(vec![1, 86_399])), "time"),
        (Arc::new(Date64Array::from(vec![86_400_000])), "date"),
        (Arc::new(LargeStringArray::from(vec!["x"])), "string"),
        (Arc::new(StringViewArray::from(vec!["x"])), "string"),
        (Arc::new(dictionary), "string"),
    ] {
        let ty: DataType = ty.parse().unwrap();
        let got = read(&file_of(array.clone())).unwrap();
        assert_eq!(got.column(0).data_type(), &ty.arrow(), "{}", array.data_type());
        assert_eq!(
            (got.num_rows(), got.column(0).null_count()),
            (array.len(), array.logical_null_count())
        );
    }
}

#[test]
fn what_does_not_fit_is_an_error() {
    let error = read(&file_of(Arc::new(TimestampNanosecondArray::from(vec![1_000, 1_001])))).unwrap_err();
    assert_eq!(error.code(), Code::ValueOutOfRange(Side::Source));
    assert_eq!(error.report().at.column.as_deref(), Some("c"));
    let nested = arrow_array::new_null_array(
        &Arrow::Struct(Fields::from(vec![Field::new("x", Arrow::Int32, true)])),
        1,
    );
    assert_eq!(read(&file_of(nested)).unwrap_err().code(), Code::NotAvailable);
    let months = Arc::new(arrow_array::IntervalYearMonthArray::from(vec![1]));
    assert_eq!(read(&file_of(months)).unwrap_err().code(), Code::NotAvailable);
}

#[test]
fn uuid_and_json_are_said_in_the_file() {
    let file = tempfile::tempfile().unwrap();
    let output = Output::new(file.try_clone().unwrap(), Compression::None).unwrap();
    let columns: Vec<_> = ["uuid", "json", "list<uuid>", "list<json>", "decimal(40,2)", "interval"]
        .map(|ty| (ty.to_owned(), ty.parse::<DataType>().unwrap(), true))
        .into();
    let encoder = Box::new(Encoder::new(output, Compression::Zstd, &columns).unwrap());
    assert!(encoder.finish().is_ok());
    let reader = SerializedFileReader::new(file).unwrap();
    let schema = reader.metadata().file_metadata().schema_descr();
    let said: Vec<_> = (0..schema.num_columns())
        .map(|leaf| format!("{:?}", schema.column(leaf).logical_type_ref()))
        .collect();
    for (said, want) in said.iter().zip(["Uuid", "Json", "Uuid", "Json", "Decimal", "String"]) {
        assert!(said.contains(want), "{said} {want}");
    }
}
