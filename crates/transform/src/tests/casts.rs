//! The matrix of casts at its edges, and round trips.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float32Type, Float64Type};
use arrow_array::{ArrayRef, Int64Array, PrimitiveArray, StringArray};
use proptest::prelude::*;
use syncapp_model::DataType;

use super::{texts, values};
use crate::cast::{Fit, cast, fit};

/// `Ok` text or `Err` words of casting one value, given and shown by its text.
fn check(from: &str, value: &str, to: &str, want: Result<&str, &str>) {
    let (from_ty, to_ty): (DataType, DataType) = (from.parse().unwrap(), to.parse().unwrap());
    assert_ne!(fit(&from_ty, &to_ty), Fit::None, "{from} to {to}");
    // A NULL before the value: it stays NULL, and the failing row is the second.
    let array = values(&from_ty, &[None, Some(value)]);
    match (cast(&array, &from_ty, &to_ty), want) {
        (Ok(array), Ok(want)) => {
            assert_eq!(array.data_type(), &to_ty.arrow());
            assert_eq!(
                texts(&array, &to_ty),
                [None, Some(want.to_owned())],
                "{from} `{value}` to {to}"
            );
        }
        (Err(error), Err(words)) => {
            assert!(error.why.contains(words), "{from} `{value}` to {to}: {error:?}");
            assert_eq!(error.row, 1);
        }
        (got, want) => panic!("{from} `{value}` to {to}: {got:?}, not {want:?}"),
    }
}

#[test]
fn numbers() {
    for (from, value, to, want) in [
        ("int32", "32767", "int16", Ok("32767")),
        ("int32", "32768", "int16", Err("out of range")),
        ("int64", "-2147483649", "int32", Err("out of range")),
        (
            "int64",
            "9223372036854775807",
            "decimal(19,0)",
            Ok("9223372036854775807"),
        ),
        ("int64", "9223372036854775807", "decimal(18,0)", Err("out of range")),
        ("int64", "12", "decimal(4,2)", Ok("12.00")),
        ("int64", "100", "decimal(4,2)", Err("out of range")),
        (
            "int64",
            "9223372036854775807",
            "decimal(76,57)",
            Ok("9223372036854775807.000000000000000000000000000000000000000000000000000000000"),
        ),
        ("int64", "9223372036854775807", "decimal(38,38)", Err("out of range")),
        ("int64", "1", "decimal", Ok("1")),
        ("int64", "1", "bool", Ok("true")),
        ("int64", "2", "bool", Err("neither 0 nor 1")),
        ("bool", "true", "int16", Ok("1")),
        ("float64", "1.5", "int64", Err("has a fraction")),
        ("float64", "1e18", "int64", Ok("1000000000000000000")),
        ("float64", "1e19", "int64", Err("out of range")),
        ("float64", "NaN", "int64", Err("not a number")),
        ("float64", "0.1", "decimal(2,1)", Ok("0.1")),
        ("float64", "0.15", "decimal(2,1)", Err("behind the point")),
        ("float64", "1e300", "decimal(76,0)", Err("out of range")),
        ("float64", "1e-7", "decimal(76,7)", Ok("0.0000001")),
        ("float64", "Infinity", "decimal(76,7)", Err("not a number")),
        ("float64", "Infinity", "decimal", Ok("Infinity")),
        ("float64", "1e20", "decimal", Ok("100000000000000000000")),
        ("float32", "0.1", "decimal(2,1)", Ok("0.1")),
        ("float32", "0.1", "float64", Ok("0.10000000149011612")),
        ("float64", "0.1", "float32", Ok("0.1")),
        ("float64", "1e39", "float32", Err("out of range")),
        ("float64", "-Infinity", "float32", Ok("-Infinity")),
        ("decimal(10,2)", "1.50", "decimal(10,1)", Ok("1.5")),
        ("decimal(10,2)", "1.55", "decimal(10,1)", Err("behind the point")),
        ("decimal(10,2)", "99999999.99", "decimal(9,2)", Err("out of range")),
        ("decimal(10,2)", "5.00", "int16", Ok("5")),
        ("decimal(10,2)", "5.01", "int64", Err("has a fraction")),
        ("decimal(76,2)", "5.00", "int16", Ok("5")),
        ("decimal(76,2)", "5.01", "int64", Err("has a fraction")),
        ("decimal(76,2)", "5.10", "decimal(38,1)", Ok("5.1")),
        ("decimal(76,2)", "5.11", "decimal(76,1)", Err("behind the point")),
        (
            "decimal(38,0)",
            "99999999999999999999999999999999999999",
            "decimal(38,1)",
            Err("out of range"),
        ),
        (
            "decimal(38,38)",
            "0.00000000000000000000000000000000000001",
            "string",
            Ok("0.00000000000000000000000000000000000001"),
        ),
        ("decimal(10,2)", "0.10", "float64", Ok("0.1")),
        ("decimal(10,2)", "-1.50", "decimal", Ok("-1.50")),
        ("decimal", "1.500", "decimal(2,1)", Ok("1.5")),
        ("decimal", "NaN", "decimal(2,1)", Err("not a number")),
        ("decimal", "NaN", "float64", Ok("NaN")),
        ("decimal", "2.0", "int32", Ok("2")),
        ("decimal", "2.5", "int32", Err("has a fraction")),
        ("int64", "9007199254740993", "float64", Ok("9007199254740992")),
    ] {
        check(from, value, to, want);
    }
}

