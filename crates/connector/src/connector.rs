//! A kind of system, and how the registry sees it.

use std::sync::Arc;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use syncapp_model::{Code, Error, Result, Side};

use crate::{Context, Destination, Source, TypeTable};

/// A kind of system: its configuration, and the ends it offers.
#[async_trait]
pub trait Connector: Send + Sync + 'static {
    /// The keys of a connection; its schema is part of the sync file's and draws the desktop's form.
    type Config: DeserializeOwned + JsonSchema;
    /// A configuration parsed once and never checked again.
    type Valid: Send + Sync + 'static;
    /// The word of the sync file's `connector` key.
    const ID: &'static str;

    /// What it is and can do.
    fn manifest(&self) -> Manifest;

    /// Its types and where others land: one table, or one for each format.
    fn types(&self) -> Vec<TypeTable>;

    /// What an address on the command line (`postgres://…`, `./data`) means here; `None` where it is not ours.
    fn address(&self, address: &str) -> Option<serde_json::Value>;

    /// Keys that may change without a secret of the connection going anywhere else than before, such as a password; nested ones as
    /// `a.b`. All others are taken to say where it goes.
    fn staying(&self) -> &'static [&'static str] {
        &[]
    }

    /// All that is wrong with a configuration, or its parsed form. Reads nothing and connects to nothing.
    fn validate(&self, raw: Self::Config, context: &Context) -> Result<Self::Valid, Vec<Error>>;

    /// Connects, and tests the rights that `side` needs.
    async fn check(&self, valid: &Self::Valid, side: Side) -> Result<()>;

    /// The end that is read.
    fn source(&self, valid: Arc<Self::Valid>) -> Option<Box<dyn Source>>;

    /// The end that is written.
    fn destination(&self, valid: Arc<Self::Valid>) -> Option<Box<dyn Destination>>;
}

/// What a connector is and can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Manifest {
    /// The word of the sync file's `connector` key.
    pub id: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Whether it can be read.
    pub source: bool,
    /// Whether it can be written.
    pub destination: bool,
}

/// A [`Connector`] whose configuration type is hidden: what a registry lists. Implemented for all of them.
#[async_trait]
pub trait AnyConnector: Send + Sync {
    /// [`Connector::manifest`]
    fn manifest(&self) -> Manifest;

    /// [`Connector::types`]
    fn types(&self) -> Vec<TypeTable>;

    /// The JSON Schema of its connections, without `connector` itself.
    fn schema(&self) -> schemars::Schema;

    /// [`Connector::address`]
    fn address(&self, address: &str) -> Option<serde_json::Value>;

    /// [`Connector::staying`]
    fn staying(&self) -> &'static [&'static str];

    /// The endpoint that a connection's keys describe, or all that is wrong with them.
    fn endpoint(&self, keys: serde_json::Value, context: &Context) -> Result<Box<dyn Endpoint>, Vec<Error>>;
}

/// A connection with a valid configuration.
#[async_trait]
pub trait Endpoint: Send + Sync {
    /// [`Connector::manifest`]
    fn manifest(&self) -> Manifest;

    /// [`Connector::check`]
    async fn check(&self, side: Side) -> Result<()>;

    /// [`Connector::source`]
    fn source(&self) -> Option<Box<dyn Source>>;

    /// [`Connector::destination`]
    fn destination(&self) -> Option<Box<dyn Destination>>;
}

#[async_trait]
impl<C: Connector + Clone> AnyConnector for C {
    fn manifest(&self) -> Manifest {
        Connector::manifest(self)
    }

    fn types(&self) -> Vec<TypeTable> {
        Connector::types(self)
    }

    fn schema(&self) -> schemars::Schema {
        schemars::schema_for!(C::Config)
    }

    fn address(&self, address: &str) -> Option<serde_json::Value> {
        Connector::address(self, address)
    }

    fn staying(&self) -> &'static [&'static str] {
        Connector::staying(self)
    }

    fn endpoint(&self, keys: serde_json::Value, context: &Context) -> Result<Box<dyn Endpoint>, Vec<Error>> {
        let config = serde_json::from_value(keys)
            .map_err(|problem| vec![Error::new(Code::InvalidValue, problem.to_string())])?;
        let valid = Arc::new(self.validate(config, context)?);
        Ok(Box::new(Valid {
            connector: self.clone(),
            valid,
        }))
    }
}

struct Valid<C: Connector> {
    connector: C,
    valid: Arc<C::Valid>,
}

#[async_trait]
impl<C: Connector + Clone> Endpoint for Valid<C> {
    fn manifest(&self) -> Manifest {
        self.connector.manifest()
    }

    async fn check(&self, side: Side) -> Result<()> {
        self.connector.check(&self.valid, side).await
    }

    fn source(&self) -> Option<Box<dyn Source>> {
        self.connector.source(self.valid.clone())
    }

    fn destination(&self) -> Option<Box<dyn Destination>> {
        self.connector.destination(self.valid.clone())
    }
}
