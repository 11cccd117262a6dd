//! Whether the audit log is what was written.

use std::fmt;

use syncapp_model::Result;

use super::{AccessStore, AuditHead, AuditKey, NewEntry};

/// How many entries are looked at at once.
const PAGE: usize = 500;

/// What is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// There are entries, and no head.
    NoHead,
    /// The head was not sealed with this key.
    Unsealed,
    /// An agent has found a head that was not sealed with its key, and has said so here.
    Broken(u64),
    /// The entry is not there.
    Missing(u64),
    /// The entry is not what was written, or not where it was written.
    Changed(u64),
    /// There are entries behind the head.
    Beyond(u64),
    /// The log does not hold the head that was seen elsewhere.
    Forgotten(u64),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHead => f.write_str("the log's head is gone"),
            Self::Unsealed => f.write_str("the log's head was not sealed with this key"),
            Self::Broken(number) => {
                write!(
                    f,
                    "at entry {number} an agent found a head that was not sealed with its key"
                )
            }
            Self::Missing(number) => write!(f, "entry {number} is gone"),
            Self::Changed(number) => write!(f, "entry {number} was changed, moved or put in"),
            Self::Beyond(number) => write!(f, "entry {number} is behind the log's head"),
            Self::Forgotten(number) => write!(f, "the log ends before entry {number}, or has another one there"),
        }
    }
}

/// Walks through the whole log, while others may write to it; the head up to which it holds, or the first fault. `seen` is a head that was
/// exported earlier, as its number and hash: the log must still hold it.
pub async fn verify(
    store: &dyn AccessStore,
    key: &AuditKey,
    seen: Option<(u64, [u8; 32])>,
) -> Result<Result<Option<AuditHead>, Fault>> {
    let mut last = (0, [0; 32]);
    let mut broken = None;
    let mut held = seen.is_none_or(|(number, _)| number == 0);
    loop {
        let head = store.audit_head().await?;
        let Some(head) = head else {
            let none = store.entries(0, 1).await?.is_empty() && last.0 == 0;
            let forgotten = seen.map(|(number, _)| Fault::Forgotten(number)).filter(|_| !held);
            return Ok(match forgotten {
                _ if !none => Err(Fault::NoHead),
                Some(forgotten) => Err(forgotten),
                None => Ok(None),
            });
        };
        if !key.sealed(&head) {
            return Ok(Err(Fault::Unsealed));
        }
        while last.0 < head.number {
            let page = store.entries(last.0, PAGE).await?;
            if page.is_empty() {
                return Ok(Err(Fault::Missing(last.0 + 1)));
            }
            for entry in page {
                if entry.number > head.number {
                    break;
                }
                if entry.number != last.0 + 1 {
                    return Ok(Err(Fault::Missing(last.0 + 1)));
                }
                if !entry.follows(last.1) {
                    return Ok(Err(Fault::Changed(entry.number)));
                }
                if entry.told.action == NewEntry::BROKEN && broken.is_none() {
                    broken = Some(entry.number);
                }
                last = (entry.number, entry.hash);
                held |= seen == Some(last);
            }
        }
        if last.1 != head.hash || last.0 != head.number {
            return Ok(Err(Fault::Changed(head.number)));
        }
        // Whatever comes meanwhile moves the head along.
        let more = store.entries(last.0, 1).await?;
        let moved = store.audit_head().await?.is_some_and(|now| now.number > head.number);
        if let (Some(entry), false) = (more.first(), moved) {
            return Ok(Err(Fault::Beyond(entry.number)));
        }
        if moved {
            continue;
        }
        if let Some(number) = broken {
            return Ok(Err(Fault::Broken(number)));
        }
        return Ok(match seen {
            Some((number, _)) if !held => Err(Fault::Forgotten(number)),
            _ => Ok(Some(head)),
        });
    }
}
