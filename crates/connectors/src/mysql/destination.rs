//! The end that is written.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use syncapp_connector::{
    Check, Claim, Delivery, Destination, Load, Reject, RejectFilter, State, StateScope, Target, TargetShape,
    UndoRequest, Undone,
};
use syncapp_model::{Checkpoint, Code, Epoch, Error, Result, Side, StreamKey};
use tokio::sync::Mutex;

use super::checkpoint::Checkpoints;
use super::client::{Client, number};
use super::load::{self, MysqlLoad};
use super::target::{self, Found};
use super::writer::Types;
use super::{catalog, recover, rejects, rights, undo};
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

#[async_trait]
impl Destination for MysqlDestination {
    fn delivery(&self, _: &Target) -> Delivery {
        Delivery::Transactional
    }

    async fn ready(&self) {
        if let Ok(client) = self.client().await {
            self.keep(client).await;
        }
    }

    async fn claim(&self, target: &Target) -> Result<Claim> {
        let mut client = self.client().await?;
        let name = catalog::full_name(&client, &target.name);
        target::check_names(&name, target)?;
        let checkpoints = target::checkpoints(target, &name);
        let claim = recover::claim(&mut client, &checkpoints, &target.key, &name).await?;
        self.keep(client).await;
        Ok(claim)
    }

    async fn stands(&self, target: &Target, epoch: Epoch) -> Result<()> {
        let mut client = self.client().await?;
        let name = catalog::full_name(&client, &target.name);
        let checkpoints = target::checkpoints(target, &name);
        checkpoints.stands(&mut client, &target.key, epoch).await?;
        self.keep(client).await;
        Ok(())
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

    async fn checker(&self, target: &Target) -> Result<Box<dyn Check>> {
        let mut client = self.client().await?;
        let found = Found::look(&mut client, target).await?;
        let manner = load::manner(&mut client).await?;
        self.keep(client).await;
        let types = found.types(target, found.way(target)?);
        Ok(Box::new(Types(target.clone(), types, manner)))
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

    fn undoes(&self) -> bool {
        true
    }

    async fn undo(&self, request: &UndoRequest) -> Result<Vec<Undone>> {
        let mut client = self.client().await?;
        let undone = undo::undo(&mut client, request).await?;
        self.keep(client).await;
        Ok(undone)
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
