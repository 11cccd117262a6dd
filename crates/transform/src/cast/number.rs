//! Casts between numbers, and between truth values and 0 and 1.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Decimal128Type, Decimal256Type, DecimalType, Float32Type, Float64Type, Int16Type, Int32Type,
    Int64Type,
};
use arrow_array::{Array, ArrayRef, BooleanArray, PrimitiveArray, StringArray};
use arrow_buffer::i256;
use syncapp_model::DataType;

use super::{CastError, map, map_text, texts};
use syncapp_values::decimal::{self, Fault, Unscaled};

pub(super) const RANGE: &str = "is out of range";
pub(super) const SCALE: &str = "has more digits behind the point than fit";
const FRACTION: &str = "has a fraction";
const NUMBER: &str = "is not a number";
const TRUTH: &str = "is neither 0 nor 1";

pub(super) fn reason(fault: Fault) -> &'static str {
    match fault {
        Fault::Syntax => NUMBER,
        Fault::Range => RANGE,
        Fault::Scale => SCALE,
    }
}

/// Casts from a truth value or a bounded number.
pub(super) fn cast(array: &ArrayRef, from: &DataType, to: &DataType) -> Result<ArrayRef, CastError> {
    match from {
        DataType::Bool => {
            let truths = array.as_boolean();
            let numbers: PrimitiveArray<Int16Type> = truths.iter().map(|truth| truth.map(i16::from)).collect();
            exact(&numbers, 0, to)
        }
        DataType::Int16 => exact(array.as_primitive::<Int16Type>(), 0, to),
        DataType::Int32 => exact(array.as_primitive::<Int32Type>(), 0, to),
        DataType::Int64 => exact(array.as_primitive::<Int64Type>(), 0, to),
        DataType::Decimal { scale, .. } => match array.data_type() {
            arrow_schema::DataType::Decimal128(..) => exact(array.as_primitive::<Decimal128Type>(), *scale, to),
            _ => wide(array.as_primitive::<Decimal256Type>(), *scale, to),
        },
        DataType::Float32 => {
            let numbers = array.as_primitive::<Float32Type>();
            match to {
                DataType::Float64 => Ok(Arc::new(map::<_, Float64Type>(numbers, |value| Ok(value.into()))?)),
                // Its own shortest text decides which decimal it is, not that of the wider float.
                _ => from_float(array, from, to),
            }
        }
        DataType::Float64 if *to == DataType::Float32 => {
            let numbers = array.as_primitive::<Float64Type>();
            Ok(Arc::new(map::<_, Float32Type>(numbers, |value| {
                let nearest = value as f32;
                if nearest.is_infinite() && value.is_finite() {
                    Err(RANGE)
                } else {
                    Ok(nearest)
                }
            })?))
        }
        _ => from_float(array, from, to),
    }
}

/// From numbers of at most 38 digits.
fn exact<I: ArrowPrimitiveType>(numbers: &PrimitiveArray<I>, scale: u8, to: &DataType) -> Result<ArrayRef, CastError>
where
    I::Native: Into<i128>,
{
    let unit = 10_i128.pow(scale.into());
    let whole = |value: I::Native| {
        let value: i128 = value.into();
        if value % unit == 0 {
            Ok(value / unit)
        } else {
            Err(FRACTION)
        }
    };
    Ok(match to {
        DataType::Bool => {
            let digits = map::<_, Int16Type>(numbers, |value| match whole(value) {
                Ok(digit @ (0 | 1)) => Ok(digit as i16),
                _ => Err(TRUTH),
            })?;
            {
                let truths = digits.iter().map(|digit| digit.map(|digit| digit == 1));
                Arc::new(truths.collect::<BooleanArray>())
            }
        }
        DataType::Int16 => Arc::new(map::<_, Int16Type>(numbers, |value| {
            whole(value)?.try_into().map_err(|_| RANGE)
        })?),
        DataType::Int32 => Arc::new(map::<_, Int32Type>(numbers, |value| {
            whole(value)?.try_into().map_err(|_| RANGE)
        })?),
        DataType::Int64 => Arc::new(map::<_, Int64Type>(numbers, |value| {
            whole(value)?.try_into().map_err(|_| RANGE)
        })?),
        DataType::Decimal {
            precision,
            scale: target,
        } if *precision <= 38 => rescale::<I, Decimal128Type, i128>(numbers, Into::into, (scale, *target, *precision))?,
        DataType::Decimal {
            precision,
            scale: target,
        } => rescale::<I, Decimal256Type, i256>(
            numbers,
            |value| i256::from_i128(value.into()),
            (scale, *target, *precision),
        )?,
        _ => by_text(
            numbers,
            |value, out| decimal::write::<i128>(value.into(), scale, out),
            to,
        )?,
    })
}

