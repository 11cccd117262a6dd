//! Doors for fuzzing: declarations, and texts of every type as databases keep them.

use syncapp_model::DataType;

use super::types;
use crate::cells::{Cell, Cells, Column};

/// What a column's declaration means.
pub fn declared(name: &str) {
    let _ = (types::meaning(name), types::holds(name, &DataType::String));
}

/// A text in a column of a type: where it is a value, spelling the value and reading it again gives the same.
pub fn cell(ty: &DataType, text: &[u8]) {
    let read = |text: &[u8]| {
        let mut column = Column::new(ty);
        column.push(Cell::Text(text), &mut String::new()).ok()?;
        Some(column.take())
    };
    let Some(value) = read(text) else { return };
    let mut scratch = String::new();
    let cells = Cells::of(value.as_ref(), ty).unwrap_or_else(|error| panic!("{ty}: {error:?}"));
    // Numbers and bytes are stored as they are; what has no text is refused.
    let Ok(Cell::Text(spelled)) = cells.cell(0, &mut scratch) else {
        return;
    };
    let again =
        read(spelled).unwrap_or_else(|| panic!("{ty}: {:?} is not read again", String::from_utf8_lossy(spelled)));
    assert_eq!(&again, &value, "{ty}");
}
