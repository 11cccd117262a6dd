//! Files as a target.
//!
//! Rows go into hidden temporary files beside the target. A commit, under the folder's lock and the stream's fence,
//! gives them their names and then writes the checkpoint. A kill between the two is healed by the next run: an
//! overwrite replaces the target again, and the files of an append that no checkpoint knows are removed by the claim.

use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use async_trait::async_trait;
use syncapp_connector::{
    Batch, Check, Claim, Delivery, Destination, Fate, Load, Receipt, Reject, RejectFilter, Rejects, State, StateScope,
    Target, TargetChange, TargetShape, Writer,
};
use syncapp_model::sync_file::Write;
use syncapp_model::{Checkpoint, Code, Column, Epoch, Error, Result, StreamKey, StreamName};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::config::{Encoding, ValidFiles};
use super::encode::{self, Parts, Plan};
use super::errors::blocking;
use super::format::{self, Compression, Format};
use super::stage::{self, Staged};
use super::state::{Entry, States};
use super::{rejects, root, state, types};

/// Batches that wait for the encoder.
const DEPTH: usize = 2;

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
        Ok(Box::new(FileLoad {
            plan: plan.await?,
            key: target.key.clone(),
            epoch,
            write: target.write,
            given: false,
            rejects: None,
            settled: Vec::new(),
            finished: Arc::default(),
        }))
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

/// One load: temporary files until its commit.
struct FileLoad {
    plan: Arc<Plan>,
    key: StreamKey,
    epoch: Epoch,
    write: Write,
    given: bool,
    rejects: Option<Rejects>,
    /// Rows that are no longer kept.
    settled: Vec<String>,
    finished: Arc<std::sync::Mutex<Finished>>,
}

/// What the writer has left for the commit.
#[derive(Default)]
struct Finished {
    parts: Vec<Staged>,
    rows: u64,
}

#[async_trait]
impl Load for FileLoad {
    async fn writer(&mut self) -> Result<Option<Box<dyn Writer>>> {
        if std::mem::replace(&mut self.given, true) {
            return Ok(None);
        }
        let (sender, mut receiver) = mpsc::channel::<Message>(DEPTH);
        let (plan, finished) = (self.plan.clone(), self.finished.clone());
        let append = self.write == Write::Append;
        let encoding = tokio::task::spawn_blocking(move || {
            let mut parts = Parts::new(plan);
            loop {
                match receiver.blocking_recv() {
                    Some(Message::Rows(batch)) => parts.write(&batch)?,
                    Some(Message::Finish) => break,
                    // The writer was dropped: what is written goes with `parts`.
                    None => return Ok(0),
                }
            }
            let (parts, rows) = parts.finish(!append)?;
            let mut finished = finished.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            *finished = Finished { parts, rows };
            Ok(rows)
        });
        Ok(Some(Box::new(FileWriter {
            format: self.plan.format,
            sender,
            encoding,
        })))
    }

    async fn reject(&mut self, rejects: Rejects, settled: Vec<String>) -> Result<()> {
        self.rejects = Some(rejects);
        self.settled = settled;
        Ok(())
    }

    async fn replay(mut self: Box<Self>, checkpoint: &Checkpoint, ids: Vec<String>) -> Result<Vec<Fate>> {
        let fates = vec![Fate::Landed; ids.len()];
        self.settled.extend(ids);
        self.commit(checkpoint).await?;
        Ok(fates)
    }

    async fn commit(self: Box<Self>, checkpoint: &Checkpoint) -> Result<Receipt> {
        let checkpoint = checkpoint.clone();
        blocking(move || self.publish(&checkpoint)).await
    }

    async fn abort(self: Box<Self>) {
        // Dropping the temporary files removes them.
    }
}

