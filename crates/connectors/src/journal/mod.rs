//! What the SQL systems share of `undo`: the journal that a load keeps, and the statements that read it back.
//!
//! A load that changes rows has a *journal table* beside its target, with the target's own columns, so that every value
//! lies there as in the target itself. Each row in it has an operation:
//!
//! - `b` and `a`, a row before and after the run changed it; `d`, a row that the run deleted; `i`, one that it inserted;
//! - `?` while a load lands: the key of a row that is about to be inserted.
//!
//! A load that makes a table, or puts a new one in the place of the old, has a fingerprint of the new one instead.
//!
//! Invariants:
//! - The journal is written in the transaction of the rows, and read back in the one that takes them away.
//! - Nothing goes row by row; a row is only touched while it is what the journal says that the run left.
//! - Rows of one key stand or fall together.

mod keep;
mod restore;

pub(crate) use keep::{Staged, Vanished};
pub(crate) use restore::Step;

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use syncapp_connector::Target;
use syncapp_model::{Checkpoint, Code, Epoch, Error, Result, Side, StreamKey, StreamName};

use crate::hash::fnv;

/// The journal table's own columns.
pub(crate) const OPERATION: &str = "_syncapp_op";
/// Why a row is left alone; NULL while nothing speaks against it.
pub(crate) const LEFT: &str = "_syncapp_left";

/// A journal table, and the table that it tells about, in the words of one system.
pub(crate) struct Journal {
    /// The target, quoted.
    pub(crate) table: String,
    /// The journal, quoted.
    pub(crate) own: String,
    /// The target's columns that can be written, quoted.
    pub(crate) columns: Vec<String>,
    /// Rows of one key stand or fall together; empty where no key tells rows apart.
    pub(crate) key: Vec<String>,
    /// What tells a row from all others: the key, and in a history the beginning of a version.
    pub(crate) identity: Vec<String>,
    /// Columns that an update may not set, quoted.
    pub(crate) fixed: Vec<String>,
    /// A row of an alias as one value, equal only where all of its values are. `t` is the target.
    pub(crate) image: Box<dyn Fn(&str) -> String + Send + Sync>,
    /// Whether statements name a second table by a join.
    pub(crate) joins: bool,
    /// What stands between an insert's columns and its query.
    pub(crate) overriding: &'static str,
}

impl Journal {
    fn list(&self) -> String {
        self.columns.join(", ")
    }

    fn of(columns: &[String], alias: &str) -> String {
        let named: Vec<String> = columns.iter().map(|name| format!("{alias}.{name}")).collect();
        named.join(", ")
    }

    /// The journal stands first: in SQLite its collation, which tells all texts apart, decides.
    fn equal(columns: &[String], one: &str, other: &str) -> String {
        let equal: Vec<String> = columns
            .iter()
            .map(|name| format!("{one}.{name} = {other}.{name}"))
            .collect();
        equal.join(" and ")
    }
}

/// What one load left behind for its undo: a row of `_syncapp_undo`, as JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The target.
    pub(crate) table: StreamName,
    pub(crate) kind: Kind,
    /// The journal table, or the old table in the place of which a new one stands.
    pub(crate) journal: Option<StreamName>,
    pub(crate) columns: Vec<String>,
    pub(crate) key: Vec<String>,
    pub(crate) identity: Vec<String>,
    /// Columns that an update may not set.
    pub(crate) fixed: Vec<String>,
    /// The new table's rows as one value, where the load made one.
    pub(crate) fingerprint: Option<String>,
    /// Statements that make the old table, where it could not be kept itself.
    pub(crate) definition: Vec<String>,
    /// The checkpoint before the load.
    pub(crate) before: Kept,
    /// Where the load left it.
    pub(crate) after: Mark,
}

/// How a load changed its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Row by row.
    Rows,
    /// It made the table.
    Made,
    /// It put a new table in the place of the old one.
    Swapped,
}

/// A stream's checkpoint as its table has it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Kept {
    #[serde(flatten)]
    pub(crate) mark: Mark,
    /// The table that SyncApp made, in the system's words.
    pub(crate) relation: Option<String>,
    /// Its definition, where the system tells the table by it.
    pub(crate) made: Option<String>,
    /// Hashes of the rows at the position, and how often each.
    pub(crate) landed: Vec<(String, u64)>,
}

/// How far a stream has come, as its table spells it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    pub(crate) position: Option<String>,
    pub(crate) rows: Option<i64>,
}

