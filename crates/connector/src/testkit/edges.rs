//! Each type at its edges.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Decimal256Array, FixedSizeBinaryArray,
    Float32Array, Float64Array, Int16Array, Int32Array, Int64Array, IntervalMonthDayNanoArray, ListArray, StringArray,
    Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow_buffer::{IntervalMonthDayNano, NullBuffer, OffsetBuffer, i256};
use arrow_select::concat::concat;
use syncapp_model::DataType;

/// The types the kit tries, where the system has them.
pub const TYPES: [&str; 37] = [
    "bool",
    "int16",
    "int32",
    "int64",
    "float32",
    "float64",
    "decimal(1,0)",
    "decimal(5,5)",
    "decimal(15,2)",
    "decimal(18,0)",
    "decimal(38,0)",
    "decimal(38,10)",
    "decimal(76,0)",
    "decimal(76,38)",
    "decimal",
    "string",
    "binary",
    "date",
    "time",
    "timestamp",
    "timestamptz",
    "interval",
    "uuid",
    "json",
    "list<bool>",
    "list<int16>",
    "list<int32>",
    "list<int64>",
    "list<float64>",
    "list<decimal(15,2)>",
    "list<decimal>",
    "list<string>",
    "list<date>",
    "list<timestamptz>",
    "list<uuid>",
    "list<json>",
    "list<list<int64>>",
];

/// Days from 1970-01-01 to 0001-01-01 and to 9999-12-31.
const YEAR_1: i32 = -719_162;
const YEAR_9999: i32 = 2_932_896;
const DAY: i64 = 86_400_000_000;

/// The ordinary range of a type at its edges, with a NULL.
pub fn edges(ty: &DataType) -> ArrayRef {
    match ty {
        DataType::Bool => Arc::new(BooleanArray::from(vec![Some(true), Some(false), None])),
        DataType::Int16 => Arc::new(Int16Array::from(vec![
            Some(i16::MIN),
            Some(i16::MAX),
            Some(0),
            Some(-1),
            None,
        ])),
        DataType::Int32 => Arc::new(Int32Array::from(vec![
            Some(i32::MIN),
            Some(i32::MAX),
            Some(0),
            Some(-1),
            None,
        ])),
        DataType::Int64 => Arc::new(Int64Array::from(vec![
            Some(i64::MIN),
            Some(i64::MAX),
            Some((1 << 53) + 1),
            Some(0),
            Some(-1),
            None,
        ])),
        DataType::Float32 => Arc::new(Float32Array::from(vec![
            Some(f32::MIN),
            Some(f32::MAX),
            Some(f32::MIN_POSITIVE),
            Some(f32::from_bits(1)),
            Some(0.1),
            Some(16_777_216.0),
            Some(0.0),
            None,
        ])),
        DataType::Float64 => Arc::new(Float64Array::from(vec![
            Some(f64::MIN),
            Some(f64::MAX),
            Some(f64::MIN_POSITIVE),
            Some(f64::from_bits(1)),
            Some(0.1),
            Some(5e-324),
            Some(9_007_199_254_740_993.0),
            Some(1.0),
            Some(0.0),
            None,
        ])),
        DataType::Decimal { precision, scale } => decimals(*precision, *scale),
        DataType::BigDecimal => Arc::new(StringArray::from(vec![
            Some("0"),
            Some("-0.10"),
            Some("1.500"),
            Some("123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890.5"),
            Some("0.00000000000000000000000000000000000000000000000000000000000000000000000000000000000000001"),
            None,
        ])),
        DataType::String => Arc::new(StringArray::from(vec![
            Some(""),
            None,
            Some("NULL"),
            Some("\\N"),
            Some("\\\\N"),
            Some("null"),
            Some(" both ends "),
            Some("tab\tline\nfeed\r\nreturn\rend"),
            Some("'single' \"double\" `back`, comma; \\ $1 %s {x}"),
            Some("\\."),
            Some("é 表 🦀 \u{10FFFF} \u{1}\u{7f}"),
            Some("e\u{301}"),
            Some("\u{feff}mark"),
            Some("007"),
            Some("1e5"),
            Some("true"),
            Some("2024-01-01"),
        ])),
        DataType::Binary => {
            let all: Vec<u8> = (0..=255).collect();
            Arc::new(BinaryArray::from(vec![
                Some(&b""[..]),
                None,
                Some(&[0]),
                Some(&all),
                Some(b"\\x00"),
            ]))
        }
        DataType::Date => Arc::new(Date32Array::from(vec![
            Some(YEAR_1),
            Some(YEAR_9999),
            Some(-1),
            Some(0),
            Some(11_016),
            None,
        ])),
        DataType::Time => Arc::new(Time64MicrosecondArray::from(vec![
            Some(0),
            Some(DAY - 1),
            Some(1),
            Some(43_200_000_000),
            None,
        ])),
        DataType::Timestamp => Arc::new(instants()),
        DataType::TimestampTz => Arc::new(instants().with_timezone("UTC")),
        DataType::Interval => Arc::new(IntervalMonthDayNanoArray::from(vec![
            Some(IntervalMonthDayNano::new(0, 0, 0)),
            Some(IntervalMonthDayNano::new(14, -3, 4_000_001_000)),
            Some(IntervalMonthDayNano::new(-14, 3, -1_000)),
            Some(IntervalMonthDayNano::new(0, 45, 90_000_000_000_000)),
            Some(IntervalMonthDayNano::new(
                1_200_000,
                1_000_000,
                9_223_372_036_854_775_000,
            )),
            None,
        ])),
        DataType::Uuid => {
            let uuids = [
                Some([0; 16]),
                Some([255; 16]),
                Some(*b"\x01\x23\x45\x67\x89\xab\xcd\xef01234567"),
                None,
            ];
            Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(uuids.into_iter(), 16).expect("16 bytes"))
        }
        DataType::Json => Arc::new(StringArray::from(vec![
            Some("{\"n\": 12345678901234567890123, \"b\":1.10}"),
            Some("{\"a\":1,\"a\":2}"),
            Some("  [1,  null, \"\\u00e9\", {} ]"),
            Some("\"text\""),
            Some("5"),
            Some("1.50"),
            Some("null"),
            None,
        ])),
        DataType::List(item) => lists(item),
    }
}

