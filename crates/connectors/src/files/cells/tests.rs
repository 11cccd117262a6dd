//! Each type from its text, and what is refused.

use arrow_array::Array;

use arrow_array::ArrayRef;
use syncapp_model::DataType;

use super::Cells;

fn column(ty: &str, plain: bool, texts: &[Option<&str>]) -> Option<ArrayRef> {
    let mut cells = Cells::new(ty.parse().unwrap(), plain);
    for text in texts {
        match text {
            Some(text) => cells.push(text.as_bytes()).then_some(())?,
            None => cells.push_null(),
        }
    }
    Some(cells.finish().unwrap())
}

#[test]
fn every_type_reads_its_text_and_has_its_arrow_form() {
    for (ty, text) in [
        ("bool", "true"),
        ("int16", "-32768"),
        ("int32", "2147483647"),
        ("int64", "-9223372036854775808"),
        ("float32", "1.5"),
        ("float64", "-Infinity"),
        ("decimal(10,2)", "12345678.90"),
        ("decimal(76,2)", "12345678.90"),
        ("decimal", "1.50"),
        ("string", ""),
        ("binary", "\\x00ff"),
        ("binary", "AP8="),
        ("date", "0001-01-01"),
        ("time", "24:00:00"),
        ("timestamp", "9999-12-31T23:59:59.999999"),
        ("timestamptz", "1969-12-31T23:59:59Z"),
        ("interval", "P1M2DT3S"),
        ("uuid", "00112233-4455-6677-8899-AABBCCDDEEFF"),
        ("json", "{\"a\": 1}"),
        ("list<int32>", "[1, null, -3]"),
        ("list<list<string>>", "[[\"a\\n\"], []]"),
    ] {
        let array = column(ty, false, &[Some(text), None, Some(text)]).unwrap_or_else(|| panic!("{ty} {text}"));
        assert_eq!(array.data_type(), &ty.parse::<DataType>().unwrap().arrow(), "{ty}");
        assert_eq!((array.len(), array.null_count()), (3, 1), "{ty}");
        assert_eq!(array.slice(0, 1).as_ref(), array.slice(2, 1).as_ref(), "{ty}");
    }
}

#[test]
fn a_text_that_does_not_fit_is_refused_and_leaves_no_trace() {
    for (ty, good, bad) in [
        ("bool", "f", "maybe"),
        ("int16", "1", "32768"),
        ("binary", "\\x00", "\\x0"),
        ("binary", "AP8=", "AP8"),
        ("json", "1", "{a}"),
        (
            "uuid",
            "00112233-4455-6677-8899-aabbccddeeff",
            "00112233445566778899aabbccddeeff",
        ),
        ("list<int32>", "[1]", "[1, 2, \"x\"]"),
        ("list<int32>", "[1]", "{}"),
        ("list<int32>", "[1]", "[1] 2"),
    ] {
        let mut cells = Cells::new(ty.parse().unwrap(), false);
        assert!(cells.push(good.as_bytes()), "{ty}");
        assert!(!cells.push(bad.as_bytes()), "{ty} {bad}");
        assert!(cells.push(good.as_bytes()), "{ty}");
        let array = cells.finish().unwrap();
        assert_eq!(
            array.as_ref(),
            column(ty, false, &[Some(good), Some(good)]).unwrap().as_ref()
        );
        assert!(cells.finish().unwrap().is_empty());
    }
}

#[test]
fn a_guessed_type_keeps_spellings() {
    for (ty, text) in [
        ("int64", "007"),
        ("bool", "t"),
        ("decimal(5,2)", "00.5"),
        ("decimal", "+1"),
    ] {
        assert!(column(ty, false, &[Some(text)]).is_some(), "{ty}");
        assert!(column(ty, true, &[Some(text)]).is_none(), "{ty}");
    }
}
