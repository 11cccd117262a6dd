//! The end that is written.

use std::time::SystemTime;

use arrow_array::{ArrayRef, RecordBatch};
use async_trait::async_trait;
use serde::Serialize;
use syncapp_model::sync_file::{DeleteRule, Write};
use syncapp_model::{
    Checkpoint, Code, Column, DataType, Epoch, Error, NativeType, Result, Scalar, StreamKey, StreamName,
};

use crate::{Batch, Committed, Fate, Keep, Receipt, Reject, RejectFilter, Rejects, UndoRequest, Undone};

/// A system that can be written.
///
/// The order of calls for one stream: [`claim`](Self::claim), [`diff`](Self::diff), then any number of loads one after
/// the other, each [`begin`](Self::begin) → [`Load::writer`] → [`Writer::write`]… → [`Writer::finish`] →
/// [`Load::commit`].
#[async_trait]
pub trait Destination: Send + Sync {
    /// What becomes of rows when something is killed in the middle; shown to the user.
    fn delivery(&self, target: &Target) -> Delivery;

    /// Does what the next call would have to do first, connecting above all; what goes wrong shows in that call.
    async fn ready(&self) {}

    /// Takes the stream over: raises its fence in the target, drops what older claims left staged, reads its
    /// checkpoint.
    async fn claim(&self, target: &Target) -> Result<Claim>;

    /// Fails with [`Code::Fenced`] where another claim came after this one; only reads. A run asks before it claims again:
    /// it must not take a stream back from one that took it over.
    async fn stands(&self, target: &Target, epoch: Epoch) -> Result<()>;

    /// What the target table is, and would be after a load; only reads.
    async fn diff(&self, target: &Target) -> Result<TargetShape>;

    /// What a load's writers would say of batches; only reads.
    async fn checker(&self, target: &Target) -> Result<Box<dyn Check>>;

    /// The values of a target's column in one form for all that the system takes for the same once it keeps them:
    /// `{"a":1}` and `{"a": 1}` where it keeps documents, not texts.
    fn stored(&self, _column: &Column, values: &ArrayRef) -> ArrayRef {
        values.clone()
    }

    /// The rights that the next load needs and the connection's user lacks; only reads. A system that knows no users has
    /// nothing to say.
    async fn missing_rights(&self, _: &Target) -> Result<Vec<Error>> {
        Ok(Vec::new())
    }

    /// Begins one load under a claim. Several loads may follow each other under one claim.
    async fn begin(&self, target: &Target, epoch: Epoch, shape: &TargetShape) -> Result<Box<dyn Load>>;

    /// Whether names that differ only in the case of ASCII letters are one table here.
    fn folds_names(&self) -> bool {
        false
    }

    /// How many loads may be open side by side, for different targets.
    fn parallel_loads(&self) -> usize {
        usize::MAX
    }

    /// Whether rows can find their place by a key.
    fn merges(&self) -> bool {
        true
    }

    /// The rejected rows kept here, in the order of their streams and ids.
    async fn rejects(&self, scope: &StateScope, wanted: &RejectFilter) -> Result<Vec<Reject>>;

    /// The states kept here.
    async fn states(&self, scope: &StateScope) -> Result<Vec<State>>;

    /// Puts a stream's checkpoint, or forgets it; raises the fence. Fails with
    /// [`Code::UnknownName`] where there is no such state.
    async fn set_state(&self, scope: &StateScope, key: &StreamKey, checkpoint: Option<&Checkpoint>) -> Result<()>;

    /// Whether loads can be taken back: what [`Target::undo`] asks for is kept then.
    fn undoes(&self) -> bool {
        false
    }

    /// Takes a run's loads back, the last one first, with their checkpoints; raises the fences. Rows that someone changed
    /// since stay as they are. What became of each stream, or nothing where no journal of the run is kept. Fails with
    /// [`Code::Conflict`] where later runs stand on this one, and with [`Code::ChangedSince`] where only a whole table
    /// could be taken back, and it was changed: the target is as it was then.
    async fn undo(&self, request: &UndoRequest) -> Result<Vec<Undone>> {
        let why = format!(
            "the run {} cannot be taken back: nothing is kept here for it",
            request.run_id
        );
        Err(Error::new(Code::Conflict, why))
    }
}

/// What a kill in the middle leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Rows and checkpoint land together, or not at all.
    Transactional,
    /// Rows land first, and again in the same place when the checkpoint was not written: exactly once after the next
    /// run.
    Idempotent,
}

