//! A door through which hints come: a channel with a consumer for each pool.
//!
//! Invariants: one hint of each pool waits behind an open door, and no more; whatever was not acked goes back when the door
//! closes. A message that is no hint goes to the dead letters, and the door stays open.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use async_trait::async_trait;
use futures_util::Stream as _;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions, BasicRejectOptions};
use lapin::types::FieldTable;
use lapin::{Channel, message};
use syncapp_control::{Consumer, Delivery, Hint};
use syncapp_model::Result;
use tokio::runtime::Handle;

use super::errors::{cancelled, failed, is_missing};
use super::link::{Link, answered, heard};
use super::topology;

pub(super) struct Door {
    channel: Channel,
    pools: Vec<(String, lapin::Consumer)>,
    /// Which pool comes first next time, so that a full one does not starve the others.
    turn: usize,
    runtime: Handle,
}

impl Door {
    /// Opens one. What is missing is declared: mostly nothing is.
    pub(super) async fn open(link: &Link, pools: &[String]) -> Result<Self> {
        if let Some(door) = Self::try_open(link, pools).await? {
            return Ok(door);
        }
        topology::declare(link).await?;
        for pool in pools {
            topology::declare_pool(link, pool).await?;
        }
        Self::try_open(link, pools).await?.ok_or_else(cancelled)
    }

    /// `None` where a queue is missing.
    async fn try_open(link: &Link, pools: &[String]) -> Result<Option<Self>> {
        let mut door = Self {
            channel: link.channel().await?,
            pools: Vec::with_capacity(pools.len()),
            turn: 0,
            runtime: Handle::current(),
        };
        answered(door.channel.basic_qos(1, BasicQosOptions::default())).await?;
        for pool in pools {
            let options = BasicConsumeOptions::default();
            let queue = topology::queue(pool)?;
            let consuming = door
                .channel
                .basic_consume(queue, "".into(), options, FieldTable::default());
            match heard(consuming).await? {
                Ok(consumer) => door.pools.push((pool.clone(), consumer)),
                Err(error) if is_missing(&error) => return Ok(None),
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(Some(door))
    }

    /// The next message of any pool, and which pool it is. An end of one consumer is the end of the door.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<(usize, message::Delivery)>> {
        for step in 0..self.pools.len() {
            let number = (self.turn + step) % self.pools.len();
            if let Poll::Ready(come) = Pin::new(&mut self.pools[number].1).poll_next(context) {
                self.turn = number + 1;
                let come = come.unwrap_or_else(|| Err(lapin::ErrorKind::FutureCompleted.into()));
                return Poll::Ready(
                    come.map(|message| (number, message))
                        .map_err(|error| match error.kind() {
                            lapin::ErrorKind::FutureCompleted => cancelled(),
                            _ => failed(error),
                        }),
                );
            }
        }
        Poll::Pending
    }

    async fn reject(&self, tag: u64, requeue: bool) -> Result<()> {
        answered(self.channel.basic_reject(tag, BasicRejectOptions { requeue })).await
    }
}

#[async_trait]
impl Consumer for Door {
    async fn next(&mut self) -> Result<Delivery> {
        loop {
            let (number, message) = poll_fn(|context| self.poll_next(context)).await?;
            let pool = self.pools[number].0.clone();
            let tag = message.delivery_tag;
            match super::message::read(&message.data) {
                Ok((task, trace)) => {
                    let hint = Hint { task, pool, trace };
                    return Ok(Delivery { hint, tag });
                }
                Err(why) => {
                    let bytes = message.data.len();
                    tracing::warn!(why, bytes, pool, "a message that is no hint goes to the dead letters");
                    self.reject(tag, false).await?;
                }
            }
        }
    }

    async fn ack(&mut self, delivery: Delivery) -> Result<()> {
        answered(self.channel.basic_ack(delivery.tag, BasicAckOptions::default())).await
    }

    async fn put_back(&mut self, delivery: Delivery) -> Result<()> {
        self.reject(delivery.tag, true).await
    }
}

impl Drop for Door {
    /// The driver would only cancel the consumers: what they were given goes back when the channel closes.
    fn drop(&mut self) {
        let channel = self.channel.clone();
        if channel.status().connected() {
            self.runtime.spawn(async move {
                if let Err(error) = answered(channel.close(200, "".into())).await {
                    tracing::debug!(%error, "a door is closed by the end of its connection");
                }
            });
        }
    }
}
