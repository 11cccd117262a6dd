//! What was killed in the middle comes to an end.
//!
//! Tables change their names between an intent and its end. Whoever claims the stream next ends or forgets what was
//! meant, by whether a table that the rename takes along still waits: dropping it keeps the rename from ever happening.

use syncapp_connector::{Claim, Keep};
use syncapp_model::{Checkpoint, Epoch, Result, StreamKey, StreamName};

use super::checkpoint::Checkpoints;
use super::client::{Client, text};
use super::entries::Entries;
use super::errors::is_unknown_table;
use super::intent::{Intent, Keeps};
use super::swap::waiting_prefix;
use super::{sql, undo};
use crate::journal;

/// Ends or forgets a swap that was begun, and drops what older claims left.
pub(super) async fn claim(
    client: &mut Client,
    checkpoints: &Checkpoints,
    key: &StreamKey,
    name: &StreamName,
) -> Result<Claim> {
    let kept = checkpoints.claim(client, key).await?;
    let mut claim = Claim {
        epoch: kept.epoch,
        checkpoint: kept.checkpoint,
    };
    if let Some(intent) = kept.intent {
        // Whoever meant it can no longer do it when the table is gone.
        match client.run(&format!("drop table {}", intent.stage())).await {
            Ok(()) => checkpoints.intend(client, key, claim.epoch, None).await?,
            Err(error) if is_unknown_table(&error) => {
                claim.checkpoint = finish(client, checkpoints, key, claim.epoch, intent).await?;
            }
            Err(error) => return Err(error),
        }
    }
    let journals = Entries::beside(checkpoints).tables(client, key).await?;
    let prefixes = [
        waiting_prefix("stage", key),
        waiting_prefix("old", key),
        journal::prefix(key),
    ];
    for prefix in prefixes {
        let database = name.namespace.clone().unwrap_or_default();
        let query = format!(
            "select table_name from information_schema.tables where table_schema = {} and left(table_name, {}) = {}",
            sql::text(&database),
            prefix.len(),
            sql::text(&prefix)
        );
        for row in client.rows(&query).await? {
            if journals.contains(&text(&row, 0)) {
                continue;
            }
            let left = sql::table(&StreamName::within(database.clone(), text(&row, 0)));
            // A run that stopped in the middle may still hold it: the next claim tries again.
            client.run("set session lock_wait_timeout = 1").await?;
            if let Err(error) = client.run(&format!("drop table if exists {left}")).await {
                tracing::debug!(%error, "a table of an older run stays");
            }
            client.run("set session lock_wait_timeout = 5").await?;
        }
    }
    Ok(claim)
}

/// Writes what holds since tables have changed their names; the checkpoint then.
async fn finish(
    client: &mut Client,
    checkpoints: &Checkpoints,
    key: &StreamKey,
    epoch: Epoch,
    intent: Intent,
) -> Result<Option<Checkpoint>> {
    let entries = Entries::beside(checkpoints);
    client.run("start transaction").await?;
    if let Some(taken) = intent.takes_back() {
        checkpoints.stands(client, key, epoch).await?;
        undo::end(client, checkpoints, &entries, key, taken).await?;
        let checkpoint = checkpoints.current(client, key).await?;
        client.run("commit").await?;
        return Ok(checkpoint);
    }
    if let Some(Keeps { run_id, until, entry }) = intent.keeps() {
        let keep = Keep {
            run_id: run_id.clone(),
            until: *until,
        };
        entries.add(client, key, &keep, entry).await?;
    }
    let checkpoint = intent.checkpoint()?;
    checkpoints.put(client, key, epoch, &checkpoint).await?;
    client.run("commit").await?;
    Ok(Some(checkpoint))
}
