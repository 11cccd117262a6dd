//! Rows summed up where they lie, so that two systems can be compared without moving their rows.
//!
//! Each row becomes a text, and each text two numbers. Rows lie in buckets by a hash of their key; of a bucket the
//! number of rows and the sums of their numbers are told. Two ends whose buckets are equal hold the same rows; of a
//! bucket that differs the rows themselves are fetched and compared, value by value. So a text may differ where values
//! are equal (that costs a fetch), but never be equal where they differ.
//!
//! **The text of a row**: the texts of its cells, in the order of [`DigestRequest::columns`], each followed by `|`. NULL
//! is `~`; every other cell is what its [`Form`] says. The text of a key is the same over the key's cells; without a key
//! it is the row's.
//!
//! **The numbers of a row**: of the MD5 of its text in hexadecimal the first fifteen digits and the next fifteen. **Its
//! bucket**: the last four digits of the MD5 of its key's text, and of those the lowest [`bits`](Digest::buckets).
//! MD5, because it is what servers have; it guards against accidents, not against people.

use async_trait::async_trait;
use serde::Serialize;
use syncapp_model::{Result, Scalar};

use crate::{BatchStream, StreamRef};

/// The most bits that the number of a bucket may have.
pub const MAX_BITS: u8 = 16;

/// How the cells of a column are spelled. Two ends are compared in one form, whatever their own types are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Truths as 1 and 0, integers and decimals: plain, without zeros at the end of a fraction.
    Number,
    /// A float of 64 bits: its bits as 16 hexadecimal digits; there is one NaN.
    Float,
    /// The length in bytes, `:`, and the text in UTF-8.
    Text,
    /// JSON as it is spelled, in the form of a text.
    Json,
    /// Bytes in hexadecimal digits.
    Binary,
    /// The days since 2000, as 8 hexadecimal digits in two's complement.
    Date,
    /// The microseconds since 2000 (UTC, where there is a zone), as 16 digits in two's complement.
    Moment,
    /// Times of day and spans: microseconds, days and months, as 16, 8 and 8 digits in two's complement.
    Span,
    /// With hyphens, in lower case.
    Uuid,
    /// A list, as JSON: no system sums it up.
    List,
    /// The system's own text of a value of one of its own types, in the form of a text. Both ends are of that system.
    Native,
}

/// What to sum up.
#[derive(Debug, Clone)]
pub struct DigestRequest {
    /// The stream.
    pub stream: StreamRef,
    /// The columns that are compared.
    pub columns: Vec<DigestColumn>,
    /// The places of the key's columns among them; none where the row itself is the key.
    pub key: Vec<usize>,
    /// Only rows that have NULL in these columns.
    pub only_null: Vec<String>,
    /// Only rows of this part.
    pub part: Option<Part>,
    /// The columns of rows that are fetched.
    pub fetched: Vec<Fetch>,
    /// Whether values of these that cannot be read come as [`crate::Batch::Marked`] instead of ending the reading.
    pub lenient: bool,
}

/// A column that is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestColumn {
    /// Its name.
    pub name: String,
    /// How its cells are spelled.
    pub form: Form,
}

/// A part of a stream along its cursor. Rows whose cursor is NULL are in no part.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The cursor's column.
    pub cursor: String,
    /// Inclusive lower bound.
    pub from: Option<Scalar>,
    /// Inclusive upper bound.
    pub through: Scalar,
}

/// A column of fetched rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetch {
    /// Its typed form.
    Typed(String),
    /// The system's wire bytes.
    Native(String),
    /// The text of [`Form::Native`], in an Arrow column of bytes.
    Text(String),
}

/// The sum of the rows of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bucket {
    /// How many rows it has.
    pub rows: u64,
    /// The sums of their numbers; `None` where the system cannot tell, so that the rows have to be looked at.
    pub sums: Option<[u128; 2]>,
}

/// One consistent view of a stream that sums up, until dropped.
#[async_trait]
pub trait Digest: Send + Sync {
    /// How many rows the stream has, as far as the system can tell without counting.
    fn estimated_rows(&self) -> Option<u64>;

    /// The buckets that have any rows, by their numbers of so many bits.
    async fn buckets(&self, bits: u8) -> Result<Vec<(u32, Bucket)>>;

    /// The rows of some buckets, with the columns of [`DigestRequest::fetched`].
    async fn rows(&self, bits: u8, buckets: &[u32]) -> Result<BatchStream>;
}