#[test]
fn from_text() {
    for (value, to, want) in [
        ("300", "int16", Ok("300")),
        ("40000", "int16", Err("out of range")),
        (" 1", "int64", Err("not a number")),
        ("", "int64", Err("not a number")),
        ("1.0", "int64", Ok("1")),
        ("1.5", "int64", Err("has a fraction")),
        ("1e3", "int64", Ok("1000")),
        ("9223372036854775808", "int64", Err("out of range")),
        ("-9223372036854775808", "int64", Ok("-9223372036854775808")),
        ("1.25", "decimal(3,1)", Err("behind the point")),
        ("NaN", "decimal(3,1)", Err("not a number")),
        ("0.1", "float64", Ok("0.1")),
        ("0.10000000000000001", "float64", Ok("0.1")),
        ("9007199254740993", "float64", Err("more digits")),
        ("0.123456789012345678901", "float64", Err("more digits")),
        ("16777217", "float32", Err("more digits")),
        // Halfway between …62 and …63.
        ("-278113.63", "float32", Ok("-278113.63")),
        ("-278113.62", "float32", Ok("-278113.63")),
        ("1e400", "float64", Err("out of range")),
        ("1e-400", "float64", Err("out of range")),
        ("3e-324", "float64", Err("more digits")),
        ("-0", "float64", Ok("-0")),
        ("inf", "float64", Err("not a number")),
        ("NaN", "float64", Ok("NaN")),
        ("1e16", "float64", Ok("1e16")),
        ("TRUE", "bool", Ok("true")),
        ("0", "bool", Ok("false")),
        ("yes", "bool", Err("none of")),
        ("2024-02-30", "date", Err("not a day")),
        ("2024-02-29 10:00+02", "timestamptz", Ok("2024-02-29T08:00:00Z")),
        ("2024-02-29", "timestamp", Ok("2024-02-29T00:00:00")),
        ("2024-02-29T10:00:00.1234567", "timestamp", Err("six more digits")),
        ("2024-02-29T10:00Z", "timestamp", Err("without a zone")),
        ("24:00:00", "time", Ok("24:00:00")),
        ("25:00:00", "time", Err("not a time")),
        ("P1Y", "interval", Ok("P1Y")),
        ("1 year", "interval", Err("not a duration")),
        (
            "6F9619FF8B86D011B42D00C04FC964FF",
            "uuid",
            Ok("6f9619ff-8b86-d011-b42d-00c04fc964ff"),
        ),
        ("6f9619ff-8b86-d011-b42d00c04fc964ff", "uuid", Err("not a UUID")),
        ("é6f9619ff8b86d011b42d00c04fc964ff", "uuid", Err("not a UUID")),
        ("00ff", "binary", Ok("00ff")),
        ("\\x00ff", "binary", Ok("00ff")),
        ("0", "binary", Err("not hex")),
        ("{\"a\":1}", "json", Ok("{\"a\":1}")),
        ("{a:1}", "json", Err("not JSON")),
    ] {
        check("string", value, to, want);
    }
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    check("string", &deep, "json", Ok(&deep));
}

