//! Values of each type: the kit's edges, and others of its ordinary range, the same in every run.

use std::fmt::Debug;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray, Float32Array,
    Float64Array, Int16Array, Int32Array, Int64Array, StringArray, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use syncapp_connector::testkit::edges;
use syncapp_model::DataType;

/// How many values are drawn beside the edges.
const DRAWN: usize = 60;
const DAY: i64 = 86_400_000_000;

/// The edges of a type, and drawn values of it where the type has many.
pub(super) fn values(ty: &DataType) -> ArrayRef {
    let edges = edges(ty);
    match drawn(ty) {
        Some(drawn) => arrow_select::concat::concat(&[&edges, &drawn]).unwrap(),
        None => edges,
    }
}

fn draw<T: Debug>(strategy: impl Strategy<Value = T>) -> Vec<Option<T>> {
    let mut runner = TestRunner::deterministic();
    let one = proptest::option::weighted(0.9, strategy);
    let all = proptest::collection::vec(one, DRAWN);
    all.new_tree(&mut runner).unwrap().current()
}

/// Moments from the year 1 to 9999.
fn moments() -> impl Strategy<Value = i64> {
    -719_162 * DAY..2_932_897 * DAY
}

fn drawn(ty: &DataType) -> Option<ArrayRef> {
    let normal = proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL;
    let single = proptest::num::f32::NORMAL | proptest::num::f32::SUBNORMAL;
    Some(match ty {
        DataType::Bool => Arc::new(BooleanArray::from(draw(any::<bool>()))),
        DataType::Int16 => Arc::new(Int16Array::from(draw(any::<i16>()))),
        DataType::Int32 => Arc::new(Int32Array::from(draw(any::<i32>()))),
        DataType::Int64 => Arc::new(Int64Array::from(draw(any::<i64>()))),
        DataType::Float32 => Arc::new(Float32Array::from(draw(single))),
        DataType::Float64 => Arc::new(Float64Array::from(draw(normal))),
        DataType::Decimal { precision, scale } if *precision <= 38 => {
            let most = 10_i128.pow(u32::from(*precision)) - 1;
            let array = Decimal128Array::from(draw(-most..=most));
            Arc::new(array.with_precision_and_scale(*precision, *scale as i8).unwrap())
        }
        DataType::BigDecimal => Arc::new(StringArray::from(draw("-?[1-9][0-9]{0,60}\\.[0-9]{1,40}"))),
        // Two spaces at the end, controls, quotes, and all planes.
        DataType::String => Arc::new(StringArray::from(draw("[\\PC\t\n\r'\"\\\\,;`]{0,40}|[ -~]{0,8}  "))),
        DataType::Binary => {
            let drawn = draw(proptest::collection::vec(any::<u8>(), 0..40));
            Arc::new(BinaryArray::from_iter(drawn))
        }
        DataType::Date => Arc::new(Date32Array::from(draw(-719_162..2_932_897))),
        DataType::Time => Arc::new(Time64MicrosecondArray::from(draw(0..DAY))),
        DataType::Timestamp => Arc::new(TimestampMicrosecondArray::from(draw(moments()))),
        DataType::TimestampTz => Arc::new(TimestampMicrosecondArray::from(draw(moments())).with_timezone("UTC")),
        DataType::Uuid => {
            let drawn = draw(any::<[u8; 16]>());
            Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(drawn.into_iter(), 16).unwrap())
        }
        _ => return None,
    })
}
