//! The end that is read.

use async_trait::async_trait;
use syncapp_model::{DataType, Error, Pattern, Result, Scalar, StreamName, StreamSpec};

use crate::{BatchStream, Digest, DigestRequest};

/// A system that can be read.
#[async_trait]
pub trait Source: Send + Sync {
    /// The streams that match, in the order of their names, with columns and keys.
    async fn discover(&self, pattern: &Pattern, page: Page) -> Result<Vec<StreamSpec>>;

    /// The names of the streams that match, as users write them and in their order, without a look at each.
    async fn names(&self, pattern: &Pattern, page: Page) -> Result<Vec<String>> {
        let found = self.discover(pattern, page).await?;
        Ok(found.iter().map(StreamSpec::label).collect())
    }

    /// One stream's columns and keys. Fails with [`syncapp_model::Code::StreamNotFound`], naming the nearest streams.
    async fn describe(&self, stream: &StreamRef) -> Result<StreamSpec>;

    /// The same of a stream whose types are known from elsewhere. Where the system only guesses types, it reads columns
    /// of these names as these from now on.
    async fn describe_as(&self, stream: &StreamRef, _known: &[(String, DataType)]) -> Result<StreamSpec> {
        self.describe(stream).await
    }

    /// Opens one consistent view of a stream.
    async fn open(&self, request: &ReadRequest) -> Result<Box<dyn Snapshot>>;

    /// Opens one consistent view of a stream that sums up its rows where they lie; `None` where the system does not do
    /// that, or not for these columns and forms.
    async fn digest(&self, _request: &DigestRequest) -> Result<Option<Box<dyn Digest>>> {
        Ok(None)
    }
}

/// Part of a long listing.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// How many to pass by.
    pub offset: usize,
    /// How many at the most.
    pub limit: usize,
}

impl Page {
    /// All of it.
    pub const ALL: Self = Self {
        offset: 0,
        limit: usize::MAX,
    };
}

/// What is read: a stream of the system, or the user's own query under a stream's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamRef {
    /// The stream's full name.
    pub name: StreamName,
    /// Custom SQL that stands for it.
    pub query: Option<String>,
}

impl StreamRef {
    /// A stream of the system.
    pub fn table(name: StreamName) -> Self {
        Self { name, query: None }
    }
}

/// What to read of a stream.
#[derive(Debug, Clone)]
pub struct ReadRequest {
    /// The stream.
    pub stream: StreamRef,
    /// The columns of each batch, in this order. A column may stand here twice: typed and native.
    pub columns: Vec<ReadColumn>,
    /// Whether rows may come as [`crate::Batch::Native`], or as [`crate::Batch::Passing`] where typed columns stand behind the
    /// native ones.
    pub wire: bool,
    /// The cursor, the bounds on it, and its order.
    pub range: Option<Range>,
    /// Whether what cannot be read comes as [`crate::Batch::Marked`] or, where its row cannot be told apart or typed, as
    /// [`crate::Batch::Unread`], instead of ending the reading.
    pub lenient: bool,
    /// At most so many rows.
    pub limit: Option<u64>,
    /// Into how many splits the view may be cut at the most.
    pub splits: usize,
    /// A batch ends before it holds more than so many rows…
    pub batch_rows: usize,
    /// …or, but for a single row that is larger, more than about so many bytes.
    pub batch_bytes: usize,
}

impl ReadRequest {
    /// The range, where it leaves any rows out.
    pub fn bounded(&self) -> Option<&Range> {
        self.range.as_ref().filter(|range| range.is_bounded())
    }
}

/// A source column and the form it is wanted in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadColumn {
    /// Its name in the source.
    pub name: String,
    /// The system's wire bytes instead of the typed form.
    pub native: bool,
}

/// A part of a stream along its cursor. Rows whose cursor is NULL come too, so that the engine can report them.
///
/// Without bounds it only names the cursor, for the view's [`Snapshot::horizon`]: the rows need no order then.
#[derive(Debug, Clone)]
pub struct Range {
    /// The cursor's column.
    pub cursor: String,
    /// Inclusive lower bound.
    pub from: Option<Scalar>,
    /// Exclusive upper bound.
    pub below: Option<Scalar>,
}

impl Range {
    /// Whether it leaves any rows out.
    pub fn is_bounded(&self) -> bool {
        self.from.is_some() || self.below.is_some()
    }
}

/// One consistent view of a stream until dropped.
#[async_trait]
pub trait Snapshot: Send + Sync {
    /// Parallel units of the view; together they hold each row once.
    fn splits(&self) -> &[Split];

    /// Whether the rows of a range come in the cursor's order. There is one split then.
    fn ordered(&self) -> bool {
        false
    }

    /// The smallest cursor value that writers unseen by this view may still bring, where the source knows of any:
    /// the next increment must begin no later.
    fn horizon(&self) -> Option<&Scalar> {
        None
    }

    /// A later horizon that holds as long as no writer's clock stands behind the source's: what is left where too many
    /// rows lie behind the [`horizon`](Self::horizon).
    fn near_horizon(&self) -> Option<&Scalar> {
        None
    }

    /// What the user should know of this view.
    fn warnings(&self) -> &[Error] {
        &[]
    }

    /// How many rows it has, as far as the source can tell without counting.
    fn estimated_rows(&self) -> Option<u64> {
        None
    }

    /// Reads a split from its beginning. May be called for several splits at once, and again for the same one.
    async fn read(&self, split: &Split) -> Result<BatchStream>;
}

/// A part of a view, in the source's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Its number, from 0.
    pub number: usize,
    /// What the source needs to find it.
    pub predicate: Option<String>,
}

impl Split {
    /// The one split of a view that is not cut.
    pub fn whole() -> Vec<Self> {
        vec![Self {
            number: 0,
            predicate: None,
        }]
    }
}
