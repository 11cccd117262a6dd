//! RabbitMQ: each place is a virtual host, with a user who has no right but on SyncApp's own names.

mod faults;
mod messages;
mod rights;
mod slow;
mod workers;

use std::sync::Arc;

use async_trait::async_trait;
use syncapp_broker::{Rabbit, RabbitConfig};
use syncapp_control::testkit::QueueRig;
use syncapp_control::{Consumer, Hint, Published, Queue, RunId, TaskId};
use syncapp_model::Secret;
use syncapp_tests::server::rabbitmq::{RabbitMq, VirtualHost};
use uuid::Uuid;

struct Broker;

#[async_trait]
impl QueueRig for Broker {
    async fn fresh(&self) -> Arc<dyn Queue> {
        Arc::new(rabbit(&RabbitMq::shared().await.virtual_host().await))
    }
}

syncapp_control::queue_conformance!(Broker);

fn config(url: &str) -> RabbitConfig {
    RabbitConfig {
        url: Secret::new(url),
        ca_file: None,
        name: "a test".into(),
    }
}

fn rabbit(host: &VirtualHost) -> Rabbit {
    Rabbit::new(&config(&host.url())).unwrap()
}

fn hint(pool: &str, number: u32) -> Hint {
    Hint {
        trace: None,
        task: TaskId {
            run: RunId(Uuid::from_u128(7)),
            number,
        },
        pool: pool.into(),
    }
}

async fn publish(rabbit: &Rabbit, pool: &str, number: u32) {
    let published = rabbit.publish(&hint(pool, number)).await;
    assert_eq!(published, Ok(Published::Confirmed));
}

async fn door(rabbit: &Rabbit, pools: &[&str]) -> Box<dyn Consumer> {
    let pools: Vec<String> = pools.iter().map(|pool| (*pool).to_owned()).collect();
    rabbit.consume(&pools).await.unwrap()
}

/// The next hint's number; it is acked.
async fn take(door: &mut Box<dyn Consumer>) -> u32 {
    let delivery = door.next().await.unwrap();
    let number = delivery.hint.task.number;
    door.ack(delivery).await.unwrap();
    number
}
