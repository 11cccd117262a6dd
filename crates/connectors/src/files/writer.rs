//! The thread that encodes a load's rows, and the end that speaks to it.

use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::RecordBatch;
use async_trait::async_trait;
use syncapp_connector::{Batch, Check, Writer};
use syncapp_model::{Error, Result};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::encode::{self, Parts, Plan};
use super::format::Format;
use super::stage::Staged;

/// Batches that wait for the encoder.
const DEPTH: usize = 2;

/// What the writer has left for the commit.
#[derive(Default)]
pub(super) struct Finished {
    pub(super) parts: Vec<Staged>,
    pub(super) rows: u64,
}

enum Message {
    Rows(RecordBatch),
    Finish,
}

/// Hands batches to the encoder's thread.
pub(super) struct FileWriter {
    format: Format,
    sender: mpsc::Sender<Message>,
    encoding: JoinHandle<Result<u64>>,
}

impl FileWriter {
    /// Starts the encoder of a load, which leaves `finished` to its commit.
    pub(super) fn start(plan: Arc<Plan>, append: bool, finished: Arc<Mutex<Finished>>) -> Self {
        let (sender, mut receiver) = mpsc::channel::<Message>(DEPTH);
        let format = plan.format;
        let encoding = tokio::task::spawn_blocking(move || {
            let mut parts = Parts::new(plan);
            loop {
                match receiver.blocking_recv() {
                    Some(Message::Rows(batch)) => parts.write(batch)?,
                    Some(Message::Finish) => break,
                    // The writer was dropped: what is written goes with `parts`.
                    None => return Ok(0),
                }
            }
            let (parts, rows) = parts.finish(!append)?;
            let mut finished = finished.lock().unwrap_or_else(PoisonError::into_inner);
            *finished = Finished { parts, rows };
            Ok(rows)
        });
        Self {
            format,
            sender,
            encoding,
        }
    }

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
            Batch::Native(_) | Batch::Passing(_) | Batch::Marked(_) | Batch::Unread(_) => {
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
