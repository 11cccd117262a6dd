//! What a connector brings along to be tested.

use async_trait::async_trait;
use syncapp_model::sync_file::Write;
use syncapp_model::{DataType, StreamName};

use super::edges::{Odd, TYPES};
use crate::{Delivery, Destination, Source};

/// A connector under test.
#[async_trait]
pub trait Rig: Send + Sync {
    /// A place of its own, with nothing in it.
    async fn fresh(&self) -> Box<dyn System>;

    /// What the system can do.
    fn abilities(&self) -> Abilities;
}

/// One place, with both ends over it. It goes when this is dropped.
pub trait System: Send + Sync {
    /// The place as it is read; a new end on every call.
    fn source(&self) -> Box<dyn Source>;

    /// The place as it is written; a new end on every call.
    fn destination(&self) -> Box<dyn Destination>;

    /// The kit's table of that name, as a target.
    fn target(&self, table: &str) -> StreamName {
        StreamName::bare(table)
    }

    /// The same table as a stream, once it is written.
    fn stream(&self, table: &str) -> StreamName {
        self.target(table)
    }
}

/// What a system can do. What it cannot, it has to refuse.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own that a rig states by name"
)]
pub struct Abilities {
    /// How rows can land.
    pub writes: Vec<Write>,
    /// What a kill leaves.
    pub delivery: Delivery,
    /// The types that come back as the same type with the same values. Others are not tried.
    pub types: Vec<DataType>,
    /// The odd values that come back as they were. The others, where their type is among [`types`](Self::types), have
    /// to be refused by an error that names the column.
    pub odd: Vec<Odd>,
    /// The odd values that some versions of the system keep and others do not: they come back as they were, or are
    /// refused.
    pub varying: Vec<Odd>,
    /// Whether a stream can be read along a cursor.
    pub ranges: bool,
    /// Whether a target is a table with columns of its own, which later loads have to fit or add to.
    pub tables: bool,
    /// Whether a stream without rows still knows its columns.
    pub declares_columns: bool,
    /// Whether a column without any value still knows its type.
    pub declares_types: bool,
    /// Whether a column knows that it has no NULL.
    pub declares_nullability: bool,
    /// Names that a table can have.
    pub table_names: Vec<&'static str>,
    /// Names that a column can have.
    pub column_names: Vec<&'static str>,
}

impl Abilities {
    /// All there is, landing together with its checkpoint.
    pub fn all() -> Self {
        Self {
            writes: vec![Write::Overwrite, Write::Append, Write::Merge],
            delivery: Delivery::Transactional,
            types: TYPES.iter().map(|word| word.parse().expect("a type")).collect(),
            odd: Odd::ALL.to_vec(),
            varying: Vec::new(),
            ranges: true,
            tables: true,
            declares_columns: true,
            declares_types: true,
            declares_nullability: true,
            table_names: ODD_NAMES.to_vec(),
            column_names: ODD_NAMES.to_vec(),
        }
    }

    pub(super) fn can(&self, write: Write) -> bool {
        self.writes.contains(&write)
    }
}

/// Names that are hard to quote. Two never differ in case only. The last is 63 bytes long.
pub const ODD_NAMES: [&str; 14] = [
    "select",
    "Upper Case",
    "with\"quote",
    "with'quote",
    "back`tick",
    "dots.in.it",
    "[brackets]",
    "semi;colon -- and /* comment */",
    "back\\slash",
    "percent %s $1 ?1 :a @b {c}",
    "Ünï-cödé 表",
    "emoji 🦀",
    "1starts with a digit",
    "a63_bytes_long_name_is_the_longest_that_every_system_can_have__",
];
