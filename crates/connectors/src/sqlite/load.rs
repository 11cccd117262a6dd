//! One load: a thread that stages rows and commits them, and the ends that speak to it.
//!
//! The thread owns the connection. It ends when the load commits, or when the load and its writer are dropped; the
//! staged rows go with it.

use std::sync::{Arc, OnceLock};

use arrow_array::RecordBatch;
use async_trait::async_trait;
use rusqlite::Connection;
use syncapp_connector::{Batch, Check, Committed, Fate, Load, Receipt, Refused, RefusedRow, Rejects, Target, Writer};
use syncapp_model::sync_file::DeleteRule;
use syncapp_model::{Checkpoint, Epoch, Error, Result, Scalar};
use tokio::sync::{mpsc, oneshot};

use super::commit::{Done, Relisting};
use super::error::At;
use super::remove::Gone;
use super::target::Plan;
use super::{commit, refusals, stage};
use crate::refusals::is_refusal;

/// How many batches wait for SQLite's thread.
const DEPTH: usize = 2;

/// What a load's thread works on.
pub(super) struct Job {
    pub(super) connection: Connection,
    pub(super) target: Target,
    pub(super) epoch: Epoch,
    pub(super) plan: Plan,
    /// Whether the table has refused rows already.
    pub(super) refused: bool,
}

/// What comes with a load's end.
pub(super) struct Last {
    pub(super) checkpoint: Checkpoint,
    pub(super) relisting: Relisting,
    pub(super) gone: Option<Arc<Gone>>,
}

enum Command {
    Write(RecordBatch),
    Finish(oneshot::Sender<Result<u64>>),
    Commit(Box<Last>, oneshot::Sender<Result<Ended>>),
    Abort(oneshot::Sender<()>),
}

/// How a commit ended that did not fail.
enum Ended {
    Done(Done),
    /// The table refuses rows, which are staged no longer.
    Refused(Vec<RefusedRow>),
}

/// The ends' side of the thread.
#[derive(Clone)]
struct Thread {
    commands: mpsc::Sender<Command>,
    /// What stopped the staging, for whoever comes next.
    failure: Arc<OnceLock<Error>>,
}

impl Thread {
    async fn send(&self, command: Command) -> Result<()> {
        self.commands.send(command).await.map_err(|_| gone())
    }

    /// Sends a command and waits for its answer.
    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<Result<T>>) -> Command) -> Result<T> {
        let (sender, answer) = oneshot::channel();
        self.send(command(sender)).await?;
        answer.await.map_err(|_| gone())?
    }
}

fn gone() -> Error {
    Error::internal("the thread that writes an SQLite file is gone")
}

/// A load into an SQLite file.
pub(super) struct SqliteLoad {
    thread: Thread,
    target: Arc<(Target, Plan)>,
    relisting: Relisting,
    gone: Option<Arc<Gone>>,
    opened: bool,
}

impl SqliteLoad {
    /// Starts the thread.
    pub(super) fn start(job: Job) -> Self {
        let (commands, receiver) = mpsc::channel(DEPTH);
        let failure = Arc::new(OnceLock::new());
        let thread = Thread {
            commands,
            failure: failure.clone(),
        };
        let target = Arc::new((job.target.clone(), job.plan.clone()));
        tokio::task::spawn_blocking(move || job.run(receiver, &failure));
        Self {
            thread,
            target,
            relisting: Relisting::default(),
            gone: None,
            opened: false,
        }
    }
}

impl SqliteLoad {
    async fn end<T>(mut self: Box<Self>, checkpoint: &Checkpoint, of: fn(Done) -> T) -> Result<Committed<T>> {
        let last = Last {
            checkpoint: checkpoint.clone(),
            relisting: std::mem::take(&mut self.relisting),
            gone: self.gone.clone(),
        };
        let ended = self
            .thread
            .ask(|answer| Command::Commit(Box::new(last), answer))
            .await?;
        Ok(match ended {
            Ended::Done(done) => Committed::Done(of(done)),
            Ended::Refused(rows) => Committed::Refused(Refused { load: self, rows }),
        })
    }
}

#[async_trait]
impl Load for SqliteLoad {
    async fn writer(&mut self) -> Result<Option<Box<dyn Writer>>> {
        // SQLite has one writer a file.
        if std::mem::replace(&mut self.opened, true) {
            return Ok(None);
        }
        Ok(Some(Box::new(SqliteWriter {
            thread: self.thread.clone(),
            target: self.target.clone(),
        })))
    }

    async fn reject(&mut self, rejects: Rejects, settled: Vec<String>) -> Result<()> {
        self.relisting.rejects = Some(rejects);
        self.relisting.settled = settled;
        Ok(())
    }

    async fn remove(&mut self, keys: Vec<Vec<Scalar>>, rule: DeleteRule) -> Result<()> {
        self.gone = Some(Arc::new(Gone { keys, rule }));
        Ok(())
    }

    async fn replay(mut self: Box<Self>, checkpoint: &Checkpoint, ids: Vec<String>) -> Result<Committed<Vec<Fate>>> {
        self.relisting.replayed = Some(ids);
        self.end(checkpoint, |done| done.fates).await
    }

    async fn commit(self: Box<Self>, checkpoint: &Checkpoint) -> Result<Committed<Receipt>> {
        self.end(checkpoint, |done| done.receipt).await
    }