#[test]
fn times_text_and_the_rest() {
    for (from, value, to, want) in [
        ("date", "2024-02-29", "timestamp", Ok("2024-02-29T00:00:00")),
        ("date", "5881580-07-11", "timestamp", Err("out of range")),
        ("date", "0001-01-01", "timestamptz", Ok("0001-01-01T00:00:00Z")),
        ("timestamp", "1969-12-31T23:59:59.999999", "date", Ok("1969-12-31")),
        ("timestamp", "1969-12-31T23:59:59", "time", Ok("23:59:59")),
        (
            "timestamp",
            "2024-02-29T01:00:00",
            "timestamptz",
            Ok("2024-02-29T01:00:00Z"),
        ),
        (
            "timestamptz",
            "2024-02-29T01:00:00+01",
            "timestamp",
            Ok("2024-02-29T00:00:00"),
        ),
        (
            "uuid",
            "6f9619ff-8b86-d011-b42d-00c04fc964ff",
            "binary",
            Ok("6f9619ff8b86d011b42d00c04fc964ff"),
        ),
        (
            "binary",
            "6f9619ff8b86d011b42d00c04fc964ff",
            "uuid",
            Ok("6f9619ff-8b86-d011-b42d-00c04fc964ff"),
        ),
        ("binary", "6f", "uuid", Err("not a UUID")),
        ("bool", "true", "json", Ok("true")),
        ("date", "2024-02-29", "json", Ok("\"2024-02-29\"")),
        ("float64", "NaN", "json", Ok("\"NaN\"")),
        ("decimal(4,2)", "1.50", "json", Ok("1.50")),
        ("json", "[1, 2]", "string", Ok("[1, 2]")),
        ("list<int64>", "1|NULL|3", "list<int16>", Ok("[1,null,3]")),
        ("list<int64>", "1|40000", "list<int16>", Err("out of range")),
        ("list<string>", "a\"b|c", "json", Ok("[\"a\\\"b\",\"c\"]")),
        (
            "list<uuid>",
            "6f9619ff-8b86-d011-b42d-00c04fc964ff",
            "string",
            Ok("[\"6f9619ff-8b86-d011-b42d-00c04fc964ff\"]"),
        ),
        ("float64", "1e-7", "string", Ok("1e-7")),
        ("float64", "100", "string", Ok("100")),
        ("float32", "0.1", "string", Ok("0.1")),
        (
            "timestamptz",
            "2024-02-29T01:00:00.000001Z",
            "string",
            Ok("2024-02-29T01:00:00.000001Z"),
        ),
    ] {
        check(from, value, to, want);
    }
}

#[test]
fn loss_needs_consent_and_nonsense_is_refused() {
    let is = |from: &str, to: &str| fit(&from.parse().unwrap(), &to.parse().unwrap());
    for (from, to) in [
        ("int64", "float64"),
        ("int32", "float32"),
        ("decimal(4,2)", "float64"),
        ("decimal", "float64"),
        ("float64", "float32"),
        ("timestamp", "date"),
        ("timestamptz", "time"),
        ("list<int64>", "list<float64>"),
    ] {
        assert_eq!(is(from, to), Fit::Lossy, "{from} to {to}");
    }
    for (from, to) in [
        ("int16", "float32"),
        ("int32", "float64"),
        ("float32", "float64"),
        ("int64", "int16"),
    ] {
        assert_eq!(is(from, to), Fit::Exact, "{from} to {to}");
    }
    for (from, to) in [
        ("bool", "float64"),
        ("int64", "date"),
        ("json", "int64"),
        ("string", "list<string>"),
        ("interval", "time"),
        ("uuid", "int64"),
        ("date", "time"),
        ("list<int64>", "int64"),
        ("binary", "int64"),
    ] {
        assert_eq!(is(from, to), Fit::None, "{from} to {to}");
    }
}

