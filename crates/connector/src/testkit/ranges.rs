//! Reading along a cursor.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Date32Array, Decimal128Array, FixedSizeBinaryArray, Int32Array, Int64Array, StringArray,
    TimestampMicrosecondArray,
};
use syncapp_model::sync_file::Write;
use syncapp_model::{DataType, Scalar};

use super::{Flow, Rig, Table};
use crate::Range;

/// Values in rising order, a NULL, and the middle value once more: ids 1 to 5 rise, 6 has none, 7 is as 3.
fn cursors() -> Vec<(DataType, ArrayRef, [Scalar; 2])> {
    let decimal = DataType::Decimal {
        precision: 10,
        scale: 2,
    };
    let of = |values: [i64; 5]| {
        let [.., third, _, _] = values;
        values
            .map(Some)
            .into_iter()
            .chain([None, Some(third)])
            .collect::<Vec<_>>()
    };
    let small = |values: [i32; 5]| {
        of(values.map(i64::from))
            .into_iter()
            .map(|value| value.map(|value| value as i32))
            .collect::<Vec<_>>()
    };
    let texts = |values: [&'static str; 5]| {
        let [.., third, _, _] = values;
        Arc::new(
            values
                .map(Some)
                .into_iter()
                .chain([None, Some(third)])
                .collect::<StringArray>(),
        )
    };
    let micros = of([-62_135_596_800_000_000, -1, 0, 1, 253_402_300_799_999_999]);
    let uuid = |first: u8| {
        let mut bytes = [9; 16];
        bytes[0] = first;
        bytes
    };
    let uuids = of([0, 1, 127, 128, 255])
        .into_iter()
        .map(|first| first.map(|first| uuid(first as u8)));
    let cents: Vec<_> = of([-1000, -999, 0, 999, 1000])
        .into_iter()
        .map(|value| value.map(i128::from))
        .collect();
    vec![
        (
            DataType::Int32,
            Arc::new(Int32Array::from(small([-10, -9, 0, 9, 10]))),
            [Scalar::Int(-9), Scalar::Int(9)],
        ),
        (
            DataType::Int64,
            Arc::new(Int64Array::from(of([i64::MIN, -1, 0, 9, i64::MAX]))),
            [Scalar::Int(-1), Scalar::Int(9)],
        ),
        (
            decimal,
            Arc::new(
                Decimal128Array::from(cents)
                    .with_precision_and_scale(10, 2)
                    .expect("decimal"),
            ),
            [Scalar::Decimal("-9.99".into()), Scalar::Decimal("9.990".into())],
        ),
        (
            DataType::BigDecimal,
            texts(["-100.5", "-9.99", "0.0", "9.99", "100.5"]),
            [Scalar::Decimal("-9.990".into()), Scalar::Decimal("9.99".into())],
        ),
        (
            DataType::String,
            texts(["", "A'", "Z", "a", "é"]),
            [Scalar::Text("A'".into()), Scalar::Text("a".into())],
        ),
        (
            DataType::Date,
            Arc::new(Date32Array::from(small([-719_162, -1, 0, 1, 2_932_896]))),
            [Scalar::Date(-1), Scalar::Date(1)],
        ),
        (
            DataType::Timestamp,
            Arc::new(TimestampMicrosecondArray::from(micros.clone())),
            [Scalar::Timestamp(-1), Scalar::Timestamp(1)],
        ),
        (
            DataType::TimestampTz,
            Arc::new(TimestampMicrosecondArray::from(micros).with_timezone("UTC")),
            [Scalar::TimestampTz(-1), Scalar::TimestampTz(1)],
        ),
        (
            DataType::Uuid,
            Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(uuids, 16).expect("16 bytes")),
            [Scalar::Uuid(uuid(1)), Scalar::Uuid(uuid(128))],
        ),
    ]
}

/// Bounds and order, for every type of cursor; a source without ranges refuses them.
pub async fn from_is_inclusive_below_exclusive_and_null_comes(rig: &dyn Rig) {
    let (flow, can) = (Flow::new(rig).await, rig.abilities());
    for (at, (ty, values, [second, fourth])) in cursors().into_iter().enumerate() {
        if !can.types.contains(&ty) && !matches!(ty, DataType::Decimal { .. }) {
            continue;
        }
        let table = Table::new(&format!("r{at}"), &[("c", ty.clone())]);
        flow.put(&table, Write::Overwrite, &[table.value_rows(values)]).await;
        let (from, below) = (Some(second), Some(fourth));
        for (from, below, want) in [
            (None, None, &[1, 2, 3, 7, 4, 5][..]),
            (from.clone(), None, &[2, 3, 7, 4, 5]),
            (None, below.clone(), &[1, 2, 3, 7]),
            (from.clone(), below, &[2, 3, 7]),
            (from.clone(), from, &[]),
        ] {
            let what = format!("cursor of type {ty}, from {from:?} below {below:?}");
            let range = Range {
                cursor: "c".into(),
                from,
                below,
            };
            let read = flow.ids(&table, Some(range), None).await;
            if !can.ranges {
                assert!(read.is_err(), "{what}: a range is refused, not passed over");
                continue;
            }
            let (mut ids, ordered) = read.unwrap_or_else(|error| panic!("{what}: {error:?}"));
            let nulls = ids.iter().filter(|id| **id == 6).count();
            assert_eq!(nulls, 1, "{what}: the row without a cursor comes once: {ids:?}");
            ids.retain(|id| *id != 6);
            let (mut got, mut want) = (ids.clone(), want.to_vec());
            got.sort_unstable();
            want.sort_unstable();
            assert_eq!(got, want, "{what}");
            if ordered {
                let place = |id: &i64| if *id == 7 { 3 } else { *id };
                assert!(ids.is_sorted_by_key(place), "{what}: in the cursor's order: {ids:?}");
            }
        }
    }
}