/// From decimals of more than 38 digits.
fn wide(numbers: &PrimitiveArray<Decimal256Type>, scale: u8, to: &DataType) -> Result<ArrayRef, CastError> {
    match to {
        DataType::Decimal {
            precision,
            scale: target,
        } if *precision > 38 => {
            rescale::<Decimal256Type, Decimal256Type, i256>(numbers, |value| value, (scale, *target, *precision))
        }
        _ => by_text(numbers, |value, out| decimal::write(value, scale, out), to),
    }
}

/// To decimals of another scale; `scales` are the old one, the new one and the new precision.
fn rescale<I: ArrowPrimitiveType, O: DecimalType + ArrowPrimitiveType<Native = N>, N: Unscaled>(
    numbers: &PrimitiveArray<I>,
    widen: impl Fn(I::Native) -> N,
    (old, new, precision): (u8, u8, u8),
) -> Result<ArrayRef, CastError> {
    let ten = N::from(10);
    // Both powers are within the storage's range: a scale is at most its precision.
    let factor = ten.pow_wrapping(u32::from(old.abs_diff(new)));
    let bound = ten.pow_wrapping(u32::from(precision));
    let numbers = map::<I, O>(numbers, |value| {
        let value = widen(value);
        let value = if new >= old {
            value.mul_checked(factor).map_err(|_| RANGE)?
        } else if value.mod_wrapping(factor).is_zero() {
            value.div_wrapping(factor)
        } else {
            return Err(SCALE);
        };
        let fits = value.is_lt(bound) && value.is_gt(N::ZERO.sub_wrapping(bound));
        fits.then_some(value).ok_or(RANGE)
    })?;
    // The precision was checked above, value by value.
    Ok(Arc::new(
        numbers.with_data_type(O::TYPE_CONSTRUCTOR(precision, new as i8)),
    ))
}

/// By way of the numbers' decimal text.
fn by_text<I: ArrowPrimitiveType>(
    numbers: &PrimitiveArray<I>,
    write: impl Fn(I::Native, &mut Vec<u8>),
    to: &DataType,
) -> Result<ArrayRef, CastError> {
    let texts = texts::build(numbers, |row, out| {
        write(numbers.value(row), out);
        Ok(())
    })?;
    from_big(&texts, to)
}

fn from_float(array: &ArrayRef, from: &DataType, to: &DataType) -> Result<ArrayRef, CastError> {
    from_big(&texts::strings(array, from)?, to)
}

/// From the texts of numbers, NaN and infinities among them.
pub(super) fn from_big(texts: &StringArray, to: &DataType) -> Result<ArrayRef, CastError> {
    let whole = |text: &str, digits: u8| {
        decimal::parse::<i128>(text.as_bytes(), digits, 0).map_err(|fault| match fault {
            Fault::Scale => FRACTION,
            other => reason(other),
        })
    };
    Ok(match to {
        DataType::Int16 => Arc::new(map_text::<Int16Type, _>(texts.iter(), |text| {
            whole(text, 5)?.try_into().map_err(|_| RANGE)
        })?),
        DataType::Int32 => Arc::new(map_text::<Int32Type, _>(texts.iter(), |text| {
            whole(text, 10)?.try_into().map_err(|_| RANGE)
        })?),
        DataType::Int64 => Arc::new(map_text::<Int64Type, _>(texts.iter(), |text| {
            whole(text, 19)?.try_into().map_err(|_| RANGE)
        })?),
        DataType::Decimal { precision, scale } if *precision <= 38 => {
            decimals::<Decimal128Type, i128>(texts, *precision, *scale)?
        }
        DataType::Decimal { precision, scale } => decimals::<Decimal256Type, i256>(texts, *precision, *scale)?,
        DataType::BigDecimal => Arc::new(texts::build(texts, |row, out| {
            decimal::normalize(texts.value(row).as_bytes(), out).ok_or_else(|| {
                CastError::new(
                    row,
                    "is not a number of at most 131072 digits and 16383 more behind the point",
                )
            })
        })?),
        DataType::Float32 => Arc::new(map_text::<Float32Type, _>(texts.iter(), |text| {
            let nearest: f32 = text.parse().map_err(|_| NUMBER)?;
            if nearest.is_infinite() && !text.ends_with("Infinity") {
                Err(RANGE)
            } else {
                Ok(nearest)
            }
        })?),
        _ => Arc::new(map_text::<Float64Type, _>(texts.iter(), |text| {
            let nearest: f64 = text.parse().map_err(|_| NUMBER)?;
            if nearest.is_infinite() && !text.ends_with("Infinity") {
                Err(RANGE)
            } else {
                Ok(nearest)
            }
        })?),
    })
}

/// Decimals of the texts of numbers.
fn decimals<O: DecimalType + ArrowPrimitiveType<Native = N>, N: Unscaled>(
    texts: &StringArray,
    precision: u8,
    scale: u8,
) -> Result<ArrayRef, CastError> {
    let numbers = map_text::<O, _>(texts.iter(), |text| {
        decimal::parse(text.as_bytes(), precision, scale).map_err(reason)
    })?;
    Ok(Arc::new(
        numbers.with_data_type(O::TYPE_CONSTRUCTOR(precision, scale as i8)),
    ))
}
