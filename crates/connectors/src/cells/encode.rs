//! Arrow columns into stored values, borrowed where they can be.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
};
use arrow_array::{
    Array, BinaryArray, BooleanArray, Decimal128Array, Decimal256Array, FixedSizeBinaryArray, PrimitiveArray,
    StringArray,
};
use arrow_buffer::NullBuffer;
use syncapp_model::{DataType, Error, Result};

use super::decode::Wrong;
use super::{Cell, decimal, list, text};

/// A column of a batch, by its type.
pub(crate) enum Cells<'a> {
    Bool(&'a BooleanArray),
    Int16(&'a PrimitiveArray<Int16Type>),
    Int32(&'a PrimitiveArray<Int32Type>),
    Int64(&'a PrimitiveArray<Int64Type>),
    Float32(&'a PrimitiveArray<Float32Type>),
    Float64(&'a PrimitiveArray<Float64Type>),
    Decimal128(&'a Decimal128Array, u8),
    Decimal256(&'a Decimal256Array, u8),
    Text(&'a StringArray),
    Binary(&'a BinaryArray),
    Date(&'a PrimitiveArray<Date32Type>),
    Time(&'a PrimitiveArray<Time64MicrosecondType>),
    Timestamp(&'a PrimitiveArray<TimestampMicrosecondType>, bool),
    Interval(&'a PrimitiveArray<IntervalMonthDayNanoType>),
    Uuid(&'a FixedSizeBinaryArray),
    List {
        items: Box<Cells<'a>>,
        offsets: &'a [i32],
        nulls: Option<&'a NullBuffer>,
    },
}

impl<'a> Cells<'a> {
    /// The cells of an array, which has to be the type's own Arrow form.
    pub(crate) fn of(array: &'a dyn Array, ty: &DataType) -> Result<Self> {
        if *array.data_type() != ty.arrow() {
            let got = array.data_type();
            return Err(Error::internal(format!("a column of type {ty} came as Arrow's {got}")));
        }
        Ok(match ty {
            DataType::Bool => Self::Bool(array.as_boolean()),
            DataType::Int16 => Self::Int16(array.as_primitive()),
            DataType::Int32 => Self::Int32(array.as_primitive()),
            DataType::Int64 => Self::Int64(array.as_primitive()),
            DataType::Float32 => Self::Float32(array.as_primitive()),
            DataType::Float64 => Self::Float64(array.as_primitive()),
            DataType::Decimal { precision, scale } if *precision <= 38 => {
                Self::Decimal128(array.as_primitive::<Decimal128Type>(), *scale)
            }
            DataType::Decimal { scale, .. } => Self::Decimal256(array.as_primitive::<Decimal256Type>(), *scale),
            DataType::BigDecimal | DataType::String | DataType::Json => Self::Text(array.as_string()),
            DataType::Binary => Self::Binary(array.as_binary()),
            DataType::Date => Self::Date(array.as_primitive()),
            DataType::Time => Self::Time(array.as_primitive()),
            DataType::Timestamp => Self::Timestamp(array.as_primitive(), false),
            DataType::TimestampTz => Self::Timestamp(array.as_primitive(), true),
            DataType::Interval => Self::Interval(array.as_primitive()),
            DataType::Uuid => Self::Uuid(array.as_fixed_size_binary()),
            DataType::List(item) => {
                let list = array.as_list::<i32>();
                Self::List {
                    items: Box::new(Self::of(list.values().as_ref(), item)?),
                    offsets: list.value_offsets(),
                    nulls: list.nulls(),
                }
            }
        })
    }

    /// A cell.
    pub(crate) fn cell<'s>(&'s self, row: usize, scratch: &'s mut String) -> Result<Cell<'s>, Wrong> {
        if self.is_null(row) {
            return Ok(Cell::Null);
        }
        scratch.clear();
        match self {
            Self::Bool(column) => return Ok(Cell::Integer(i64::from(column.value(row)))),
            Self::Int16(column) => return Ok(Cell::Integer(column.value(row).into())),
            Self::Int32(column) => return Ok(Cell::Integer(column.value(row).into())),
            Self::Int64(column) => return Ok(Cell::Integer(column.value(row))),
            Self::Float32(column) => return Ok(Cell::Real(column.value(row).into())),
            Self::Float64(column) => return Ok(Cell::Real(column.value(row))),
            Self::Text(column) => return Ok(Cell::Text(column.value(row).as_bytes())),
            Self::Binary(column) => return Ok(Cell::Blob(column.value(row))),
            Self::Decimal128(column, scale) => decimal::write(scratch, &column.value(row), *scale),
            Self::Decimal256(column, scale) => decimal::write(scratch, &column.value(row), *scale),
            Self::Date(column) => text::write_date(scratch, column.value(row).into()),
            Self::Time(column) => {
                if !text::write_time(scratch, column.value(row)) {
                    return Err(Wrong("a time outside the day"));
                }
            }
            Self::Timestamp(column, utc) => text::write_timestamp(scratch, column.value(row), *utc),
            Self::Interval(column) => text::write_interval(scratch, column.value(row)),
            Self::Uuid(column) => text::write_uuid(scratch, column.value(row)),
            Self::List { items, offsets, .. } => {
                list::write(scratch, items, offsets[row] as usize, offsets[row + 1] as usize)?;
            }
        }
        Ok(Cell::Text(scratch.as_bytes()))
    }

    /// Whether a cell is NULL.
    pub(crate) fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Bool(column) => column.is_null(row),
            Self::Int16(column) => column.is_null(row),
            Self::Int32(column) => column.is_null(row),
            Self::Int64(column) => column.is_null(row),
            Self::Float32(column) => column.is_null(row),
            Self::Float64(column) => column.is_null(row),
            Self::Decimal128(column, _) => column.is_null(row),
            Self::Decimal256(column, _) => column.is_null(row),
            Self::Text(column) => column.is_null(row),
            Self::Binary(column) => column.is_null(row),
            Self::Date(column) => column.is_null(row),
            Self::Time(column) => column.is_null(row),
            Self::Timestamp(column, _) => column.is_null(row),
            Self::Interval(column) => column.is_null(row),
            Self::Uuid(column) => column.is_null(row),
            Self::List { nulls, .. } => nulls.is_some_and(|nulls| nulls.is_null(row)),
        }
    }
}