impl FileLoad {
    fn publish(mut self, checkpoint: &Checkpoint) -> Result<Receipt> {
        let taken = std::mem::take(&mut *self.finished.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        let Finished { mut parts, rows } = taken;
        let root = &self.plan.files.root;
        let mut states = States::lock(root)?;
        let mut entry = states
            .get(&self.key)
            .filter(|entry| entry.epoch == self.epoch)
            .cloned()
            .ok_or_else(|| {
                Error::new(Code::Fenced, format!("another run took `{}` over", self.plan.name))
                    .help("let the other run finish; this one has changed nothing")
            })?;
        // A target is there after its first load, even without rows.
        if parts.is_empty() && (self.write == Write::Overwrite || !entry.has_written()) {
            parts = Parts::new(self.plan.clone()).finish(true)?.0;
        }
        if self.write == Write::Append {
            self.append(&mut states, &mut entry, parts)?;
        } else {
            self.overwrite(&mut states, &mut entry, parts)?;
        }
        if let Some(rejects) = self.rejects.take() {
            rejects::keep(
                &self.plan.files.root,
                &self.key,
                self.write == Write::Overwrite,
                rejects,
            )?;
        }
        entry.set_checkpoint(Some(checkpoint));
        // Rows are there and off their list with one and the same change of a file; the list itself follows.
        entry.settled = std::mem::take(&mut self.settled);
        states.put(entry.clone())?;
        if !entry.settled.is_empty() {
            rejects::forget(root, &self.key, &entry.settled)?;
            entry.settled.clear();
            states.put(entry)?;
        }
        Ok(Receipt {
            inserted: rows,
            ..Receipt::default()
        })
    }

    fn append(&self, states: &mut States, entry: &mut Entry, parts: Vec<Staged>) -> Result<()> {
        if parts.is_empty() {
            return Ok(());
        }
        let root = &self.plan.files.root;
        let name = &self.plan.name;
        // A number that a file of someone else has is passed by.
        while root::target(root, &stage::appended_name(name, entry.sequence, 0), false)?.exists() {
            entry.sequence += 1;
        }
        let names: Vec<_> = (0..parts.len())
            .map(|part| stage::appended_name(name, entry.sequence, part))
            .collect();
        entry.pending.clone_from(&names);
        states.put(entry.clone())?;
        for (staged, name) in parts.into_iter().zip(&names) {
            staged.publish(&root::target(root, name, false)?)?;
        }
        stage::sync_folder(&self.plan.folder)?;
        entry.pending.clear();
        entry.sequence += 1;
        Ok(())
    }

    fn overwrite(&self, states: &mut States, entry: &mut Entry, parts: Vec<Staged>) -> Result<()> {
        let root = &self.plan.files.root;
        let name = &self.plan.name;
        let count = parts.len();
        let single = self.plan.files.file_size.is_none();
        let names: Vec<_> = if single {
            vec![name.clone()]
        } else {
            (0..count).map(|part| stage::part_name(name, part)).collect()
        };
        let before = entry.clone();
        entry.single |= single;
        entry.parts = entry.parts.max(if single { 0 } else { count });
        if *entry != before {
            states.put(entry.clone())?;
        }
        for (staged, name) in parts.into_iter().zip(&names) {
            staged.publish(&root::target(root, name, false)?)?;
        }
        if entry.single && !single {
            stage::remove(&root::target(root, name, false)?)?;
        }
        for part in if single { 0 } else { count }..entry.parts {
            stage::remove(&root::target(root, &stage::part_name(name, part), false)?)?;
        }
        for number in entry.first..entry.sequence {
            let mut part = 0;
            loop {
                let path = root::target(root, &stage::appended_name(name, number, part), false)?;
                if !path.exists() {
                    break;
                }
                stage::remove(&path)?;
                part += 1;
            }
        }
        stage::sync_folder(&self.plan.folder)?;
        entry.first = entry.sequence;
        entry.single = single;
        entry.parts = if single { 0 } else { count };
        Ok(())
    }
}

enum Message {
    Rows(RecordBatch),
    Finish,
}

/// Hands batches to the encoder's thread.
struct FileWriter {
    format: Format,
    sender: mpsc::Sender<Message>,
    encoding: JoinHandle<Result<u64>>,
}

impl FileWriter {
    async fn send(&mut self, message: Message) -> Result<()> {
        if self.sender.send(message).await.is_ok() {
            return Ok(());
        }
        match (&mut self.encoding).await {
            Ok(Err(error)) => Err(error),
            Ok(Ok(_)) => Err(Error::internal("a file's encoder stopped early")),
            Err(problem) => Err(Error::internal("a file's encoder failed").driver(problem)),
        }
    }
}

impl Check for FileWriter {
    fn check(&self, batch: &RecordBatch) -> Result<()> {
        encode::check(self.format, batch)
    }
}

#[async_trait]
impl Writer for FileWriter {
    async fn write(&mut self, batch: Batch) -> Result<()> {
        match batch {
            Batch::Columns(batch) => self.send(Message::Rows(batch)).await,
            Batch::Native(_) | Batch::Marked(_) | Batch::Unread(_) => {
                Err(Error::internal("rows came in a form that files do not take"))
            }
        }
    }

    async fn finish(mut self: Box<Self>) -> Result<u64> {
        self.send(Message::Finish).await?;
        (&mut self.encoding)
            .await
            .unwrap_or_else(|problem| Err(Error::internal("a file's encoder failed").driver(problem)))
    }
}
