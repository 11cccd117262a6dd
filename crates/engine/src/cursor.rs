//! A cursor's column: comparing its values without taking them out of the batch.

use std::cmp::Ordering;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Decimal256Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{
    Date32Array, Decimal128Array, Decimal256Array, FixedSizeBinaryArray, Int16Array, Int32Array, Int64Array,
    RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::DataType as Arrow;
use syncapp_model::{Code, DataType, Error, Result, Scalar, Side};

/// The typed column of a cursor.
pub(crate) enum Cursor<'a> {
    Int16(&'a Int16Array),
    Int32(&'a Int32Array),
    Int64(&'a Int64Array),
    Decimal128(&'a Decimal128Array),
    Decimal256(&'a Decimal256Array),
    BigDecimal(&'a StringArray),
    Text(&'a StringArray),
    Date(&'a Date32Array),
    Timestamp(&'a TimestampMicrosecondArray),
    TimestampTz(&'a TimestampMicrosecondArray),
    Uuid(&'a FixedSizeBinaryArray),
}

impl<'a> Cursor<'a> {
    /// The column at that place of a batch.
    pub(crate) fn of(batch: &'a RecordBatch, column: usize) -> Result<Self> {
        let array = batch.column(column).as_ref();
        let ty = DataType::of(batch.schema_ref().field(column));
        Ok(match (array.data_type(), ty) {
            (Arrow::Int16, _) => Self::Int16(array.as_primitive::<Int16Type>()),
            (Arrow::Int32, _) => Self::Int32(array.as_primitive::<Int32Type>()),
            (Arrow::Int64, _) => Self::Int64(array.as_primitive::<Int64Type>()),
            (Arrow::Decimal128(..), _) => Self::Decimal128(array.as_primitive::<Decimal128Type>()),
            (Arrow::Decimal256(..), _) => Self::Decimal256(array.as_primitive::<Decimal256Type>()),
            (Arrow::Utf8, Some(DataType::BigDecimal)) => Self::BigDecimal(array.as_string()),
            (Arrow::Utf8, _) => Self::Text(array.as_string()),
            (Arrow::Date32, _) => Self::Date(array.as_primitive::<Date32Type>()),
            (Arrow::Timestamp(_, None), _) => Self::Timestamp(array.as_primitive::<TimestampMicrosecondType>()),
            (Arrow::Timestamp(_, Some(_)), _) => Self::TimestampTz(array.as_primitive::<TimestampMicrosecondType>()),
            (Arrow::FixedSizeBinary(16), _) => Self::Uuid(array.as_fixed_size_binary()),
            (other, _) => return Err(Error::internal(format!("a cursor of {other} cannot be compared"))),
        })
    }

    /// A row's value; it must not be NULL.
    pub(crate) fn value(&self, row: usize) -> Result<Scalar> {
        Ok(match self {
            Self::Int16(array) => Scalar::Int(array.value(row).into()),
            Self::Int32(array) => Scalar::Int(array.value(row).into()),
            Self::Int64(array) => Scalar::Int(array.value(row)),
            Self::Decimal128(array) => Scalar::Decimal(array.value_as_string(row)),
            Self::Decimal256(array) => Scalar::Decimal(array.value_as_string(row)),
            Self::BigDecimal(array) => Scalar::Decimal(array.value(row).into()),
            Self::Text(array) => Scalar::Text(array.value(row).into()),
            Self::Date(array) => Scalar::Date(array.value(row)),
            Self::Timestamp(array) => Scalar::Timestamp(array.value(row)),
            Self::TimestampTz(array) => Scalar::TimestampTz(array.value(row)),
            Self::Uuid(array) => {
                let bytes = array.value(row).try_into();
                Scalar::Uuid(bytes.map_err(|_| Error::internal("a uuid of another length"))?)
            }
        })
    }

    /// How a row's value stands to another.
    pub(crate) fn compare(&self, row: usize, other: &Scalar) -> Result<Ordering> {
        Ok(match (self, other) {
            (Self::Int64(array), Scalar::Int(other)) => array.value(row).cmp(other),
            (Self::Text(array), Scalar::Text(other)) => array.value(row).cmp(other.as_str()),
            (Self::Date(array), Scalar::Date(other)) => array.value(row).cmp(other),
            (Self::Timestamp(array), Scalar::Timestamp(other)) => array.value(row).cmp(other),
            (Self::TimestampTz(array), Scalar::TimestampTz(other)) => array.value(row).cmp(other),
            _ => compare(&self.value(row)?, other)?,
        })
    }
}

/// How two values of one cursor stand to each other.
pub(crate) fn compare(one: &Scalar, other: &Scalar) -> Result<Ordering> {
    let order = match (one, other) {
        (Scalar::Decimal(one), Scalar::Decimal(other)) => compare_decimals(one, other),
        _ if std::mem::discriminant(one) == std::mem::discriminant(other) => one.partial_cmp(other),
        _ => None,
    };
    order.ok_or_else(|| {
        Error::new(
            Code::InvalidData(Side::Source),
            format!("the cursor values `{one}` and `{other}` have no order"),
        )
        .help("choose a cursor of one type without NaN or infinity; `state reset` forgets the old position")
    })
}

/// Plain decimals, by value: `1.5` equals `1.50`.
fn compare_decimals(one: &str, other: &str) -> Option<Ordering> {
    let parts = |text: &str| -> (bool, String, String) {
        let (negative, plain) = text.strip_prefix('-').map_or((false, text), |plain| (true, plain));
        let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
        let (whole, fraction) = (
            whole.trim_start_matches('0').to_owned(),
            fraction.trim_end_matches('0').to_owned(),
        );
        (negative && !(whole.is_empty() && fraction.is_empty()), whole, fraction)
    };
    if [one, other]
        .iter()
        .any(|text| text.ends_with(|c: char| !c.is_ascii_digit()))
    {
        return None;
    }
    let ((minus, whole, fraction), (other_minus, other_whole, other_fraction)) = (parts(one), parts(other));
    let size = (whole.len(), &whole, &fraction).cmp(&(other_whole.len(), &other_whole, &other_fraction));
    Some(match (minus, other_minus) {
        (false, false) => size,
        (true, true) => size.reverse(),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, BooleanArray};
    use arrow_schema::Schema;

    use super::*;

    #[test]
    fn decimals_are_compared_by_value() {
        let check = |one: &str, other: &str, want| {
            let decimal = |text: &str| Scalar::Decimal(text.into());
            assert_eq!(compare(&decimal(one), &decimal(other)).unwrap(), want, "{one} {other}");
        };
        check("1.5", "1.50", Ordering::Equal);
        check("9", "10", Ordering::Less);
        check("-9", "-10", Ordering::Greater);
        check("-0.0", "0", Ordering::Equal);
        check("0.12", "0.2", Ordering::Less);
        check("-1", "1", Ordering::Less);
        check("1", "-1", Ordering::Greater);
        check("-0.5", "0.5", Ordering::Less);
        check("-0.5", "0", Ordering::Less);
        check("0.5", "0", Ordering::Greater);
        check("007", "7.000", Ordering::Equal);
        check("10", "9.99", Ordering::Greater);
        check(
            "100000000000000000000000000000000000001",
            "100000000000000000000000000000000000000",
            Ordering::Greater,
        );
    }

    #[test]
    fn values_of_two_types_or_without_order_are_an_error() {
        assert!(compare(&Scalar::Int(1), &Scalar::Text("1".into())).is_err());
        for (one, other) in [
            ("NaN", "1"),
            ("1", "NaN"),
            ("Infinity", "1"),
            ("-Infinity", "-Infinity"),
        ] {
            let [one, other] = [one, other].map(|text| Scalar::Decimal(text.into()));
            assert!(compare(&one, &other).is_err(), "{one} {other}");
        }
    }

    /// Each type of cursor: two rows, their values, and that the first is the smaller one.
    #[test]
    fn every_type_of_cursor_has_values_and_an_order() {
        let text = |texts: [&str; 2]| Arc::new(StringArray::from(texts.to_vec())) as ArrayRef;
        let decimal = |text: &str| Scalar::Decimal(text.into());
        let uuids = [[1_u8; 16], [2; 16]];
        let cases: Vec<(&str, ArrayRef, [Scalar; 2])> = vec![
            (
                "int16",
                Arc::new(Int16Array::from(vec![-1, 2])),
                [Scalar::Int(-1), Scalar::Int(2)],
            ),
            (
                "int32",
                Arc::new(Int32Array::from(vec![-1, 2])),
                [Scalar::Int(-1), Scalar::Int(2)],
            ),
            (
                "int64",
                Arc::new(Int64Array::from(vec![-1, 2])),
                [Scalar::Int(-1), Scalar::Int(2)],
            ),
            (
                "decimal(5,2)",
                Arc::new(
                    Decimal128Array::from(vec![-150, 205])
                        .with_precision_and_scale(5, 2)
                        .unwrap(),
                ),
                [decimal("-1.50"), decimal("2.05")],
            ),
            (
                "decimal(50,1)",
                Arc::new(
                    Decimal256Array::from_iter_values([5, 10].map(Into::into))
                        .with_precision_and_scale(50, 1)
                        .unwrap(),
                ),
                [decimal("0.5"), decimal("1.0")],
            ),
            ("decimal", text(["9", "10"]), [decimal("9"), decimal("10")]),
            (
                "string",
                text(["10", "9"]),
                [Scalar::Text("10".into()), Scalar::Text("9".into())],
            ),
            (
                "date",
                Arc::new(Date32Array::from(vec![3, 4])),
                [Scalar::Date(3), Scalar::Date(4)],
            ),
            (
                "timestamp",
                Arc::new(TimestampMicrosecondArray::from(vec![3, 4])),
                [Scalar::Timestamp(3), Scalar::Timestamp(4)],
            ),
            (
                "timestamptz",
                Arc::new(TimestampMicrosecondArray::from(vec![3, 4]).with_timezone("UTC")),
                [Scalar::TimestampTz(3), Scalar::TimestampTz(4)],
            ),
            (
                "uuid",
                Arc::new(FixedSizeBinaryArray::try_from_iter(uuids.iter()).unwrap()),
                uuids.map(Scalar::Uuid),
            ),
        ];
        for (word, array, values) in cases {
            let field = word.parse::<DataType>().unwrap().field("at", false);
            let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![array]).unwrap();
            let cursor = Cursor::of(&batch, 0).unwrap();
            for row in 0..2 {
                assert_eq!(cursor.value(row).unwrap(), values[row], "{word}");
                for (other, value) in values.iter().enumerate() {
                    assert_eq!(
                        cursor.compare(row, value).unwrap(),
                        row.cmp(&other),
                        "{word}: {row} {other}"
                    );
                    assert_eq!(
                        compare(&values[row], value).unwrap(),
                        row.cmp(&other),
                        "{word}: {row} {other}"
                    );
                }
            }
        }
        let batch = RecordBatch::try_from_iter([("at", Arc::new(BooleanArray::from(vec![true])) as ArrayRef)]);
        assert!(Cursor::of(&batch.unwrap(), 0).is_err());
    }
}
