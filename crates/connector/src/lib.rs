//! What a connector is: the traits that sources and destinations implement, and the batches that travel between them.
//!
//! The engine owns control (order, back-pressure, retries, checkpoints, stopping); a connector only reads and writes.
//!
//! Invariants:
//! - A [`Snapshot`] is one consistent view of a stream until it is dropped; dropping it, or any stream of batches,
//!   cancels what runs in the source.
//! - A [`Load`] becomes visible as a whole, with its checkpoint, when [`Load::commit`] returns; dropped before, it
//!   leaves the target as it was.
//! - A commit fails with [`syncapp_model::Code::Fenced`] when another claim came after the one it was begun with.
//! - No secret is in an error, and no batch in a log.

mod batch;
mod committed;
mod connector;
mod context;
mod destination;
mod digest;
mod lattice;
mod network;
mod rejects;
mod source;
#[cfg(feature = "testkit")]
pub mod testkit;
mod trail;
mod undo;

pub use batch::{
    Batch, BatchStream, Cells, Marked, NativeRows, PassingRows, Remains, UNREAD_BYTES, Unread, UnreadCell,
};
pub use committed::{Committed, Fate, Receipt, Refused, RefusedRow};
pub use connector::{AnyConnector, Connector, Endpoint, Manifest};
pub use context::Context;
pub use destination::{
    Check, Claim, DELETED_AT, Delivery, Destination, Load, Loss, RUN_ID, Role, SYNCED_AT, State, StateScope, Target,
    TargetChange, TargetColumn, TargetShape, VALID_FROM, VALID_TO, Writer,
};
pub use digest::{Bucket, Digest, DigestColumn, DigestRequest, Fetch, Form, MAX_BITS, Part};
pub use lattice::{KnownLoss, Landing, TypeTable};
pub use network::{Network, Range as AddressRange, Rules as NetworkRules, Unreached};
pub use rejects::{REJECTS_AT_ONCE, Reject, RejectFilter, Rejects, settled};
pub use source::{Page, Range, ReadColumn, ReadRequest, Snapshot, Source, Split, StreamRef};
pub use trail::{Step, is_watched, step, took, watched};
pub use undo::{Keep, LeftAlone, TableFate, UndoRequest, Undone};
