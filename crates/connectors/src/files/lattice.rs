//! The parts of the type lattice that formats of files have.
//!
//! CSV and NDJSON have no types of their own: what a column holds is guessed from its texts, or said by the mapping.

use arrow_schema::{DataType as Arrow, Field, TimeUnit};
use syncapp_connector::{Landing, TypeTable};
use syncapp_model::{DataType, Extension};

use super::format::Format;
use super::infer::Guess;
use super::types;

/// Texts of a CSV column.
const TEXTS: [&str; 13] = [
    "true",
    "42",
    "12345678901234567890",
    "1.50",
    "1e3",
    "-0",
    "2024-02-29",
    "2024-02-29T12:00:00",
    "2024-02-29T12:00:00Z",
    "12:00:00",
    "6b2d1f2e-3c4b-4a59-8f6e-7d8c9b0a1f2e",
    "007",
    "Ada",
];

/// Values of an NDJSON column.
const VALUES: [&str; 7] = ["true", "42", "1.50", "1e3", "\"2024-02-29\"", "{\"a\": 1}", "[1, 2]"];

/// One table a format.
pub(super) fn tables() -> Vec<TypeTable> {
    let guessed = |text: &str, see: fn(&mut Guess, &str)| {
        let mut guess = Guess::default();
        see(&mut guess, text);
        (format!("`{text}`"), guess.ty())
    };
    let csv = TEXTS.map(|text| guessed(text, |guess, text| guess.text(text.as_bytes())));
    let ndjson = VALUES.map(|text| guessed(text, Guess::json));
    vec![
        TypeTable {
            name: "CSV",
            reads: csv.into(),
            lands: |ty| Some(lands(Format::Csv, ty)),
            losses: Vec::new(),
        },
        TypeTable {
            name: "NDJSON",
            reads: ndjson.into(),
            lands: |ty| Some(lands(Format::Ndjson, ty)),
            losses: Vec::new(),
        },
        TypeTable {
            name: "Parquet",
            reads: parquet(),
            lands: |ty| Some(lands(Format::Parquet, ty)),
            losses: Vec::new(),
        },
    ]
}

fn lands(format: Format, ty: &DataType) -> Landing {
    let ty = types::carried(format, ty);
    let native = match format {
        Format::Csv => "a text".to_owned(),
        Format::Ndjson => "a JSON value".to_owned(),
        Format::Parquet => ty.to_string(),
    };
    Landing { native, ty }
}

fn parquet() -> Vec<(String, DataType)> {
    let plain = |arrow: Arrow| Field::new("", arrow, true);
    let list = Arrow::List(plain(Arrow::Int32).into());
    let fields = [
        ("BOOLEAN", plain(Arrow::Boolean)),
        ("INTEGER(8)", plain(Arrow::Int8)),
        ("INTEGER(16)", plain(Arrow::Int16)),
        ("INT32", plain(Arrow::Int32)),
        ("INTEGER(32, unsigned)", plain(Arrow::UInt32)),
        ("INT64", plain(Arrow::Int64)),
        ("INTEGER(64, unsigned)", plain(Arrow::UInt64)),
        ("FLOAT", plain(Arrow::Float32)),
        ("DOUBLE", plain(Arrow::Float64)),
        ("DECIMAL(15,2)", plain(Arrow::Decimal128(15, 2))),
        ("DATE", plain(Arrow::Date32)),
        ("TIME(MICROS)", plain(Arrow::Time64(TimeUnit::Microsecond))),
        (
            "TIMESTAMP(MICROS)",
            plain(Arrow::Timestamp(TimeUnit::Microsecond, None)),
        ),
        (
            "TIMESTAMP(MICROS, UTC)",
            plain(Arrow::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))),
        ),
        ("STRING", plain(Arrow::Utf8)),
        ("BYTE_ARRAY", plain(Arrow::Binary)),
        ("UUID", Extension::Uuid.on(plain(Arrow::FixedSizeBinary(16)))),
        ("JSON", Extension::Json.on(plain(Arrow::Utf8))),
        ("LIST of INT32", plain(list)),
    ];
    let known = fields
        .iter()
        .filter_map(|(name, field)| Some(((*name).to_owned(), DataType::of(field)?)));
    known.collect()
}