/// A stream's target table or file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Whose state is kept with it.
    pub key: StreamKey,
    /// The table; without a namespace it lies in the connection's default one.
    pub name: StreamName,
    /// The columns that are written, in the order of each batch.
    pub columns: Vec<TargetColumn>,
    /// How rows land.
    pub write: Write,
    /// The key's columns for a merge or a history, by target name.
    pub primary_key: Vec<String>,
    /// Whether the source keeps that key unique itself: no load brings it twice.
    pub distinct: bool,
    /// The cursor by its target name: where one load brings a key twice, the greater value wins.
    pub cursor: Option<String>,
    /// What becomes of rows whose key vanished from the source, when all of it is merged or kept as history.
    pub deletes: DeleteRule,
    /// SQL that runs in a load's transaction before any row is in the table.
    pub before_sql: Option<String>,
    /// SQL that runs in a load's transaction when rows and checkpoint are in place.
    pub after_sql: Option<String>,
    /// What is kept so that the run can be taken back; nothing where it is `None`.
    pub undo: Option<Keep>,
    /// The run's one moment, in microseconds since 1970 UTC: what stands in [`VALID_TO`] and [`DELETED_AT`].
    pub moment: i64,
    /// Where checkpoints are kept, unless beside the table.
    pub state_schema: Option<String>,
    /// How many rows that the table itself refuses (by a constraint or trigger of the user's) a load looks for, and takes
    /// out: see [`Load::commit`]. It fails with the first one where this is `None`.
    pub refusals: Option<u64>,
    /// Whether rows that were kept are sent again: the table stays as it is, and none of its rows gives way to one that
    /// is not newer. Loads end by [`Load::replay`].
    pub replay: bool,
}

impl Target {
    /// A target with nothing asked for beside its columns and how they land.
    pub fn new(key: StreamKey, name: StreamName, columns: Vec<TargetColumn>, write: Write) -> Self {
        Self {
            key,
            name,
            columns,
            write,
            primary_key: Vec::new(),
            distinct: false,
            cursor: None,
            deletes: DeleteRule::Ignore,
            before_sql: None,
            after_sql: None,
            undo: None,
            moment: 0,
            state_schema: None,
            refusals: None,
            replay: false,
        }
    }

    /// Whether SQL of the user runs in its loads: a session may be another one afterwards.
    pub fn runs_sql(&self) -> bool {
        self.before_sql.is_some() || self.after_sql.is_some()
    }
}

/// A column as the mapping makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetColumn {
    /// Its name in the target.
    pub name: String,
    /// Its typed form.
    pub ty: DataType,
    /// The native type it has in the source, where it comes from there unchanged and its bytes are portable.
    pub source_native: Option<NativeType>,
    /// The native type it has in the source, where it comes from there unchanged by its typed form: a column of the same
    /// system may be declared alike.
    pub origin: Option<NativeType>,
    /// The native type that the user asks for.
    pub wanted_native: Option<String>,
    /// Whether NULL may come.
    pub nullable: bool,
    /// What it is to the row.
    pub role: Role,
}

impl TargetColumn {
    /// A column of the mapping that may be NULL.
    pub fn new(name: impl Into<String>, ty: DataType) -> Self {
        Self {
            name: name.into(),
            ty,
            source_native: None,
            origin: None,
            wanted_native: None,
            nullable: true,
            role: Role::Data,
        }
    }
}

/// What a column is to its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    /// Mapped from the source: a row changed when such a column did.
    #[default]
    Data,
    /// Of the run: written along, never a reason to update a row.
    Metadata,
}

/// The run's moment, on every row that it wrote.
pub const SYNCED_AT: &str = "_synced_at";
/// The run's id, on every row that it wrote.
pub const RUN_ID: &str = "_run_id";
/// When the row was found to be gone from the source; NULL while it is there. Data: a row that comes back has changed.
pub const DELETED_AT: &str = "_deleted_at";
/// In a history, the moment of the run that brought the version.
pub const VALID_FROM: &str = "_valid_from";
/// In a history, the moment of the run that replaced the version; NULL while it is current.
pub const VALID_TO: &str = "_valid_to";

/// What a claim found.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The fence that commits assert.
    pub epoch: Epoch,
    /// How far the stream has come; `None` before its first commit.
    pub checkpoint: Option<Checkpoint>,
}

/// What a target table is and becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetShape {
    /// The table's full name.
    pub name: StreamName,
    /// One for each of [`Target::columns`], in their order, as the table will hold them. Batches bring a column as
    /// native bytes exactly where `native` equals the source's native type here.
    pub columns: Vec<Column>,
    /// The columns that take ordinary values of the stream only changed.
    pub losses: Vec<Loss>,
    /// What a load will change on the table, in words and in the system's own language.
    pub changes: Vec<TargetChange>,
    /// Whether [`Batch::Native`] can be taken when all columns come native.
    pub wire: bool,
    /// The columns that the table has now; none where it is not there, or where a target has no columns of its own.
    pub present: Vec<Column>,
    /// Whether SyncApp made the table for this stream, so that its columns are those of earlier runs.
    pub ours: bool,
    /// Whether the table may refuse rows that its columns can hold.
    pub refuses: bool,
}

