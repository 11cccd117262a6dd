//! From the many Arrow types that expressions give to the one form that each of the model's types has.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal128Type, Decimal256Type, DecimalType, DurationMicrosecondType,
    DurationMillisecondType, DurationNanosecondType, DurationSecondType, Int64Type, IntervalMonthDayNanoType,
    Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, ArrowNativeTypeOp, ListArray, PrimitiveArray, new_null_array};
use arrow_buffer::IntervalMonthDayNano;
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{DataType as Arrow, Field, TimeUnit};
use syncapp_model::DataType;

use crate::cast::CastError;
use syncapp_values::decimal::Unscaled;

const RANGE: &str = "is out of range";
const FINER: &str = "is finer than microseconds: date_trunc('microsecond', x) says that the rest may go";

/// The type of an expression's values; `None` for a bare NULL, which may be of any.
pub(super) fn ty(field: &Field) -> Result<Option<DataType>, String> {
    match field.data_type() {
        Arrow::Null => Ok(None),
        Arrow::Duration(_) => Ok(Some(DataType::Interval)),
        other => match DataType::of(field) {
            Some(DataType::BigDecimal) if other.is_decimal() => None,
            ty => ty,
        }
        .map(Some)
        .ok_or_else(|| format!("the expression gives {other}, which no column can hold")),
    }
}

/// The values in the one form of their type.
pub(super) fn canonical(array: &ArrayRef, ty: &DataType) -> Result<ArrayRef, CastError> {
    let arrow = ty.arrow();
    Ok(match array.data_type() {
        Arrow::Null => new_null_array(&arrow, array.len()),
        Arrow::Decimal128(precision, _) => {
            check_digits::<Decimal128Type, i128>(array.as_primitive(), *precision)?;
            Arc::clone(array)
        }
        Arrow::Decimal256(precision, _) if *precision > 38 => {
            check_digits::<Decimal256Type, _>(array.as_primitive(), *precision)?;
            Arc::clone(array)
        }
        Arrow::Timestamp(TimeUnit::Microsecond, _) => {
            // Whatever the zone, the instants count from the same midnight.
            Arc::new(
                array
                    .as_primitive::<TimestampMicrosecondType>()
                    .clone()
                    .with_data_type(arrow),
            )
        }
        Arrow::Timestamp(unit, _) => {
            let counts = recast(array, &Arrow::Int64)?;
            let micros = to_micros::<Int64Type, TimestampMicrosecondType>(counts.as_primitive(), *unit)?;
            Arc::new(micros.with_data_type(arrow))
        }
        Arrow::Time64(TimeUnit::Nanosecond) => Arc::new(to_micros::<Time64NanosecondType, Time64MicrosecondType>(
            array.as_primitive(),
            TimeUnit::Nanosecond,
        )?),
        Arrow::Duration(unit) => match unit {
            TimeUnit::Second => interval(array.as_primitive::<DurationSecondType>(), 1_000_000_000)?,
            TimeUnit::Millisecond => interval(array.as_primitive::<DurationMillisecondType>(), 1_000_000)?,
            TimeUnit::Microsecond => interval(array.as_primitive::<DurationMicrosecondType>(), 1000)?,
            TimeUnit::Nanosecond => interval(array.as_primitive::<DurationNanosecondType>(), 1)?,
        },
        Arrow::Interval(_) => {
            let intervals = recast(array, &arrow)?;
            check_intervals(intervals.as_primitive())?;
            intervals
        }
        Arrow::Date64 => Arc::new(crate::cast::map::<Date64Type, Date32Type>(
            array.as_primitive(),
            |millis| {
                let day = 86_400_000;
                let whole = millis % day == 0;
                whole
                    .then(|| i32::try_from(millis / day).ok())
                    .flatten()
                    .ok_or("is not a whole day")
            },
        )?),
        Arrow::List(_) | Arrow::LargeList(_) | Arrow::FixedSizeList(..) => lists(array, ty)?,
        found if *found == arrow => Arc::clone(array),
        _ => recast(array, &arrow)?,
    })
}

/// The same values in another of Arrow's types, or an error.
fn recast(array: &ArrayRef, to: &Arrow) -> Result<ArrayRef, CastError> {
    let options = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    cast_with_options(array, to, &options).map_err(|error| CastError::new(0, error.to_string()))
}

/// Lists with their items in the one form of their type.
fn lists(array: &ArrayRef, ty: &DataType) -> Result<ArrayRef, CastError> {
    let DataType::List(item) = ty else {
        return Err(CastError::new(0, "is a list"));
    };
    let inner = match array.data_type() {
        Arrow::List(inner) | Arrow::LargeList(inner) | Arrow::FixedSizeList(inner, _) => Arc::clone(inner),
        _ => return Err(CastError::new(0, "is not a list")),
    };
    let lists = recast(array, &Arrow::List(inner))?;
    let lists: &ListArray = lists.as_list();
    let values = canonical(lists.values(), item).map_err(|error| {
        let row = lists.value_offsets()[1..].partition_point(|end| *end as usize <= error.row);
        CastError::new(row, error.why)
    })?;
    let field = Arc::new(item.field("item", true));
    ListArray::try_new(field, lists.offsets().clone(), values, lists.nulls().cloned())
        .map(|lists| Arc::new(lists) as ArrayRef)
        .map_err(|error| CastError::new(0, error.to_string()))
}

/// Arrow checks the storage's range only.
fn check_digits<T: DecimalType + ArrowPrimitiveType<Native = N>, N: Unscaled>(
    numbers: &PrimitiveArray<T>,
    precision: u8,
) -> Result<(), CastError> {
    let bound = N::from(10).pow_wrapping(u32::from(precision));
    let fits = |value: N| value.is_lt(bound) && value.is_gt(N::ZERO.sub_wrapping(bound));
    let wide = (0..numbers.len()).find(|row| numbers.is_valid(*row) && !fits(numbers.value(*row)));
    wide.map_or(Ok(()), |row| {
        Err(CastError::new(row, "has more digits than its type holds"))
    })
}

fn to_micros<I: ArrowPrimitiveType<Native = i64>, O: ArrowPrimitiveType<Native = i64>>(
    counts: &PrimitiveArray<I>,
    unit: TimeUnit,
) -> Result<PrimitiveArray<O>, CastError> {
    crate::cast::map(counts, |count| match unit {
        TimeUnit::Second => count.mul_checked(1_000_000).map_err(|_| RANGE),
        TimeUnit::Millisecond => count.mul_checked(1000).map_err(|_| RANGE),
        TimeUnit::Microsecond => Ok(count),
        TimeUnit::Nanosecond if count % 1000 == 0 => Ok(count / 1000),
        TimeUnit::Nanosecond => Err(FINER),
    })
}

fn interval<T: ArrowPrimitiveType<Native = i64>>(
    durations: &PrimitiveArray<T>,
    nanos: i64,
) -> Result<ArrayRef, CastError> {
    let intervals = crate::cast::map::<T, IntervalMonthDayNanoType>(durations, |count| {
        let nanos = count.checked_mul(nanos).ok_or(RANGE)?;
        Ok(IntervalMonthDayNano::new(0, 0, nanos))
    })?;
    check_intervals(&intervals)?;
    Ok(Arc::new(intervals))
}

fn check_intervals(intervals: &PrimitiveArray<IntervalMonthDayNanoType>) -> Result<(), CastError> {
    let finer =
        (0..intervals.len()).find(|row| intervals.is_valid(*row) && intervals.value(*row).nanoseconds % 1000 != 0);
    finer.map_or(Ok(()), |row| Err(CastError::new(row, FINER)))
}
