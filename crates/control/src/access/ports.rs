//! What accounts need of the world.

use std::time::Duration;

use async_trait::async_trait;
use syncapp_model::{Result, Secret};

use super::{
    AccountChange, ApiToken, AuditEntry, AuditHead, AuditKey, By, Changed, Digest, Identity, NewEntry, Session,
    TokenId, User, UserId,
};

/// Accounts and the audit log in the metadata database.
///
/// The rules of [`crate::Store`] hold: a call is one transaction, durable when it returns, in the database's own time. Whatever
/// writes locks the audit log's head first, so that all changes of accounts come one after another.
#[async_trait]
pub trait AccessStore: Send + Sync {
    /// Does what [`decide`](super::decide) says of a change, and writes the entry that tells it, together. A change that is
    /// refused writes nothing.
    async fn change(&self, change: &AccountChange, by: &By, key: &AuditKey) -> Result<Changed>;

    /// Writes an entry about something that is about to happen elsewhere; the log's head after it.
    async fn audit(&self, entry: &NewEntry, key: &AuditKey) -> Result<AuditHead>;

    /// One user.
    async fn user(&self, id: UserId) -> Result<Option<User>>;

    /// The user of a name.
    async fn user_named(&self, name: &str) -> Result<Option<User>>;

    /// The user for whom a provider vouches by this name.
    async fn user_identified(&self, identity: &Identity) -> Result<Option<User>>;

    /// Users in the order of their names, after a name.
    async fn users(&self, after: Option<&str>, limit: usize) -> Result<Vec<User>>;

    /// The token of which this is kept, unless it has expired, and its owner.
    async fn token(&self, digest: &Digest) -> Result<Option<(ApiToken, Option<User>)>>;

    /// One token, whether or not it has expired.
    async fn token_of(&self, id: TokenId) -> Result<Option<ApiToken>>;

    /// Tokens in the order of their numbers, after one.
    async fn tokens(&self, after: Option<TokenId>, limit: usize) -> Result<Vec<ApiToken>>;

    /// A token is used now. Writes nothing where that was told less than `fresh` ago.
    async fn token_used(&self, id: TokenId, fresh: Duration) -> Result<()>;

    /// The session of which this is kept, unless it is over or was not used for `idle`; and its user, unless disabled.
    async fn session(&self, digest: &Digest, idle: Duration) -> Result<Option<(Session, User)>>;

    /// A session is used now. Writes nothing where that was told less than `fresh` ago.
    async fn session_used(&self, digest: &Digest, fresh: Duration) -> Result<()>;

    /// Entries of the audit log in their order, after a number.
    async fn entries(&self, after: u64, limit: usize) -> Result<Vec<AuditEntry>>;

    /// Entries of the audit log, the newest first, before a number.
    async fn newest_entries(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditEntry>>;

    /// The head of the audit log; `None` where nothing was ever written.
    async fn audit_head(&self) -> Result<Option<AuditHead>>;
}

/// Makes and checks what people and programs show.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// 256 bits of the operating system's chance.
    fn draw(&self) -> [u8; 32];

    /// The Argon2id hash of a password, as a PHC string.
    async fn hash(&self, password: &Secret) -> Result<Secret>;

    /// Whether a password is the one of a hash. Without one it takes as long, and is not.
    async fn matches(&self, password: &Secret, hash: Option<&Secret>) -> Result<bool>;
}
