//! What happens to all at once: the store is away, the broker restarts or loses its disk, workers are asked to go.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use syncapp_control::Signal;

use crate::broker::Broker;
use crate::world::World;

/// Looks each second whether something of it happens.
pub(crate) async fn weather((world, broker, drains): (Arc<World>, Arc<Broker>, Arc<Mutex<Vec<Signal>>>)) {
    loop {
        world.sleep(Duration::from_secs(1)).await;
        if world.fault(world.faults.outage) {
            let until = world.now() + world.millis(1000, 25_000);
            world.log(|| format!("the store is AWAY until {until:?}"));
            world.state().store_down = until;
        }
        if world.fault(world.faults.broker_restart) {
            let wiped = world.faults.lossy && world.fault(500);
            world.log(|| format!("the broker RESTARTS, wiped: {wiped}"));
            broker.restart(wiped);
        }
        if world.fault(world.faults.drain) {
            let mut drains = drains.lock().unwrap();
            let choice = world.state().chance.below(drains.len() as u64) as usize;
            if choice < drains.len() {
                world.log(|| "a worker is DRAINED".into());
                drains.swap_remove(choice).raise();
            }
        }
        broker.inspect();
    }
}
