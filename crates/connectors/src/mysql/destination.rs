//! The end that is written.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use syncapp_connector::{
    Claim, Delivery, Destination, Load, Reject, RejectFilter, State, StateScope, Target, TargetShape,
};
use syncapp_model::{Checkpoint, Code, Epoch, Error, Result, Side, StreamKey, StreamName};
use tokio::sync::Mutex;

use super::checkpoint::Checkpoints;
use super::client::{Client, number, text};
use super::load::{MysqlLoad, waiting_prefix};
use super::target::{self, Found};
use super::{catalog, rejects, rights, sql};
use crate::server::Valid;

/// A connection that waits for its next use.
pub(super) type Idle = Arc<Mutex<Option<Client>>>;

pub(super) struct MysqlDestination {
    valid: Arc<Valid>,
    idle: Idle,
}

impl MysqlDestination {
    pub(super) fn new(valid: Arc<Valid>) -> Self {
        Self {
            valid,
            idle: Idle::default(),
        }
    }

    async fn client(&self) -> Result<Client> {
        match self.idle.lock().await.take() {
            Some(client) if !client.conn.is_disconnected() => Ok(client),
            _ => Client::connect(&self.valid, Side::Destination).await,
        }
    }

    async fn keep(&self, client: Client) {
        *self.idle.lock().await = Some(client);
    }

    /// The checkpoint tables of a scope.
    fn places(client: &Client, scope: &StateScope) -> Vec<Checkpoints> {
        let own = || client.valid.database.clone();
        let databases: BTreeSet<String> = scope
            .namespaces
            .iter()
            .map(|namespace| namespace.clone().unwrap_or_else(own))
            .collect();
        databases.iter().map(|database| Checkpoints::within(database)).collect()
    }
}

/// Ends or forgets a swap that was begun, and drops what older claims left.
async fn recover(client: &mut Client, target: &Target, name: &StreamName) -> Result<Claim> {
    let checkpoints = target::checkpoints(target, name);
    let kept = checkpoints.claim(client, &target.key).await?;
    let mut claim = Claim {
        epoch: kept.epoch,
        checkpoint: kept.checkpoint,
    };
    if let Some(intent) = kept.intent {
        // Whoever meant it can no longer do it when the table is gone.
        match client.run(&format!("drop table {}", intent.stage())).await {
            Ok(()) => checkpoints.intend(client, &target.key, claim.epoch, None).await?,
            Err(error) if is_unknown_table(&error) => {
                let checkpoint = intent.checkpoint()?;
                client.run("start transaction").await?;
                checkpoints.put(client, &target.key, claim.epoch, &checkpoint).await?;
                client.run("commit").await?;
                claim.checkpoint = Some(checkpoint);
            }
            Err(error) => return Err(error),
        }
    }
    for what in ["stage", "old"] {
        let prefix = waiting_prefix(what, &target.key);
        let database = name.namespace.clone().unwrap_or_default();
        let query = format!(
            "select table_name from information_schema.tables where table_schema = {} and left(table_name, {}) = {}",
            sql::text(&database),
            prefix.len(),
            sql::text(&prefix)
        );
        for row in client.rows(&query).await? {
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

fn is_unknown_table(error: &Error) -> bool {
    let driver = error.report().driver.as_deref().unwrap_or_default();
    driver.contains("(error 1051,") || driver.contains("(error 1146,")
}

#[async_trait]
impl Destination for MysqlDestination {
    fn delivery(&self, _: &Target) -> Delivery {
        Delivery::Transactional
    }

    async fn claim(&self, target: &Target) -> Result<Claim> {
        let mut client = self.client().await?;
        let name = catalog::full_name(&client, &target.name);
        let claim = recover(&mut client, target, &name).await?;
        self.keep(client).await;
        Ok(claim)
    }

    async fn diff(&self, target: &Target) -> Result<TargetShape> {
        let mut client = self.client().await?;
        let shape = Found::look(&mut client, target).await?.shape(target)?;
        self.keep(client).await;
        Ok(shape)
    }

    async fn missing_rights(&self, target: &Target) -> Result<Vec<Error>> {
        let mut client = self.client().await?;
        let mut missing = rights::missing(&mut client, target).await?;
        let local = client.rows("select @@local_infile").await?;
        self.keep(client).await;
        if local.first().is_none_or(|row| number(row, 0) != 1) {
            let why = "the server takes no LOAD DATA LOCAL: rows are sent by INSERT, which is slower";
            missing.push(
                Error::warning(Code::PermissionDenied(Side::Destination), why)
                    .help("set `local_infile = on` in the server"),
            );
        }
        Ok(missing)
    }

    async fn begin(&self, target: &Target, epoch: Epoch, shape: &TargetShape) -> Result<Box<dyn Load>> {
        let client = self.client().await?;
        let load = MysqlLoad::begin(client, self.idle.clone(), target, epoch, shape).await?;
        Ok(Box::new(load))
    }

    async fn rejects(&self, scope: &StateScope, wanted: &RejectFilter) -> Result<Vec<Reject>> {
        let mut client = self.client().await?;
        let mut found = Vec::new();
        for state in Self::places(&client, scope) {
            found.extend(rejects::list(&mut client, &state, wanted).await?);
        }
        found.truncate(wanted.limit);
        self.keep(client).await;
        Ok(found)
    }

    async fn states(&self, scope: &StateScope) -> Result<Vec<State>> {
        let mut client = self.client().await?;
        let mut states = Vec::new();
        for checkpoints in Self::places(&client, scope) {
            states.extend(checkpoints.all(&mut client).await?);
        }
        self.keep(client).await;
        Ok(states)
    }

    async fn set_state(&self, scope: &StateScope, key: &StreamKey, checkpoint: Option<&Checkpoint>) -> Result<()> {
        let mut client = self.client().await?;
        for checkpoints in Self::places(&client, scope) {
            if !checkpoints.exist(&mut client).await? {
                continue;
            }
            client.run("start transaction").await?;
            match checkpoints.set(&mut client, key, checkpoint).await {
                Err(error) if error.code() == Code::UnknownName => client.run("rollback").await?,
                set => {
                    set?;
                    return client.run("commit").await;
                }
            }
        }
        Err(
            Error::new(Code::UnknownName, format!("no state of {key} is kept in the target"))
                .help("`state show` lists what is kept"),
        )
    }
}