fn instants() -> TimestampMicrosecondArray {
    TimestampMicrosecondArray::from(vec![
        Some(i64::from(YEAR_1) * DAY),
        Some(i64::from(YEAR_9999) * DAY + DAY - 1),
        Some(-1),
        Some(0),
        Some(1),
        Some(1_700_000_000_000_000),
        Some(1_700_000_000_123_456),
        None,
    ])
}

fn decimals(precision: u8, scale: u8) -> ArrayRef {
    if precision <= 38 {
        let most = 10_i128.pow(u32::from(precision)) - 1;
        let values = vec![Some(most), Some(-most), Some(0), Some(1), Some(-1), None];
        let array = Decimal128Array::from(values).with_precision_and_scale(precision, scale as i8);
        Arc::new(array.expect("a type of the model"))
    } else {
        let most = "9".repeat(usize::from(precision)).parse::<i256>().expect("76 digits");
        let values = vec![
            Some(most),
            Some(-most),
            Some(i256::ZERO),
            Some(i256::ONE),
            Some(i256::MINUS_ONE),
            None,
        ];
        let array = Decimal256Array::from(values).with_precision_and_scale(precision, scale as i8);
        Arc::new(array.expect("a type of the model"))
    }
}

/// All items in one list, no list, an empty list, one item, one NULL. Lists of lists are rectangular and hold no NULL
/// lists: not every system can say more.
fn lists(item: &DataType) -> ArrayRef {
    let values = match item {
        DataType::List(inner) => {
            let flat = edges(inner);
            let pairs = flat.len() / 2 * 2;
            let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(2, pairs / 2));
            let field = Arc::new(inner.field("item", true));
            Arc::new(ListArray::new(field, offsets, flat.slice(0, pairs), None)) as ArrayRef
        }
        _ => edges(item),
    };
    let (all, last) = (values.len(), values.slice(values.len() - 1, 1));
    let values = concat(&[&values, &values.slice(0, 1), &last]).expect("arrays of one type");
    let offsets = OffsetBuffer::from_lengths([all, 0, 0, 1, 1]);
    let nulls = NullBuffer::from(vec![true, false, true, true, true]);
    Arc::new(ListArray::new(
        Arc::new(item.field("item", true)),
        offsets,
        values,
        Some(nulls),
    ))
}

/// Values beyond a type's ordinary range, which not every system can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Odd {
    /// A 64-bit float that is not a number.
    FloatNan,
    /// Infinite 64-bit floats.
    FloatInfinity,
    /// The negative zero of 64-bit floats.
    NegativeZero,
    /// A 32-bit float that is not a number.
    Float32Nan,
    /// An unbounded decimal that is not a number.
    DecimalNan,
    /// Infinite unbounded decimals.
    DecimalInfinity,
    /// U+0000 in a text.
    TextNul,
    /// The date after 9999-12-31, as a date.
    DateAfter9999,
    /// A date before the year 1.
    DateBeforeYear1,
    /// The midnight after 9999-12-31.
    TimestampAfter9999,
    /// A time of day at the end of the day.
    TwentyFourHours,
}

impl Odd {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::FloatNan,
        Self::FloatInfinity,
        Self::NegativeZero,
        Self::Float32Nan,
        Self::DecimalNan,
        Self::DecimalInfinity,
        Self::TextNul,
        Self::DateAfter9999,
        Self::DateBeforeYear1,
        Self::TimestampAfter9999,
        Self::TwentyFourHours,
    ];

    /// The type, and the values.
    pub fn values(self) -> (DataType, ArrayRef) {
        let infinities = vec![f64::INFINITY, f64::NEG_INFINITY];
        match self {
            Self::FloatNan => (DataType::Float64, Arc::new(Float64Array::from(vec![f64::NAN]))),
            Self::FloatInfinity => (DataType::Float64, Arc::new(Float64Array::from(infinities))),
            Self::NegativeZero => (DataType::Float64, Arc::new(Float64Array::from(vec![-0.0]))),
            Self::Float32Nan => (DataType::Float32, Arc::new(Float32Array::from(vec![f32::NAN]))),
            Self::DecimalNan => (DataType::BigDecimal, Arc::new(StringArray::from(vec!["NaN"]))),
            Self::DecimalInfinity => (
                DataType::BigDecimal,
                Arc::new(StringArray::from(vec!["Infinity", "-Infinity"])),
            ),
            Self::TextNul => (DataType::String, Arc::new(StringArray::from(vec!["a\0b"]))),
            Self::DateAfter9999 => (DataType::Date, Arc::new(Date32Array::from(vec![YEAR_9999 + 1]))),
            Self::DateBeforeYear1 => (
                DataType::Date,
                Arc::new(Date32Array::from(vec![YEAR_1 - 1, -1_000_000])),
            ),
            Self::TimestampAfter9999 => (
                DataType::Timestamp,
                Arc::new(TimestampMicrosecondArray::from(vec![i64::from(YEAR_9999 + 1) * DAY])),
            ),
            Self::TwentyFourHours => (DataType::Time, Arc::new(Time64MicrosecondArray::from(vec![DAY]))),
        }
    }
}
