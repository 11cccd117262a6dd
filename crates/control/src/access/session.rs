//! Sessions of browsers.

use std::time::{Duration, SystemTime};

use syncapp_model::Secret;

use super::{Digest, UserId};

/// A session to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// What is kept of what the browser shows.
    pub digest: Digest,
    /// Who signs in.
    pub user: UserId,
    /// The hash of the password that was looked at: another one by now, and nobody signs in. None where a provider vouches.
    pub password: Option<Secret>,
    /// After how long it ends, whatever happens in it.
    pub life: Duration,
}

/// A session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Who is signed in.
    pub user: UserId,
    /// When it ends, whatever happens in it.
    pub expires_at: SystemTime,
}