impl Mark {
    /// What a commit writes.
    pub(crate) fn of(checkpoint: &Checkpoint, position: Option<String>) -> Self {
        Self {
            position,
            rows: Some(checkpoint.rows.cast_signed()),
        }
    }
}

impl Entry {
    /// What a load of this target begins with: nothing but its checkpoint is known.
    pub(crate) fn new(table: &StreamName, before: Kept, after: Mark) -> Self {
        Self {
            table: table.clone(),
            kind: Kind::Rows,
            journal: None,
            columns: Vec::new(),
            key: Vec::new(),
            identity: Vec::new(),
            fixed: Vec::new(),
            fingerprint: None,
            definition: Vec::new(),
            before,
            after,
        }
    }

    pub(crate) fn spell(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|problem| Error::internal(problem.to_string()))
    }

    pub(crate) fn read(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|problem| {
            let why = "an entry in _syncapp_undo cannot be read";
            Error::new(Code::Failed(Side::Destination), why)
                .help("it was written by another version or by hand, and cannot be taken back")
                .driver(problem)
        })
    }

    /// The table's columns that came since the load. A column that is gone makes it another table.
    pub(crate) fn added_since(&self, present: &[String]) -> Result<Vec<String>> {
        if self.columns.iter().any(|name| !present.contains(name)) {
            return Err(changed_since(&self.table));
        }
        let added = present.iter().filter(|name| !self.columns.contains(name));
        Ok(added.cloned().collect())
    }

    /// Whether a load changed anything that would have to be taken back.
    pub(crate) fn says_nothing(&self) -> bool {
        self.kind == Kind::Rows && self.journal.is_none() && self.before.mark == self.after
    }
}

/// What the names of a stream's journal tables begin with.
pub(crate) fn prefix(key: &StreamKey) -> String {
    format!("_syncapp_undo_{:016x}_", fnv(key.to_string().as_bytes(), 0))
}

/// The name of a load's journal table. No two loads share one: a claim belongs to one process, which counts its loads.
pub(crate) fn name(target: &Target, table: &StreamName, epoch: Epoch) -> StreamName {
    static LOADS: AtomicU64 = AtomicU64::new(0);
    let number = LOADS.fetch_add(1, Ordering::Relaxed);
    StreamName {
        namespace: table.namespace.clone(),
        name: format!("{}{:x}_{number:x}", prefix(&target.key), epoch.0),
    }
}

/// A row by its key, in the words of errors.
pub(crate) fn named<'a>(key: &[String], value: impl Fn(usize) -> Option<&'a str>) -> String {
    let values: Vec<&str> = (0..key.len()).map(|at| value(at).unwrap_or("NULL")).collect();
    format!("{} = {}", key.join(", "), values.join(", "))
}

/// The table was changed since the run, which only the whole of it could take back.
pub(crate) fn changed_since(table: &StreamName) -> Error {
    let why = format!("{table} was changed since the run, and is not the table that the run left");
    Error::new(Code::ChangedSince, why)
        .help("nothing was taken back: undo what changed it first, or load the table again")
}

/// Another run came after the one that is to be taken back.
pub(crate) fn later_runs(key: &StreamKey, runs: &[String]) -> Error {
    let why = format!("{} later runs of {} stand on this one", runs.len(), key.stream);
    Error::new(Code::Conflict, why)
        .stream(&key.stream)
        .help(format!("undo them first, the newest first: {}", runs.join(", ")))
}

/// The stream has moved on, and no journal tells how.
pub(crate) fn moved_on(key: &StreamKey) -> Error {
    let why = format!("the checkpoint of {} is not the one that the run left", key.stream);
    Error::new(Code::Conflict, why)
        .stream(&key.stream)
        .help("a later run without `undo`, or `state set`, has moved it: what came between cannot be taken back")
}

/// A column that the load does not write, and that has values of its own all the same.
pub(crate) fn fills_itself(table: &StreamName, column: &str) -> Error {
    let why = format!("`{column}` of {table} fills itself, so `undo` could not find the rows that are added");
    Error::new(Code::Conflict, why)
        .column(column)
        .help("choose `write: merge` with a key, map the column, or leave `undo` out")
}

/// A key that is not one in the target.
pub(crate) fn ambiguous(table: &StreamName) -> Error {
    let why = format!("several rows of {table} have one key, so `undo` could not tell them apart");
    Error::new(Code::DuplicateKey, why).help("choose a `primary_key` that tells the rows apart, or leave `undo` out")
}
