//! Taking a run back: what a load is asked to keep for it, and what became of the rows.

use serde::Serialize;
use syncapp_model::StreamKey;

/// What a load keeps so that its run can be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keep {
    /// The run that the load is part of.
    pub run_id: String,
    /// Until when it is kept, in microseconds since 1970 UTC.
    pub until: i64,
}

/// Which run is to be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoRequest {
    /// The run.
    pub run_id: String,
    /// Whether everything stays as it is, and only what would happen is found out.
    pub dry_run: bool,
}

/// What became of one stream of a run that was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Undone {
    /// Whose rows they are.
    #[serde(flatten)]
    pub key: StreamKey,
    /// The table's full name.
    pub target: String,
    /// What became of the table as a whole.
    pub table: TableFate,
    /// Rows that the run had brought, and that are gone.
    pub removed: u64,
    /// Rows that the run had changed, and that are as they were.
    pub restored: u64,
    /// Rows that the run had deleted, and that are there again.
    pub put_back: u64,
    /// Rows that someone changed since, and that are left as they are.
    pub left_alone: u64,
    /// Some of those, where a key names them.
    pub left: Vec<LeftAlone>,
}

impl Undone {
    /// How many of the rows left alone are named.
    pub const NAMED: usize = 20;

    /// Nothing yet.
    pub fn new(key: StreamKey, target: String) -> Self {
        Self {
            key,
            target,
            table: TableFate::Stays,
            removed: 0,
            restored: 0,
            put_back: 0,
            left_alone: 0,
            left: Vec::new(),
        }
    }
}

/// What became of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TableFate {
    /// It is the one that it was.
    Stays,
    /// The run had made it: it is dropped.
    Dropped,
    /// The run had put a new one in its place: the old one is back.
    SwappedBack,
}

/// A row that someone changed since the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftAlone {
    /// The values of its key.
    pub row: String,
    /// What happened to it.
    pub reason: String,
}
