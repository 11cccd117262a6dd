//! How many streams use a connection at once.
//!
//! Invariants:
//! - Whoever claims a task of a run with limits, or lets one go, has its connections locked from before its other locks: two
//!   claims at once see each other.
//! - Who carries what is counted in the tasks themselves, so that no count is left behind by whoever dies.
//! - A hint that led nowhere is passed on, at most once: hints do not grow.

use std::collections::BTreeSet;

use syncapp_control::Limits;
use syncapp_model::Result;

use crate::rows::Rows;

/// How many that wait are looked at.
const LOOK: usize = 100;

/// Locks the limited connections of a run.
pub(crate) async fn lock(rows: &mut dyn Rows, project: &str, limits: &Limits) -> Result<()> {
    for connection in limits.connections() {
        rows.lock_connection(project, connection).await?;
    }
    Ok(())
}

/// Whether another stream may use each of these connections.
pub(crate) async fn has_room(rows: &mut dyn Rows, project: &str, limits: &Limits) -> Result<bool> {
    for limit in limits.each() {
        if rows.carried(project, &limit.connection).await? >= limit.streams {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Writes a hint to the task that waits the longest for one of these connections, if there is room for it: of each pool.
pub(crate) async fn wake(rows: &mut dyn Rows, project: &str, limits: &Limits) -> Result<()> {
    for connection in limits.connections() {
        let mut pools = BTreeSet::new();
        for waiting in rows.waiting(project, connection, LOOK).await? {
            if !pools.contains(&waiting.pool) && has_room(rows, project, &waiting.limits).await? {
                rows.hint_again(waiting.task).await?;
                pools.insert(waiting.pool);
            }
        }
    }
    Ok(())
}

/// The same of one pool, and for one of the connections.
pub(crate) async fn pass_on(rows: &mut dyn Rows, project: &str, limits: &Limits, pool: &str) -> Result<()> {
    for connection in limits.connections() {
        for waiting in rows.waiting(project, connection, LOOK).await? {
            if waiting.pool == pool && has_room(rows, project, &waiting.limits).await? {
                return rows.hint_again(waiting.task).await;
            }
        }
    }
    Ok(())
}
