//! Files as a target.
//!
//! A claim removes what older claims left: their temporary files, and the files of an append that no checkpoint knows.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use syncapp_connector::{
    Check, Claim, Delivery, Destination, Load, Reject, RejectFilter, State, StateScope, Target, TargetChange,
    TargetShape,
};
use syncapp_model::sync_file::Write;
use syncapp_model::{Checkpoint, Code, Column, Epoch, Error, Result, StreamKey, StreamName};

use super::config::{Encoding, ValidFiles};
use super::encode::Plan;
use super::errors::blocking;
use super::format::{self, Compression, Format};
use super::load::FileLoad;
use super::stage;
use super::state::{Entry, States};
use super::{rejects, root, state, types};

/// The end that is written.
pub(super) struct FilesDestination {
    files: Arc<ValidFiles>,
}

impl FilesDestination {
    pub(super) fn new(files: Arc<ValidFiles>) -> Self {
        Self { files }
    }

    /// The target's file, or why it cannot be one.
    fn file(&self, target: &Target) -> Result<(String, Format, Compression)> {
        let refused = |why: &str, help: &str| Err(Error::new(Code::NotAvailable, why.to_owned()).help(help));
        if matches!(target.write, Write::Merge | Write::History) {
            return refused(
                "rows cannot be merged into files",
                "use `write: overwrite` or `write: append`, or a table as the target",
            );
        }
        let user_sql = [("before_sql", &target.before_sql), ("after_sql", &target.after_sql)];
        if let Some((key, _)) = user_sql.into_iter().find(|(_, sql)| sql.is_some()) {
            return refused(
                &format!("files run no SQL: `{key}`"),
                "remove the key, or write into a database",
            );
        }
        if self.files.encoding != Encoding::Utf8 {
            return refused(
                "files are written in UTF-8 only",
                "remove `encoding` from the connection",
            );
        }
        if target.state_schema.is_some() {
            return refused(
                "checkpoints of files lie in the connection's folder",
                "remove `state_schema`",
            );
        }
        if let Some(column) = target.columns.iter().find(|column| column.wanted_native.is_some()) {
            return refused("files have no types of their own", "use `type` in place of `native`")
                .map_err(|error: Error| error.column(&column.name));
        }
        format::of_target(&self.files, &format::path_of(&target.name))
    }
}

#[async_trait]
impl Destination for FilesDestination {
    fn delivery(&self, _: &Target) -> Delivery {
        Delivery::Idempotent
    }

    fn merges(&self) -> bool {
        false
    }

    async fn claim(&self, target: &Target) -> Result<Claim> {
        let (name, ..) = self.file(target)?;
        let (files, key) = (self.files.clone(), target.key.clone());
        blocking(move || claim(&files.root, &key, &name)).await
    }

    async fn stands(&self, target: &Target, epoch: Epoch) -> Result<()> {
        let (name, ..) = self.file(target)?;
        let (files, key) = (self.files.clone(), target.key.clone());
        blocking(move || States::lock(&files.root)?.under(&key, epoch, &name).map(drop)).await
    }

    async fn diff(&self, target: &Target) -> Result<TargetShape> {
        let (name, format, _) = self.file(target)?;
        let columns = target.columns.iter().map(|column| {
            let carried = types::carried(format, &column.ty);
            Column {
                name: column.name.clone(),
                native: types::native(format, &carried),
                ty: carried,
                portable: false,
                nullable: column.nullable,
            }
        });
        let shape = TargetShape {
            name: StreamName::bare(&name),
            columns: columns.collect(),
            losses: Vec::new(),
            changes: Vec::new(),
            wire: false,
            present: Vec::new(),
            ours: false,
            refuses: false,
        };
        let (files, write) = (self.files.clone(), target.write);
        let new = blocking(move || {
            let path = root::target(&files.root, &name, false)?;
            let parts = files.file_size.map(|_| path.with_file_name(stage::part_name(&name, 0)));
            let fresh = !path.exists() && !parts.is_some_and(|part| part.exists());
            Ok((fresh && write == Write::Overwrite).then(|| format!("new file {name}")))
        });
        Ok(TargetShape {
            changes: new.await?.map(|sql| TargetChange::Create { sql }).into_iter().collect(),
            ..shape
        })
    }

    async fn checker(&self, target: &Target) -> Result<Box<dyn Check>> {
        let (_, format, _) = self.file(target)?;
        Ok(Box::new(format))
    }

    async fn begin(&self, target: &Target, epoch: Epoch, _: &TargetShape) -> Result<Box<dyn Load>> {
        let (name, format, compression) = self.file(target)?;
        let (files, key) = (self.files.clone(), target.key.clone());
        let columns = target.columns.iter();
        let columns = columns
            .map(|column| (column.name.clone(), column.ty.clone(), column.nullable))
            .collect();
        let prefix = stage::prefix_of(&key, &name, epoch);
        let plan = blocking(move || {
            let path = root::target(&files.root, &name, true)?;
            let folder = path.parent().unwrap_or(&files.root).to_owned();
            Ok(Arc::new(Plan {
                files,
                name,
                format,
                compression,
                columns,
                folder,
                prefix,
            }))
        });
        Ok(Box::new(FileLoad::new(plan.await?, target, epoch)))
    }

    async fn rejects(&self, _: &StateScope, wanted: &RejectFilter) -> Result<Vec<Reject>> {
        let (files, wanted) = (self.files.clone(), wanted.clone());
        blocking(move || {
            let states = state::peek(&files.root)?;
            let settled = |reject: &Reject| {
                let mut own = states.iter().filter(|entry| entry.key == reject.key);
                own.any(|entry| entry.settled.contains(&reject.id))
            };
            rejects::list(&files.root, &wanted, settled)
        })
        .await
    }

    async fn states(&self, _: &StateScope) -> Result<Vec<State>> {
        let files = self.files.clone();
        blocking(move || Ok(state::peek(&files.root)?.iter().map(Entry::state).collect())).await
    }

    async fn set_state(&self, _: &StateScope, key: &StreamKey, checkpoint: Option<&Checkpoint>) -> Result<()> {
        let (files, key, checkpoint) = (self.files.clone(), key.clone(), checkpoint.cloned());
        blocking(move || {
            let unknown = || {
                Error::new(Code::UnknownName, format!("there is no state of `{key}` here"))
                    .help("list the states that there are with `syncapp state show`")
            };
            if !state::peek(&files.root)?.iter().any(|entry| entry.key == key) {
                return Err(unknown());
            }
            let mut states = States::lock(&files.root)?;
            let mut entry = states.get(&key).cloned().ok_or_else(unknown)?;
            entry.epoch.0 += 1;
            entry.set_checkpoint(checkpoint.as_ref());
            states.put(entry)
        })
        .await
    }
}

fn claim(folder: &Path, key: &StreamKey, name: &str) -> Result<Claim> {
    let path = root::target(folder, name, true)?;
    let mut states = States::lock(folder)?;
    let mut entry = states.get(key).cloned().unwrap_or_else(|| Entry::new(key, name));
    for leftover in std::mem::take(&mut entry.pending) {
        stage::remove(&root::target(folder, &leftover, false)?)?;
    }
    let settled = std::mem::take(&mut entry.settled);
    if !settled.is_empty() {
        rejects::forget(folder, key, &settled)?;
    }
    entry.aim(name);
    entry.epoch.0 += 1;
    let claim = Claim {
        epoch: entry.epoch,
        checkpoint: entry.checkpoint(),
    };
    states.put(entry)?;
    drop(states);
    stage::clear_older(path.parent().unwrap_or(folder), key, name, claim.epoch)?;
    Ok(claim)
}
