//! Casts between dates, times and timestamps.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Time64MicrosecondType, TimestampMicrosecondType};
use syncapp_model::DataType;

use super::number::RANGE;
use super::{CastError, map};
use syncapp_values::calendar::DAY;

/// Casts from a date or timestamp. From a timestamp to a date or a time the other part is dropped.
pub(super) fn cast(array: &ArrayRef, from: &DataType, to: &DataType) -> Result<ArrayRef, CastError> {
    if *from == DataType::Date {
        let midnights = map::<Date32Type, TimestampMicrosecondType>(array.as_primitive(), |days| {
            i64::from(days).checked_mul(DAY).ok_or(RANGE)
        })?;
        return Ok(Arc::new(midnights.with_data_type(to.arrow())));
    }
    let instants = array.as_primitive::<TimestampMicrosecondType>();
    Ok(match to {
        DataType::Date => Arc::new(map::<_, Date32Type>(instants, |micros| {
            i32::try_from(micros.div_euclid(DAY)).map_err(|_| RANGE)
        })?),
        DataType::Time => Arc::new(map::<_, Time64MicrosecondType>(instants, |micros| {
            Ok(micros.rem_euclid(DAY))
        })?),
        // Only the word for the zone changes: both count from midnight UTC.
        _ => Arc::new(instants.clone().with_data_type(to.arrow())),
    })
}
