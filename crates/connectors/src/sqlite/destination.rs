//! The file as it is written.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use syncapp_connector::{
    Check, Claim, Delivery, Destination, Load, Reject, RejectFilter, State, StateScope, Target, TargetShape,
    UndoRequest, Undone,
};
use syncapp_model::sync_file::Write;
use syncapp_model::{Checkpoint, Code, Epoch, Error, Result, Side, StreamKey};

use super::config::Valid;
use super::connect::{blocking, reader, writer};
use super::error::At;
use super::load::{Job, Planned, SqliteLoad};
use super::target::{check_namespace, plan};
use super::{checkpoint, rejects, undo};

/// An SQLite file to write into.
pub(super) struct SqliteDestination {
    valid: Arc<Valid>,
}

impl SqliteDestination {
    pub(super) fn new(valid: Arc<Valid>) -> Self {
        Self { valid }
    }
}

/// A connection that looks. It makes no file: an empty database stands for one that is not there.
fn looking(path: &Path) -> Result<Connection> {
    if path.exists() {
        reader(path, Side::Destination)
    } else {
        Connection::open_in_memory().writing()
    }
}

#[async_trait]
impl Destination for SqliteDestination {
    fn delivery(&self, _: &Target) -> Delivery {
        Delivery::Transactional
    }

    async fn claim(&self, target: &Target) -> Result<Claim> {
        check(target)?;
        let (valid, key) = (self.valid.clone(), target.key.clone());
        blocking(move || {
            // What older claims staged went with their connections: there is nothing to drop.
            let connection = writer(&valid.path)?;
            let transaction = Transaction::new_unchecked(&connection, TransactionBehavior::Immediate).writing()?;
            let (epoch, checkpoint) = checkpoint::claim(&transaction, &key)?;
            transaction.commit().writing()?;
            Ok(Claim { epoch, checkpoint })
        })
        .await
    }

    async fn stands(&self, target: &Target, epoch: Epoch) -> Result<()> {
        let (valid, key) = (self.valid.clone(), target.key.clone());
        blocking(move || checkpoint::assert(&looking(&valid.path)?, &key, epoch)).await
    }

    async fn diff(&self, target: &Target) -> Result<TargetShape> {
        check(target)?;
        let (valid, target) = (self.valid.clone(), target.clone());
        blocking(move || Ok(plan(&looking(&valid.path)?, &target)?.shape(&target))).await
    }

    async fn checker(&self, target: &Target) -> Result<Box<dyn Check>> {
        check(target)?;
        let (valid, target) = (self.valid.clone(), target.clone());
        blocking(move || {
            let plan = plan(&looking(&valid.path)?, &target)?;
            Ok(Box::new(Planned(target, plan)) as Box<dyn Check>)
        })
        .await
    }

    async fn begin(&self, target: &Target, epoch: Epoch, shape: &TargetShape) -> Result<Box<dyn Load>> {
        check(target)?;
        let (valid, target, shape) = (self.valid.clone(), target.clone(), shape.clone());
        let job = blocking(move || {
            let connection = writer(&valid.path)?;
            if !checkpoint::is_kept(&connection)? {
                return Err(Error::internal("a load began without a claim"));
            }
            checkpoint::assert(&connection, &target.key, epoch)?;
            let plan = plan(&connection, &target)?;
            let now = plan.shape(&target);
            // The changes of an earlier load under the same claim are done already.
            if now.columns != shape.columns {
                return Err(Error::new(
                    Code::TypeMismatch(Side::Destination),
                    "the table was changed since it was looked at",
                )
                .help("run the sync again")
                .stream(&target.key.stream));
            }
            Ok(Job {
                connection,
                target,
                epoch,
                plan,
                refused: false,
            })
        })
        .await?;
        Ok(Box::new(SqliteLoad::start(job)))
    }

    fn folds_names(&self) -> bool {
        true
    }

    async fn rejects(&self, scope: &StateScope, wanted: &RejectFilter) -> Result<Vec<Reject>> {
        check_scope(scope)?;
        let (valid, wanted) = (self.valid.clone(), wanted.clone());
        blocking(move || {
            if !valid.path.exists() {
                return Ok(Vec::new());
            }
            rejects::list(&reader(&valid.path, Side::Destination)?, &wanted)
        })
        .await
    }

    async fn states(&self, scope: &StateScope) -> Result<Vec<State>> {
        check_scope(scope)?;
        let valid = self.valid.clone();
        blocking(move || {
            if !valid.path.exists() {
                return Ok(Vec::new());
            }
            let connection = reader(&valid.path, Side::Destination)?;
            if checkpoint::is_kept(&connection)? {
                checkpoint::states(&connection)
            } else {
                Ok(Vec::new())
            }
        })
        .await
    }

    fn undoes(&self) -> bool {
        true
    }

    async fn undo(&self, request: &UndoRequest) -> Result<Vec<Undone>> {
        let (valid, request) = (self.valid.clone(), request.clone());
        blocking(move || {
            if !valid.path.exists() {
                return Ok(Vec::new());
            }
            let connection = writer(&valid.path)?;
            let transaction = Transaction::new_unchecked(&connection, TransactionBehavior::Immediate).writing()?;
            let undone = undo::undo(&transaction, &request)?;
            if !request.dry_run {
                transaction.commit().writing()?;
            }
            Ok(undone)
        })
        .await
    }

    async fn set_state(&self, scope: &StateScope, key: &StreamKey, checkpoint: Option<&Checkpoint>) -> Result<()> {
        check_scope(scope)?;
        let (valid, key, checkpoint) = (self.valid.clone(), key.clone(), checkpoint.cloned());
        blocking(move || {
            if !valid.path.exists() {
                return Err(checkpoint::unknown(&key));
            }
            let connection = writer(&valid.path)?;
            let transaction = Transaction::new_unchecked(&connection, TransactionBehavior::Immediate).writing()?;
            if !checkpoint::is_kept(&transaction)? {
                return Err(checkpoint::unknown(&key));
            }
            checkpoint::set(&transaction, &key, checkpoint.as_ref())?;
            transaction.commit().writing()
        })
        .await
    }
}

/// What is wrong with a target whatever the file holds.
fn check(target: &Target) -> Result<()> {
    check_namespace(target.name.namespace.as_deref())?;
    check_namespace(target.state_schema.as_deref())?;
    if target.name.name.to_ascii_lowercase().starts_with("_syncapp") {
        return Err(
            Error::new(Code::InvalidValue, "names that begin with `_syncapp` are SyncApp's own")
                .help("choose another name with `into`")
                .stream(&target.key.stream),
        );
    }
    match target.write {
        Write::Merge | Write::History if target.primary_key.is_empty() => Err(Error::new(
            Code::MissingPrimaryKey,
            "rows are told apart by a key, and there is none",
        )
        .help("give the stream a `primary_key`")
        .stream(&target.key.stream)),
        _ => Ok(()),
    }
}

fn check_scope(scope: &StateScope) -> Result<()> {
    scope
        .namespaces
        .iter()
        .try_for_each(|namespace| check_namespace(namespace.as_deref()))
}
