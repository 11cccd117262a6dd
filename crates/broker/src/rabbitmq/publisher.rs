//! Hints on their way to the broker, many at once.
//!
//! One task publishes whatever waits, a batch at a time, and answers when the whole batch is settled: a hint that the broker
//! returns is not told apart from its neighbours by the driver, which hands it to any of the confirms that come with its own.
//! Each hint so carries its number, and none is confirmed before all of its batch are known.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation};
use syncapp_control::{Hint, Published};
use syncapp_model::Result;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::errors::blocked;
use super::link::{Link, answered};
use super::{message, topology};

/// How long the confirms of a batch may take.
const CONFIRM: Duration = Duration::from_secs(3);
/// How many hints go at once.
const BATCH: usize = 256;
/// How long a hint waits for a worker, in milliseconds. The sweeper sends another one long before.
const LIFE: &str = "600000";
/// A message that the broker writes to its disk.
const PERSISTENT: u8 = 2;

/// A hint, and who waits for what becomes of it.
pub(super) struct Request {
    pub(super) hint: Hint,
    pub(super) answer: oneshot::Sender<Result<Published>>,
}

/// Publishes until nobody can ask any more.
pub(super) async fn publish(link: Arc<Link>, mut requests: mpsc::Receiver<Request>) {
    let mut publisher = Publisher { link, channel: None };
    let mut batch = Vec::with_capacity(BATCH);
    while requests.recv_many(&mut batch, BATCH).await > 0 {
        // Nobody waits for those any more: they will come again.
        batch.retain(|request| !request.answer.is_closed());
        let hints: Vec<&Hint> = batch.iter().map(|request| &request.hint).collect();
        let published = Box::pin(publisher.publish(&hints)).await;
        for (request, published) in batch.drain(..).zip(published) {
            let _ = request.answer.send(published);
        }
    }
}

struct Publisher {
    link: Arc<Link>,
    channel: Option<Channel>,
}

impl Publisher {
    /// What becomes of each. Those that find no queue are published once more after it was declared.
    async fn publish(&mut self, hints: &[&Hint]) -> Vec<Result<Published>> {
        let mut published = self.send(hints).await;
        let lost: Vec<usize> = (0..hints.len())
            .filter(|number| published[*number] == Ok(Published::Returned))
            .collect();
        let pools: BTreeSet<&str> = lost.iter().map(|number| hints[*number].pool.as_str()).collect();
        let mut declared = BTreeSet::new();
        for pool in pools {
            match topology::declare_pool(&self.link, pool).await {
                Ok(()) => {
                    declared.insert(pool);
                }
                Err(error) => tracing::warn!(%error, pool, "a worker pool has no queue, and none can be made"),
            }
        }
        let again: Vec<usize> = lost
            .into_iter()
            .filter(|number| declared.contains(hints[*number].pool.as_str()))
            .collect();
        if !again.is_empty() {
            let second: Vec<&Hint> = again.iter().map(|number| hints[*number]).collect();
            for (number, outcome) in again.into_iter().zip(self.send(&second).await) {
                published[number] = outcome;
            }
        }
        published
    }

    async fn send(&mut self, hints: &[&Hint]) -> Vec<Result<Published>> {
        if hints.is_empty() {
            return Vec::new();
        }
        let channel = match self.channel().await {
            Ok(channel) => channel,
            Err(error) => return vec![Err(error); hints.len()],
        };
        let settled = settle(&channel, hints).await;
        let unheard = if settled.is_late {
            self.late(hints, &settled).await
        } else {
            Ok(Published::Unconfirmed)
        };
        let outcome = |number| match (settled.returned.contains(&number), settled.confirmed.contains(&number)) {
            (true, _) => Ok(Published::Returned),
            (false, true) => Ok(Published::Confirmed),
            (false, false) => unheard.clone(),
        };
        (0..hints.len()).map(outcome).collect()
    }

    /// What is said of hints of which nothing was heard in time. The channel is of no more use.
    async fn late(&mut self, hints: &[&Hint], settled: &Settled) -> Result<Published> {
        self.channel = None;
        if self.link.is_blocked().await {
            return Err(blocked());
        }
        self.link.cut().await;
        let late = hints
            .iter()
            .enumerate()
            .filter(|(number, _)| !settled.is_settled(*number));
        let pools: BTreeSet<&str> = late.map(|(_, hint)| hint.pool.as_str()).collect();
        tracing::warn!(
            ?pools,
            "the broker does not confirm hints: look whether their queues have a leader"
        );
        Ok(Published::Unconfirmed)
    }

    /// The channel on which the broker confirms.
    async fn channel(&mut self) -> Result<Channel> {
        if self.link.is_blocked().await {
            return Err(blocked());
        }
        if let Some(channel) = &self.channel
            && channel.status().connected()
        {
            return Ok(channel.clone());
        }
        topology::declare(&self.link).await?;
        let channel = self.link.channel().await?;
        answered(channel.confirm_select(ConfirmSelectOptions::default())).await?;
        Ok(self.channel.insert(channel).clone())
    }
}

/// What is known of a batch, by the numbers of its hints.
#[derive(Default)]
struct Settled {
    confirmed: BTreeSet<usize>,
    returned: BTreeSet<usize>,
    /// Something was not answered in time.
    is_late: bool,
}

async fn settle(channel: &Channel, hints: &[&Hint]) -> Settled {
    let deadline = Instant::now() + CONFIRM;
    let mut settled = Settled::default();
    let mut confirms = FuturesUnordered::new();
    for (number, hint) in hints.iter().enumerate() {
        match timeout_at(deadline, hand_over(channel, number, hint)).await {
            Ok(Ok(confirm)) => confirms.push(async move { (number, confirm.await) }),
            // The channel or the connection is gone: the confirms of the others will say so.
            Ok(Err(error)) => tracing::debug!(%error, "a hint could not be handed over"),
            Err(_) => {
                settled.is_late = true;
                break;
            }
        }
    }
    loop {
        match timeout_at(deadline, confirms.next()).await {
            Ok(Some((number, confirmation))) => settled.note(number, confirmation),
            Ok(None) => return settled,
            Err(_) => {
                settled.is_late = true;
                return settled;
            }
        }
    }
}

async fn hand_over(channel: &Channel, number: usize, hint: &Hint) -> lapin::Result<lapin::PublisherConfirm> {
    let options = BasicPublishOptions {
        mandatory: true,
        ..BasicPublishOptions::default()
    };
    let properties = BasicProperties::default()
        .with_content_type("application/json".into())
        .with_delivery_mode(PERSISTENT)
        .with_expiration(LIFE.into())
        .with_message_id(number.to_string().into());
    let (body, pool) = (message::write(hint.task, hint.trace), hint.pool.as_str().into());
    channel
        .basic_publish(topology::HINTS.into(), pool, options, &body, properties)
        .await
}

impl Settled {
    fn is_settled(&self, number: usize) -> bool {
        self.confirmed.contains(&number) || self.returned.contains(&number)
    }

    fn note(&mut self, number: usize, confirmation: lapin::Result<Confirmation>) {
        let returned = match confirmation {
            Ok(Confirmation::Ack(returned)) => {
                self.confirmed.insert(number);
                returned
            }
            Ok(Confirmation::Nack(returned)) => returned,
            Ok(Confirmation::NotRequested) | Err(_) => None,
        };
        let whose = returned.and_then(|message| message.properties.message_id().as_ref()?.as_str().parse().ok());
        self.returned.extend::<Option<usize>>(whose);
    }
}
