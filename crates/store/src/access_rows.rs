//! What a transaction on accounts and the audit log asks of a database.
//!
//! Invariants: as in [`crate::rows`]; the audit log's head is locked first, and is the only lock.

use async_trait::async_trait;
use syncapp_control::access::{AccountChange, AuditEntry, AuditHead, Ground, Write};
use syncapp_model::Result;

use crate::rows::Rows;

/// One open transaction.
#[async_trait]
pub(crate) trait AccessRows: Rows {
    /// Locks the audit log's head; what it is, and the number of the newest entry, 0 where there is none.
    async fn lock_audit(&mut self) -> Result<(Option<AuditHead>, u64)>;

    /// Writes entries, and the head after them.
    async fn write_audit(&mut self, entries: &[AuditEntry], head: &AuditHead) -> Result<()>;

    /// What a change looks at.
    async fn ground(&mut self, change: &AccountChange) -> Result<Ground>;

    /// Writes a row of accounts.
    async fn write_account(&mut self, write: &Write) -> Result<()>;
}
