//! Exchanges and queues, declared by whoever needs them.
//!
//! ```text
//! syncapp.hints (direct) ─ the pool's name ─► syncapp.pool.NAME ─ what is no hint, or came too often ─► syncapp.dead
//! ```
//!
//! What is declared anew has to be declared the same. So a queue says only what never changes, and a hint carries its own time to
//! live. Where the user may not declare, or somebody has declared it otherwise, what is there is used.

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, ExchangeKind};
use syncapp_model::{Code, Error, Result};

use super::errors::{failed, is_refused};
use super::link::{Link, answered, heard};

/// The exchange to which hints are published.
pub(super) const HINTS: &str = "syncapp.hints";
/// Exchange and queue of what could not be a hint.
pub(super) const DEAD: &str = "syncapp.dead";

/// How often a hint comes back before it is dead: old brokers have no bound of their own.
const DELIVERIES: i32 = 100;
/// How many hints of a pool wait. Beyond it the broker confirms no more.
const WAITING: i32 = 100_000;
/// How many dead letters are kept, and for how long, in milliseconds.
const DEAD_LETTERS: i32 = 10_000;
const DEAD_FOR: i32 = 7 * 24 * 60 * 60 * 1000;
/// How long a pool's name may be, in bytes: what goes before it has to have room.
const NAME: usize = 200;

/// The pool's queue.
pub(super) fn queue(pool: &str) -> Result<ShortString> {
    if pool.len() > NAME {
        let why = format!("the name of a worker pool is longer than {NAME} bytes");
        return Err(Error::new(Code::InvalidValue, why).help("give the pool a shorter name"));
    }
    // A broker drops line ends from names, and not wherever it reads one.
    if pool.contains(char::is_control) {
        let why = "the name of a worker pool holds a control character";
        return Err(Error::new(Code::InvalidValue, why).help("give the pool another name"));
    }
    ShortString::try_new(format!("syncapp.pool.{pool}")).map_err(|problem| Error::internal(problem.to_string()))
}

/// Declares all that does not belong to one pool.
pub(super) async fn declare(link: &Link) -> Result<()> {
    let channel = link.channel().await?;
    match answered_or_refused(common(&channel)).await? {
        Ok(()) => Ok(()),
        Err(refused) => {
            tracing::debug!(%refused, "the exchanges are used as they are, if they are there");
            let exists = async {
                let channel = link.channel().await?;
                let passive = ExchangeDeclareOptions {
                    passive: true,
                    ..ExchangeDeclareOptions::default()
                };
                let (hints, kind) = (HINTS.into(), ExchangeKind::Direct);
                answered(channel.exchange_declare(hints, kind, passive, FieldTable::default())).await
            };
            exists.await.map_err(|_| refused)
        }
    }
}

/// Declares a pool's queue.
pub(super) async fn declare_pool(link: &Link, pool: &str) -> Result<()> {
    let name = queue(pool)?;
    let channel = link.channel().await?;
    match answered_or_refused(of_pool(&channel, pool, &name)).await? {
        Ok(()) => Ok(()),
        Err(refused) => {
            let exists = async {
                let channel = link.channel().await?;
                let passive = QueueDeclareOptions {
                    passive: true,
                    ..QueueDeclareOptions::default()
                };
                answered(channel.queue_declare(name, passive, FieldTable::default())).await
            };
            tracing::debug!(%refused, pool, "a queue is used as it is, if there is one");
            exists.await.map(drop).map_err(|_| refused)
        }
    }
}

/// Its outcome, with what is only a refusal apart: that closes the channel, and nothing else.
async fn answered_or_refused(call: impl Future<Output = lapin::Result<()>>) -> Result<Result<()>> {
    match heard(call).await? {
        Err(error) if is_refused(&error) => Ok(Err(failed(error))),
        outcome => outcome.map(Ok).map_err(failed),
    }
}

async fn common(channel: &Channel) -> lapin::Result<()> {
    let durable = ExchangeDeclareOptions {
        durable: true,
        ..ExchangeDeclareOptions::default()
    };
    for (name, kind) in [(HINTS, ExchangeKind::Direct), (DEAD, ExchangeKind::Headers)] {
        channel
            .exchange_declare(name.into(), kind, durable, FieldTable::default())
            .await?;
    }
    let bounds = [
        ("x-queue-type", AMQPValue::LongString("quorum".into())),
        ("x-max-length", DEAD_LETTERS.into()),
        ("x-message-ttl", DEAD_FOR.into()),
    ];
    declare_queue(channel, &DEAD.into(), bounds).await?;
    // A hint that nobody took in time is no news: only the others are kept.
    for reason in ["rejected", "delivery_limit"] {
        let arguments = table([
            ("x-match", AMQPValue::LongString("all-with-x".into())),
            ("x-first-death-reason", AMQPValue::LongString(reason.into())),
        ]);
        channel
            .queue_bind(
                DEAD.into(),
                DEAD.into(),
                "".into(),
                QueueBindOptions::default(),
                arguments,
            )
            .await?;
    }
    Ok(())
}

async fn of_pool(channel: &Channel, pool: &str, name: &ShortString) -> lapin::Result<()> {
    let rules = [
        ("x-queue-type", AMQPValue::LongString("quorum".into())),
        ("x-delivery-limit", DELIVERIES.into()),
        ("x-dead-letter-exchange", AMQPValue::LongString(DEAD.into())),
        ("x-max-length", WAITING.into()),
        ("x-overflow", AMQPValue::LongString("reject-publish".into())),
    ];
    declare_queue(channel, name, rules).await?;
    let (options, none) = (QueueBindOptions::default(), FieldTable::default());
    channel
        .queue_bind(name.clone(), HINTS.into(), pool.into(), options, none)
        .await
}

async fn declare_queue<const N: usize>(
    channel: &Channel,
    name: &ShortString,
    rules: [(&str, AMQPValue); N],
) -> lapin::Result<()> {
    let durable = QueueDeclareOptions {
        durable: true,
        ..QueueDeclareOptions::default()
    };
    channel
        .queue_declare(name.clone(), durable, table(rules))
        .await
        .map(drop)
}

fn table<const N: usize>(entries: [(&str, AMQPValue); N]) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in entries {
        table.insert(name.into(), value);
    }
    table
}
