//! Arrays of texts, made row by row.

use arrow_array::{Array, StringArray};
use arrow_buffer::OffsetBuffer;
use syncapp_model::DataType;
use syncapp_values::Texts;

use super::CastError;

/// The texts of all rows; NULL stays NULL.
pub(crate) fn strings(array: &dyn Array, ty: &DataType) -> Result<StringArray, CastError> {
    let texts = Texts::of(array, ty);
    build(array, |row, out| {
        texts.write(row, out);
        Ok(())
    })
}

/// A string array of what `write` appends for each row that is not NULL.
pub(crate) fn build(
    array: &dyn Array,
    mut write: impl FnMut(usize, &mut Vec<u8>) -> Result<(), CastError>,
) -> Result<StringArray, CastError> {
    let mut values = Vec::new();
    let mut offsets = Vec::with_capacity(array.len() + 1);
    offsets.push(0);
    for row in 0..array.len() {
        if array.is_valid(row) {
            write(row, &mut values)?;
        }
        offsets.push(
            i32::try_from(values.len()).map_err(|_| CastError::new(row, "takes the batch beyond 2 GiB of text"))?,
        );
    }
    StringArray::try_new(OffsetBuffer::new(offsets.into()), values.into(), array.logical_nulls())
        .map_err(|error| CastError::new(0, error.to_string()))
}
