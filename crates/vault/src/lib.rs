//! Secrets: sealed in a store, or files that somebody has mounted.
//!
//! Invariants:
//! - What a store keeps opens only with a master key, and a master key is never in the store: it is given by the operator, in a
//!   file of its user's only, or in the system's keyring.
//! - A row opens only where it was put: no part of it does elsewhere, or after it was changed.
//! - Keys are zeroed when they are dropped. No key and no value is in an error, a log or a `Debug`.
//! - A key that somebody could guess is refused wherever it comes from.

mod envelope;
pub mod keyring;
mod keys;
mod mounted;
mod place;
mod vault;

pub use keys::MasterKey;
pub use mounted::{MAX_SECRET, Mounted, secret_of};
pub use place::{KeyPlace, Keys};
pub use vault::SealedVault;
