//! How far a stream has come, as its target remembers it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Scalar, StreamName};

/// Whose state it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StreamKey {
    /// The sync file's project.
    pub project: String,
    /// The sync's name.
    pub sync: String,
    /// The source stream's full name.
    pub stream: String,
}

impl fmt::Display for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.project, self.sync, self.stream)
    }
}

/// The fence of a stream's target: raised by every claim, asserted by every commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Epoch(pub i64);

/// Where the next increment begins, inclusively, and which rows from there on the target has already.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// The smallest cursor value that may still bring new rows.
    pub cursor: Scalar,
    /// The greatest cursor value that has landed; no smaller than `cursor`.
    pub through: Scalar,
    /// The table that holds what has landed; `None` where someone else said how far the stream has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<StreamName>,
    /// Rows at or above `cursor` that have landed: their hashes, and how often each. Kept apart from the position's
    /// text by targets that have a table for it.
    #[serde(skip)]
    pub landed: Vec<(RowHash, u64)>,
}

/// A 128-bit hash of a source row's values.
pub type RowHash = u128;

/// What a commit leaves behind in the target, in the transaction of its rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Where the next increment begins; `None` after a full refresh without a cursor.
    pub position: Option<Position>,
    /// Rows written in all since the state began.
    pub rows: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_s_text_leaves_the_rows_to_the_target() {
        let key = StreamKey {
            project: "p".into(),
            sync: "s".into(),
            stream: "public.t".into(),
        };
        assert_eq!(key.to_string(), "p/s/public.t");
        let position = Position {
            cursor: Scalar::Int(1),
            through: Scalar::Int(2),
            table: None,
            landed: vec![(7, 1)],
        };
        let read: Position = serde_json::from_str(&serde_json::to_string(&position).unwrap()).unwrap();
        assert_eq!((&read.cursor, &read.through), (&position.cursor, &position.through));
        assert_eq!(read.landed, []);
    }
}