/// A column that changes values on their way in: it is filled only where the user consents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Its name.
    pub column: String,
    /// What becomes of values there, such as "fractions of a second are cut off".
    pub why: &'static str,
}

/// One change to a target table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum TargetChange {
    /// The table is made.
    Create {
        /// The statement, where there is one.
        sql: String,
    },
    /// A column is added.
    AddColumn {
        /// Its name.
        column: String,
        /// The statement.
        sql: String,
    },
    /// A column of a table that SyncApp made takes a wider type.
    Widen {
        /// Its name.
        column: String,
        /// The type it has.
        from: String,
        /// The type it gets.
        to: String,
        /// The statement.
        sql: String,
    },
    /// A column of a table that SyncApp made takes NULL.
    Relax {
        /// Its name.
        column: String,
        /// The statement.
        sql: String,
    },
}

impl TargetChange {
    /// The statements; empty where those of a change before it do this one too.
    pub fn sql(&self) -> &str {
        let (Self::Create { sql } | Self::AddColumn { sql, .. } | Self::Widen { sql, .. } | Self::Relax { sql, .. }) =
            self;
        sql
    }
}

/// One load: rows become visible together when it commits.
#[async_trait]
pub trait Load: Send {
    /// Opens the next writer; `None` when the load takes no more side by side.
    async fn writer(&mut self) -> Result<Option<Box<dyn Writer>>>;

    /// Keeps rejected rows, to become visible with the others, when the writers have finished: once before each attempt to
    /// commit, all of them each time. Those that an overwrite kept before go, and those whose ids are `settled`. What has the
    /// id of a row that is kept takes its place.
    /// With any of them the load takes no row of the target for gone, whatever [`Target::deletes`] says: the key of a row
    /// that was set aside is not among those that were written. An overwrite holds what was written all the same.
    async fn reject(&mut self, rejects: Rejects, settled: Vec<String>) -> Result<()>;

    /// Takes rows away whose key should not be there: once, when the writers have finished. They go before the rows that
    /// were written come, in the same commit. [`DeleteRule::Soft`] marks them; the current version of a history ends.
    async fn remove(&mut self, _keys: Vec<Vec<Scalar>>, _rule: DeleteRule) -> Result<()> {
        Err(
            Error::new(Code::NotAvailable, "rows of this target cannot be removed one by one")
                .help("`syncapp run --full-refresh` makes it anew"),
        )
    }

    /// Makes all rows of finished writers visible with the checkpoint, under the fence. When it fails with a transient
    /// error the outcome is unknown: claim again and read the checkpoint. Rows that the table refuses are taken out of
    /// the load where [`Target::refusals`] asks for it; it can then be committed without them.
    async fn commit(self: Box<Self>, checkpoint: &Checkpoint) -> Result<Committed<Receipt>>;

    /// [`Self::commit`] of rows that were kept ([`Target::replay`]): `ids` names them in the order in which they were
    /// written. In the same transaction, under the fence and against any other writer of the table, those that are not
    /// newer than the target's are left out of a merge or a history, and those that need no more attention are no longer
    /// kept. What became of each, in that order. After a refusal it goes on with the ids of the rows that are left.
    async fn replay(self: Box<Self>, checkpoint: &Checkpoint, ids: Vec<String>) -> Result<Committed<Vec<Fate>>>;

    /// Leaves the target as it was.
    async fn abort(self: Box<Self>);
}

/// Knows what a target can hold.
pub trait Check: Send + Sync {
    /// Whether the system can hold every value of a batch: an error about one of its rows, which it names by its number
    /// in the batch. Sends nothing.
    fn check(&self, batch: &RecordBatch) -> Result<()>;
}

/// Takes batches into a load.
#[async_trait]
pub trait Writer: Check {
    /// Takes a batch; returns when there is room for the next.
    async fn write(&mut self, batch: Batch) -> Result<()>;

    /// Waits until the system has taken everything; the number of rows it counted.
    async fn finish(self: Box<Self>) -> Result<u64>;
}

/// Where to look for states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateScope {
    /// The namespaces that hold checkpoints; `None` is the connection's default one.
    pub namespaces: Vec<Option<String>>,
}

/// A stream's state as a target keeps it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct State {
    /// Whose it is.
    pub key: StreamKey,
    /// The fence.
    pub epoch: Epoch,
    /// How far it has come; `None` before the first commit.
    pub checkpoint: Option<Checkpoint>,
    /// When it was written.
    pub updated_at: SystemTime,
}
