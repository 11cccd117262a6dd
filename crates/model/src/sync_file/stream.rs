//! What is said of one stream.

use std::time::Duration;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest time that a journal is kept.
const MAX: Duration = Duration::from_hours(24 * 36_525);

/// How a stream is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// All rows, every time.
    FullRefresh,
    /// The rows at or behind the cursor's last position.
    Incremental,
    /// The source's change log.
    Cdc,
}

/// How rows land.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Write {
    /// The target becomes what was read.
    Overwrite,
    /// Rows are added.
    Append,
    /// Rows are inserted, or update the row of their key.
    Merge,
    /// Every version of a row is kept (slowly changing dimension, type 2).
    History,
}

/// What becomes of target rows whose key vanished from the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeleteRule {
    /// They stay.
    Ignore,
    /// They are marked.
    Soft,
    /// They are deleted.
    Hard,
}

/// Names of columns that `columns` does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Naming {
    /// As in the source.
    Keep,
    /// In snake case.
    Snake,
}

/// What becomes of a changed source table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SchemaChanges {
    /// New columns are added and types widened.
    Propagate,
    /// The target stays as it is.
    Ignore,
    /// The stream stops with a reason.
    Pause,
}

/// What becomes of a row that cannot land.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// The stream stops and the target stays as it was.
    Fail,
    /// The value becomes NULL, counted.
    Null,
    /// The row is set aside, counted.
    Reject,
}

/// How a column's values are hidden.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mask {
    /// HMAC-SHA-256 in hex: equal values stay equal.
    Hash,
    /// `***`
    Redact,
    /// NULL.
    Null,
    /// Only the first and last characters stay.
    Partial(Partial),
    /// Authenticated encryption, reversible.
    Encrypt,
}

/// How much of a text stays readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Partial {
    /// Characters kept at the start.
    #[serde(default)]
    pub keep_first: u32,
    /// Characters kept at the end.
    #[serde(default)]
    pub keep_last: u32,
}

/// One target column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnConfig {
    /// The source column it comes from; the target's own name where neither this nor `expr` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// An SQL expression over source columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expr: Option<String>,
    /// The type it is cast to, such as `decimal(10,2)`.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub ty: Option<String>,
    /// The target system's own type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub native: Option<String>,
    /// How its values are hidden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mask: Option<Mask>,
    /// Consent to a type that may lose values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_lossy: Option<bool>,
}

/// A journal of before-images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Undo {
    /// How long it is kept, such as `7d`.
    pub keep: String,
}

impl Undo {
    /// How long it is kept.
    ///
    /// ```
    /// use syncapp_model::sync_file::Undo;
    /// let kept = |keep: &str| Undo { keep: keep.into() }.time().ok().map(|time| time.as_secs());
    /// assert_eq!([kept("7d"), kept("1h 30m"), kept("0s"), kept("7")], [Some(604_800), Some(5400), None, None]);
    /// ```
    pub fn time(&self) -> Result<Duration, String> {
        let keep = self.keep.trim();
        humantime::parse_duration(keep)
            .ok()
            .filter(|time| !time.is_zero() && *time <= MAX)
            .ok_or_else(|| format!("`{keep}` is no time such as `7d` or `12h` (100 years at the most)"))
    }
}

/// Declares the stream keys once, and with them how a stream's keys lie over the defaults. A key whose word in the file
/// is no Rust name says it behind `as`.
macro_rules! stream_keys {
    (@word $key:ident) => { stringify!($key) };
    (@word $key:ident $word:literal) => { $word };
    ($($(#[$doc:meta])* $key:ident $(as $word:literal)?: $ty:ty,)*) => {
        /// All keys of one stream; what is not given is `None`.
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct StreamConfig {
            $(
                $(#[$doc])*
                $(#[serde(rename = $word)])?
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $key: Option<$ty>,
            )*
        }

        impl StreamConfig {
            /// The words of all keys, in the order of the documentation.
            pub const KEYS: &[&str] = &[$(stream_keys!(@word $key $($word)?)),*];

            /// These keys, and the other's where they are silent.
            pub fn over(self, defaults: &Self) -> Self {
                Self { $($key: self.$key.or_else(|| defaults.$key.clone()),)* }
            }

            /// The words of the keys that are given.
            pub fn given(&self) -> Vec<&'static str> {
                let mut keys = Vec::new();
                $(if self.$key.is_some() { keys.push(stream_keys!(@word $key $($word)?)); })*
                keys
            }
        }
    };
}

stream_keys! {
    /// The target's name, with `{schema}` and `{stream}`.
    into: String,
    /// How it is read.
    mode: Mode,
    /// How it lands.
    write: Write,
    /// Names of the key's columns; the discovered key where it is not given.
    primary_key: Vec<String>,
    /// The source column whose values grow with every change.
    cursor: String,
    /// Where the first increment begins, inclusively.
    start: serde_json::Value,
    /// How far each increment looks back: a time such as `10m`, or a number for a cursor of numbers.
    lookback: serde_json::Value,
    /// Custom SQL instead of the table.
    query: String,
    /// An SQL expression over source columns that the rows must fulfil.
    filter as "where": String,
    /// Source columns: `*`, names, and names left out by a leading `-`.
    select: Vec<String>,
    /// By the target's column name.
    columns: IndexMap<String, ColumnConfig>,
    /// Names of columns that `columns` does not name.
    naming: Naming,
    /// What becomes of rows that vanished from the source.
    deletes: DeleteRule,
    /// What becomes of a changed source table.
    schema_changes: SchemaChanges,
    /// What becomes of a row that cannot land.
    on_error: OnError,
    /// How many rows may be set aside.
    max_rejects: u64,
    /// Which share of the rows may be set aside, 0 to 1.
    max_reject_ratio: f64,
    /// Consent to types that may lose values.
    allow_lossy: bool,
    /// Whether `_synced_at` and `_run_id` are added.
    metadata: bool,
    /// Keeps before-images.
    undo: Undo,
    /// The worker pool on an agent.
    pool: String,
    /// SQL run in the target before the load, in its transaction where it can be.
    before_sql: String,
    /// SQL run in the target after the load, in its transaction where it can be.
    after_sql: String,
}