    async fn abort(self: Box<Self>) {
        let (sender, done) = oneshot::channel();
        if self.thread.send(Command::Abort(sender)).await.is_ok() {
            // Answered or not, the thread is at its end.
            let _ = done.await;
        }
    }
}

struct SqliteWriter {
    thread: Thread,
    target: Arc<(Target, Plan)>,
}

impl Check for SqliteWriter {
    fn check(&self, batch: &RecordBatch) -> Result<()> {
        let (target, plan) = self.target.as_ref();
        stage::check(target, plan, batch)
    }
}

/// A target's plan, where nothing is written.
pub(super) struct Planned(pub(super) Target, pub(super) Plan);

impl Check for Planned {
    fn check(&self, batch: &RecordBatch) -> Result<()> {
        stage::check(&self.0, &self.1, batch)
    }
}

#[async_trait]
impl Writer for SqliteWriter {
    async fn write(&mut self, batch: Batch) -> Result<()> {
        if let Some(error) = self.thread.failure.get() {
            return Err(error.clone());
        }
        match batch {
            Batch::Columns(columns) => self.thread.send(Command::Write(columns)).await,
            Batch::Native(_) | Batch::Passing(_) | Batch::Marked(_) | Batch::Unread(_) => {
                Err(Error::internal("rows came in a form that SQLite does not take"))
            }
        }
    }

    async fn finish(self: Box<Self>) -> Result<u64> {
        self.thread.ask(Command::Finish).await
    }
}

/// How the staging ended.
enum End {
    Commit(Box<Last>, oneshot::Sender<Result<Ended>>),
    Abort(oneshot::Sender<()>),
    Dropped,
}

impl Job {
    fn run(mut self, mut commands: mpsc::Receiver<Command>, failure: &OnceLock<Error>) {
        let mut end = match self.stage(&mut commands) {
            Ok(end) => end,
            Err(error) => {
                let _ = failure.set(error);
                drain(&mut commands, failure)
            }
        };
        loop {
            match end {
                End::Commit(last, answer) => {
                    let result = match failure.get() {
                        Some(error) => Err(error.clone()),
                        None => self.land(*last),
                    };
                    let goes_on = matches!(result, Ok(Ended::Refused(_)));
                    if !goes_on {
                        drop(self.connection);
                        // Nobody listens where the load was dropped while it committed.
                        let _ = answer.send(result);
                        return;
                    }
                    let _ = answer.send(result);
                    end = drain(&mut commands, failure);
                }
                End::Abort(answer) => {
                    drop(self.connection);
                    let _ = answer.send(());
                    return;
                }
                End::Dropped => return,
            }
        }
    }

    /// Stages rows until the load ends, or a row fails.
    fn stage(&self, commands: &mut mpsc::Receiver<Command>) -> Result<End> {
        stage::open(&self.connection, &self.target, &self.plan)?;
        let mut insert = stage::insert(&self.connection, self.plan.columns.len())?;
        let mut rows = 0;
        while let Some(command) = commands.blocking_recv() {
            match command {
                Command::Write(batch) => {
                    let before = rows;
                    rows += batch.num_rows() as u64;
                    stage::fill(&mut insert, &self.target, &self.plan, batch, before)?;
                }
                Command::Finish(answer) => drop(answer.send(Ok(rows))),
                Command::Commit(last, answer) => return Ok(End::Commit(last, answer)),
                Command::Abort(answer) => return Ok(End::Abort(answer)),
            }
        }
        Ok(End::Dropped)
    }

    /// Commits; the rows that the table refuses are staged no longer, where they are to be set aside.
    fn land(&mut self, last: Last) -> Result<Ended> {
        let rejects = last.relisting.rejects.as_ref();
        if rejects.is_some_and(|rejects| rejects.count() > 0) {
            self.target.deletes = DeleteRule::Ignore;
        }
        if !self.connection.is_autocommit() {
            // The end of the transaction that filled the private staging database.
            self.connection.execute_batch("COMMIT").writing()?;
        }
        let gone = last.gone.clone();
        let error = match commit::commit(&self.connection, &self.target, self.epoch, &self.plan, last) {
            Ok(done) => return Ok(Ended::Done(done)),
            Err(error) => error,
        };
        let most = self.target.refusals.filter(|_| self.plan.sets_aside(&self.target));
        let Some(most) = most.filter(|_| is_refusal(&error)) else {
            return Err(error);
        };
        let again = !std::mem::replace(&mut self.refused, true);
        let refused = refusals::take_out(&self.connection, &self.target, gone.as_deref(), (most, again))?;
        if refused.is_empty() {
            return Err(error);
        }
        Ok(Ended::Refused(refused))
    }
}

/// Answers with the failure until the load ends.
fn drain(commands: &mut mpsc::Receiver<Command>, failure: &OnceLock<Error>) -> End {
    let error = || Err(failure.get().cloned().unwrap_or_else(gone));
    while let Some(command) = commands.blocking_recv() {
        match command {
            Command::Write(_) => {}
            Command::Finish(answer) => drop(answer.send(error())),
            Command::Commit(last, answer) => return End::Commit(last, answer),
            Command::Abort(answer) => return End::Abort(answer),
        }
    }
    End::Dropped
}
