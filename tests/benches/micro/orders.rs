//! The table `orders` of `bench/data.sh`: its columns, its NULLs, its odd texts.

use std::sync::Arc;

use arrow_array::builder::FixedSizeBinaryBuilder;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int16Array, Int32Array, Int64Array,
    RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{Field, Schema};
use syncapp_model::DataType;

/// How many there are in the batch.
pub(crate) const ROWS: usize = 4096;

/// Name, type, and whether NULL may stand in it.
const COLUMNS: [(&str, &str, bool); 17] = [
    ("id", "int64", false),
    ("customer_id", "int32", false),
    ("big", "int64", false),
    ("status", "string", false),
    ("amount", "decimal(15,2)", false),
    ("rate", "decimal(20,10)", true),
    ("qty", "int16", true),
    ("order_date", "date", false),
    ("created_at", "timestamptz", false),
    ("updated_at", "timestamptz", false),
    ("shipped_at", "timestamp", true),
    ("is_priority", "bool", false),
    ("is_gift", "bool", true),
    ("note", "string", true),
    ("attrs", "json", true),
    ("ext_id", "uuid", false),
    ("score", "float64", true),
];

/// A number without order that belongs to a row: the finish of SplitMix64, cut to 31 bits.
fn hash(row: i64) -> i64 {
    let mixed = (row as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ mixed >> 31) & 0x7fff_ffff) as i64
}

fn rows() -> impl Iterator<Item = (i64, i64)> {
    (1..=ROWS as i64).map(|row| (row, hash(row)))
}

/// Rows 1 to 4,096.
pub(crate) fn batch() -> RecordBatch {
    let types = COLUMNS.map(|(_, ty, _)| ty.parse::<DataType>().expect("a type's word"));
    let fields: Vec<Field> = COLUMNS
        .iter()
        .zip(&types)
        .map(|((name, _, nullable), ty)| ty.field(name, *nullable))
        .collect();
    let columns = COLUMNS.iter().zip(&types).map(|((name, ..), ty)| column(name, ty));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.collect()).expect("columns of their types")
}

/// An array of a value for each row, some of them NULL.
fn values<A: FromIterator<Option<V>>, V>(of: impl Fn(i64, i64) -> Option<V>) -> A {
    rows().map(|(i, h)| of(i, h)).collect()
}

fn column(name: &str, ty: &DataType) -> ArrayRef {
    let decimals = |values: Decimal128Array| Arc::new(values.with_data_type(ty.arrow()));
    let times = |values: TimestampMicrosecondArray| Arc::new(values.with_data_type(ty.arrow()));
    match name {
        "id" => Arc::new(values::<Int64Array, _>(|i, _| Some(i))),
        "customer_id" => Arc::new(values::<Int32Array, _>(|_, h| Some((h & 1_048_575) as i32))),
        "big" => Arc::new(values::<Int64Array, _>(|i, _| Some(9_007_199_254_740_993 + i))),
        "status" => {
            let words = ["new", "paid", "shipped", "returned", "cancelled"];
            Arc::new(values::<StringArray, _>(|i, _| Some(words[(i % 5) as usize])))
        }
        "amount" => decimals(values(|i, h| {
            let sign = if i % 11 == 0 { -1 } else { 1 };
            Some(if i % 1000 == 7 {
                999_999_999_999_999
            } else {
                i128::from(h & 268_435_455) * sign
            })
        })),
        "rate" => decimals(values(|i, h| {
            (i % 5 != 0).then_some(12_345_678_900_123_456_789 + i128::from(h & 65_535) * 10_000_000_000)
        })),
        "qty" => Arc::new(values::<Int16Array, _>(|i, h| {
            (i % 10 != 3).then_some((h & 16_383) as i16)
        })),
        "order_date" => Arc::new(values::<Date32Array, _>(|i, h| {
            Some(if i % 1009 == 9 {
                376_200
            } else {
                16_436 + (h & 2047) as i32
            })
        })),
        "created_at" => times(values(|_, h| {
            Some(1_546_300_800_000_000 + (h & 134_217_727) * 1_234_567)
        })),
        "updated_at" => times(values(|i, h| {
            Some(1_704_067_200_000_000 + i * 1_000_000 + (h & 524_287))
        })),
        "shipped_at" => times(values(|i, h| {
            (i % 3 != 0).then_some(1_590_969_600_000_000 + (h & 67_108_863) * 1_500_000)
        })),
        "is_priority" => Arc::new(values::<BooleanArray, _>(|i, _| Some(i % 7 == 0))),
        "is_gift" => Arc::new(values::<BooleanArray, _>(|i, _| (i % 4 != 0).then_some(i % 2 == 0))),
        "note" => Arc::new(values::<StringArray, _>(note)),
        "attrs" => Arc::new(values::<StringArray, _>(attributes)),
        "ext_id" => {
            let mut ids = FixedSizeBinaryBuilder::with_capacity(ROWS, 16);
            for (i, h) in rows() {
                let id = (i128::from(h) << 96) | (i128::from(i) << 56) | (i128::from(h) * 4093);
                ids.append_value(id.to_be_bytes()).expect("16 bytes");
            }
            Arc::new(ids.finish())
        }
        _ => Arc::new(values::<Float64Array, _>(|i, h| (i % 9 != 0).then_some(h as f64 / 7.0))),
    }
}

fn note(i: i64, h: i64) -> Option<String> {
    Some(match i {
        _ if i % 5 == 0 => return None,
        _ if i % 20 == 1 => String::new(),
        _ if i % 101 == 2 => format!("tab\there, \"quoted\", it's; back\\slash\nsecond line{i}"),
        _ if i % 103 == 2 => "\\N".to_owned(),
        _ if i % 107 == 2 => "NULL".to_owned(),
        _ if i % 109 == 2 => "  padded  ".to_owned(),
        _ if i % 113 == 2 => format!("Zürich – 東京 😀 {i}"),
        _ => format!(
            "customer asked for delivery on day {} before noon, leave at door {}",
            h & 1023,
            h & 63
        ),
    })
}

fn attributes(i: i64, h: i64) -> Option<String> {
    let source = ["web", "app", "shop"][(i % 3) as usize];
    (i % 10 >= 3).then(|| {
        format!(
            "{{\"n\": {}, \"ok\": {}, \"big\": 12345678901234567890, \"tags\": [\"a{}\", \"é\\\"x\"], \"source\": \"{source}\"}}",
            h & 4095,
            i % 2 == 0,
            h & 15
        )
    })
}
