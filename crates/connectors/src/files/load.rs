//! One load into files.
//!
//! Rows go into hidden temporary files beside the target. A commit, under the folder's lock and the stream's fence,
//! gives them their names and then writes the checkpoint. A kill between the two is healed by the next run: an
//! overwrite replaces the target again, and the files of an append that no checkpoint knows are removed by the claim.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use syncapp_connector::{Committed, Fate, Load, Receipt, Rejects, Target, Writer};
use syncapp_model::sync_file::Write;
use syncapp_model::{Checkpoint, Epoch, Result, StreamKey};

use super::encode::{Parts, Plan};
use super::errors::blocking;
use super::stage::{self, Staged};
use super::state::{Entry, States};
use super::writer::{FileWriter, Finished};
use super::{rejects, root};

/// One load: temporary files until its commit.
pub(super) struct FileLoad {
    plan: Arc<Plan>,
    key: StreamKey,
    epoch: Epoch,
    write: Write,
    given: bool,
    rejects: Option<Rejects>,
    /// Rows that are no longer kept.
    settled: Vec<String>,
    finished: Arc<Mutex<Finished>>,
}

#[async_trait]
impl Load for FileLoad {
    async fn writer(&mut self) -> Result<Option<Box<dyn Writer>>> {
        if std::mem::replace(&mut self.given, true) {
            return Ok(None);
        }
        let writer = FileWriter::start(self.plan.clone(), self.write == Write::Append, self.finished.clone());
        Ok(Some(Box::new(writer)))
    }

    async fn reject(&mut self, rejects: Rejects, settled: Vec<String>) -> Result<()> {
        self.rejects = Some(rejects);
        self.settled = settled;
        Ok(())
    }

    async fn replay(mut self: Box<Self>, checkpoint: &Checkpoint, ids: Vec<String>) -> Result<Committed<Vec<Fate>>> {
        let fates = vec![Fate::Landed; ids.len()];
        self.settled.extend(ids);
        self.commit(checkpoint).await?;
        Ok(Committed::Done(fates))
    }

    async fn commit(self: Box<Self>, checkpoint: &Checkpoint) -> Result<Committed<Receipt>> {
        let checkpoint = checkpoint.clone();
        blocking(move || self.publish(&checkpoint)).await.map(Committed::Done)
    }

    async fn abort(self: Box<Self>) {
        // Dropping the temporary files removes them.
    }
}

impl FileLoad {
    pub(super) fn new(plan: Arc<Plan>, target: &Target, epoch: Epoch) -> Self {
        Self {
            plan,
            key: target.key.clone(),
            epoch,
            write: target.write,
            given: false,
            rejects: None,
            settled: Vec::new(),
            finished: Arc::default(),
        }
    }

    fn publish(mut self, checkpoint: &Checkpoint) -> Result<Receipt> {
        let taken = std::mem::take(&mut *self.finished.lock().unwrap_or_else(PoisonError::into_inner));
        let Finished { mut parts, rows } = taken;
        let root = &self.plan.files.root;
        let mut states = States::lock(root)?;
        let mut entry = states.under(&self.key, self.epoch, &self.plan.name)?.clone();
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