/// Every pair that is said to exist does, on NULLs at least.
#[test]
fn every_pair_is_built() {
    let words = "bool int16 int32 int64 float32 float64 decimal(10,2) decimal(60,2) decimal string binary date time timestamp timestamptz interval uuid json list<int32> list<string>";
    let types: Vec<DataType> = words.split(' ').map(|word| word.parse().unwrap()).collect();
    for from in &types {
        for to in types.iter().filter(|to| fit(from, to) != Fit::None) {
            let nulls = arrow_array::new_null_array(&from.arrow(), 3);
            let array = cast(&nulls, from, to).unwrap();
            assert_eq!(
                (array.data_type(), array.null_count()),
                (&to.arrow(), 3),
                "{from} to {to}"
            );
        }
    }
}

fn there_and_back(array: &ArrayRef, from: &DataType, over: &DataType) {
    let there = cast(array, from, over).unwrap();
    assert_eq!(&cast(&there, over, from).unwrap(), array, "{from} over {over}");
}

proptest! {
    #[test]
    fn round_trips_are_exact(int: i64, unscaled in -10_i128.pow(38) + 1..10_i128.pow(38), scale in 0_u8..=38, float: f64, small: f32) {
        let decimal = DataType::Decimal { precision: 38, scale };
        let wide = DataType::Decimal { precision: 76, scale: 38 };
        let ints: ArrayRef = Arc::new(Int64Array::from(vec![int]));
        for over in [&DataType::String, &DataType::BigDecimal, &wide] {
            there_and_back(&ints, &DataType::Int64, over);
        }
        let decimals = PrimitiveArray::<Decimal128Type>::from(vec![unscaled]).with_data_type(decimal.arrow());
        let decimals: ArrayRef = Arc::new(decimals);
        for over in [&DataType::String, &DataType::BigDecimal, &wide] {
            there_and_back(&decimals, &decimal, over);
        }
        let floats: ArrayRef = Arc::new(PrimitiveArray::<Float64Type>::from(vec![float]));
        there_and_back(&floats, &DataType::Float64, &DataType::String);
        let floats: ArrayRef = Arc::new(PrimitiveArray::<Float32Type>::from(vec![small]));
        there_and_back(&floats, &DataType::Float32, &DataType::String);
        there_and_back(&floats, &DataType::Float32, &DataType::Float64);
    }

    /// Whatever the text, a cast gives the same number or an error.
    #[test]
    fn text_never_turns_into_another_number(text in "-?[0-9]{1,25}(\\.[0-9]{1,25})?(e-?[0-9]{1,2})?") {
        let texts: ArrayRef = Arc::new(StringArray::from(vec![text.as_str()]));
        let exact = cast(&texts, &DataType::String, &DataType::BigDecimal).unwrap();
        let exact = syncapp_values::decimal::parse::<arrow_buffer::i256>(exact.as_string::<i32>().value(0).as_bytes(), 76, 38);
        for to in [DataType::Int64, DataType::Decimal { precision: 20, scale: 5 }] {
            if let Ok(array) = cast(&texts, &DataType::String, &to) {
                let back = cast(&array, &to, &DataType::BigDecimal).unwrap();
                let back = syncapp_values::decimal::parse::<arrow_buffer::i256>(back.as_string::<i32>().value(0).as_bytes(), 76, 38);
                prop_assert_eq!(back, exact);
            }
        }
    }
}
