//! API tokens: what programs show.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::digest::hex;
use super::{Digest, Grant, UserId};
use syncapp_model::Secret;

/// What a token begins with, so that scanners for leaked secrets know it.
pub const TOKEN_PREFIX: &str = "syncapp_";

/// A token's number. It is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TokenId(pub Uuid);

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for TokenId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// A token, as far as anybody but its holder knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Its number.
    pub id: TokenId,
    /// What people call it.
    pub name: String,
    /// What it may, and where.
    pub grant: Grant,
    /// Whose it is: it may no more than that user, and nothing when that user is disabled. `None` where the agent's own token
    /// has made it.
    pub owner: Option<UserId>,
    /// Since when it is there.
    pub created_at: SystemTime,
    /// From when on it is not good any more.
    pub expires_at: Option<SystemTime>,
    /// When it was used last, to the minute.
    pub last_used_at: Option<SystemTime>,
}

/// A token to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// Its number.
    pub id: TokenId,
    /// What is kept of it.
    pub digest: Digest,
    /// What people call it.
    pub name: String,
    /// What it may, and where.
    pub grant: Grant,
    /// Whose it is.
    pub owner: Option<UserId>,
    /// For how long it is good.
    pub life: Option<Duration>,
}

/// The text of a token.
pub(super) fn token_text(chance: [u8; 32]) -> Secret {
    Secret::new(format!("{TOKEN_PREFIX}{}", hex(&chance)))
}
