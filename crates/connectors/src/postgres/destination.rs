//! Writing: claims, looks at targets, begins loads.

use std::sync::Arc;

use arrow_array::ArrayRef;
use async_trait::async_trait;
use syncapp_connector::{
    Check, Claim, Delivery, Destination, Load, Reject, RejectFilter, State, StateScope, Target, TargetShape,
    UndoRequest, Undone,
};
use syncapp_model::{Checkpoint, Code, Column, Epoch, Error, Result, Side, StreamKey};

use super::checkpoint::Checkpoints;
use super::client::Client;
use super::clients::Clients;
use super::load::{PostgresLoad, WRITING};
use super::stored::stored;
use super::target::{Found, checkpoints, default_schema, full_name};
use super::writer::Wires;
use super::{catalog, rejects, rights, undo};
use crate::server::Valid;

/// A target database.
pub(super) struct PostgresDestination {
    clients: Arc<Clients>,
}

impl PostgresDestination {
    pub(super) fn new(valid: Arc<Valid>) -> Self {
        Self {
            clients: Clients::new(valid, Side::Destination),
        }
    }

    async fn schemas(&self, client: &Client, scope: &StateScope) -> Result<Vec<Checkpoints>> {
        let mut schemas = Vec::new();
        for namespace in &scope.namespaces {
            let schema = match namespace {
                Some(schema) => schema.clone(),
                None => default_schema(client).await?,
            };
            if !schemas.contains(&schema) {
                schemas.push(schema);
            }
        }
        Ok(schemas.iter().map(|schema| Checkpoints::within(schema)).collect())
    }
}

#[async_trait]
impl Destination for PostgresDestination {
    fn delivery(&self, _: &Target) -> Delivery {
        Delivery::Transactional
    }

    async fn ready(&self) {
        if let Ok(client) = self.clients.client().await {
            catalog::warm(&client).await;
        }
    }

    async fn claim(&self, target: &Target) -> Result<Claim> {
        let client = self.clients.client().await?;
        let name = full_name(&client, &target.name).await?;
        // Staging tables live and die inside the transactions of loads: none is ever left over.
        let claim = checkpoints(target, &name).claim(&client, &target.key).await?;
        Ok(claim)
    }

    async fn stands(&self, target: &Target, epoch: Epoch) -> Result<()> {
        let client = self.clients.client().await?;
        let name = full_name(&client, &target.name).await?;
        checkpoints(target, &name).stands(&client, &target.key, epoch).await
    }

    async fn diff(&self, target: &Target) -> Result<TargetShape> {
        let client = self.clients.client().await?;
        client.begin("read only").await?;
        let shape = Found::look(&client, target).await?.shape(target)?;
        client.commit().await?;
        Ok(shape)
    }

    async fn checker(&self, target: &Target) -> Result<Box<dyn Check>> {
        let client = self.clients.client().await?;
        client.begin("read only").await?;
        let found = Found::look(&client, target).await?;
        client.commit().await?;
        Ok(Box::new(Wires(found.wires(target, found.way(target)?))))
    }

    fn stored(&self, column: &Column, values: &ArrayRef) -> ArrayRef {
        stored(column, values)
    }

    async fn missing_rights(&self, target: &Target) -> Result<Vec<Error>> {
        let client = self.clients.client().await?;
        client.begin("read only").await?;
        let missing = rights::missing(&client, target).await?;
        client.commit().await?;
        Ok(missing)
    }

    async fn begin(&self, target: &Target, epoch: Epoch, shape: &TargetShape) -> Result<Box<dyn Load>> {
        let client = self.clients.client().await?;
        let load = PostgresLoad::begin(Arc::new(client), target, epoch, shape).await?;
        Ok(Box::new(load))
    }

    async fn rejects(&self, scope: &StateScope, wanted: &RejectFilter) -> Result<Vec<Reject>> {
        let client = self.clients.client().await?;
        let mut found = Vec::new();
        for state in self.schemas(&client, scope).await? {
            found.extend(rejects::list(&client, &state, wanted).await?);
        }
        found.truncate(wanted.limit);
        Ok(found)
    }

    async fn states(&self, scope: &StateScope) -> Result<Vec<State>> {
        let client = self.clients.client().await?;
        let mut states = Vec::new();
        for checkpoints in self.schemas(&client, scope).await? {
            states.extend(checkpoints.all(&client).await?);
        }
        Ok(states)
    }

    fn undoes(&self) -> bool {
        true
    }

    async fn undo(&self, request: &UndoRequest) -> Result<Vec<Undone>> {
        let client = self.clients.client().await?;
        client.begin(WRITING).await?;
        let undone = undo::undo(&client, request).await?;
        if request.dry_run {
            client.roll_back().await?;
        } else {
            client.commit().await?;
        }
        Ok(undone)
    }

    async fn set_state(&self, scope: &StateScope, key: &StreamKey, checkpoint: Option<&Checkpoint>) -> Result<()> {
        let client = self.clients.client().await?;
        for checkpoints in self.schemas(&client, scope).await? {
            if !checkpoints.exist(&client).await? {
                continue;
            }
            client.begin("").await?;
            match checkpoints.set(&client, key, checkpoint).await {
                Err(error) if error.code() == Code::UnknownName => client.roll_back().await?,
                set => {
                    set?;
                    return client.commit().await;
                }
            }
        }
        Err(
            Error::new(Code::UnknownName, format!("no state of {key} is kept in the target"))
                .help("`state show` lists what is kept"),
        )
    }
}
