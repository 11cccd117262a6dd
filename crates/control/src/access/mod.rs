//! Who may do what, and who did: users, API tokens, sessions, and the audit log, as plain types and use cases over ports.
//!
//! ```text
//! what a caller shows ─► Accounts::recognise: remembered, else in the store ─► Caller ─► Caller::may(permission, target)
//! what a caller does  ─► AccessStore::change: decide ─► writes + audit entry, one transaction
//!                    └─► AuditLog: the entry, before it is done
//! ```
//!
//! Invariants:
//! - The store holds the truth, and what is remembered of it changes with it: whoever is disabled, revoked or signed out is not known
//!   from the next request on, at any agent.
//! - What may be done is one table, [`Role::may`]; what a change does to accounts is one pure function, [`decide`].
//! - Of what a caller shows (a token, a session, a first admin's invitation) only a [`Digest`] is kept; of a password only an
//!   Argon2id hash, by [`Credentials`].
//! - Nothing is changed unaudited: an entry is written in the transaction of what it tells, or before it.
//! - Of a secret the log tells a fingerprint alone, which nobody can make without the log's key.
//! - The audit log's entries are a chain, and its head is sealed with a key that the store does not hold.

mod accounts;
mod audit;
mod caller;
mod change;
mod digest;
mod limits;
mod log;
mod ports;
mod recognise;
mod remembered;
mod role;
mod session;
mod sign_on;
mod site;
mod token;
mod user;
mod verify;

pub use accounts::{Accounts, Entered, SessionPolicy};
use audit::SealingKey;
pub use audit::{AuditEntry, AuditHead, AuditKey, By, NewEntry};
pub use caller::{Caller, Target, Who};
pub use change::{AccountChange, Changed, Consequence, Ground, Write, decide};
pub use digest::Digest;
pub use limits::LoginLimits;
pub use log::AuditLog;
pub use ports::{AccessStore, Credentials};
pub use recognise::Shown;
pub use remembered::Remembered;
pub use role::{Grant, Permission, Role, Scope};
pub use session::{NewSession, Session};
pub use sign_on::{Brought, Door, GroupRole, Identified, Identity, IdentityProvider, SignOn};
pub use site::site;
pub use token::{ApiToken, NewToken, TOKEN_PREFIX, TokenId};
pub use user::{NewUser, User, UserId, password_fits, user_name};
pub use verify::{Fault, verify};
