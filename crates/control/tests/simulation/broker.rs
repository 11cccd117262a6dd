//! The broker: it returns, doubles, delays, reorders and loses hints, does not confirm, restarts, and loses its disk.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use syncapp_control::{Consumer, Delivery, Hint, Published, Queue, TaskId};
use syncapp_model::{Code, Error, Result};

use crate::teeth::Tooth;
use crate::world::World;

/// For how long a delivery may stay unacked before the broker closes its door.
pub(crate) const UNACKED: Duration = Duration::from_secs(45);

pub(crate) struct Broker {
    world: Arc<World>,
    tooth: Option<Tooth>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Hints, and from when on they can be delivered.
    hints: Vec<(Hint, Duration)>,
    doors: BTreeMap<u64, Opened>,
    numbers: u64,
    /// With the ack moved to the end of a task: acks that wait for it.
    late: BTreeSet<u64>,
}

struct Opened {
    process: usize,
    pools: Vec<String>,
    waiting: Option<Waker>,
    unacked: BTreeMap<u64, (Hint, Duration)>,
}

impl Broker {
    pub(crate) fn new(world: Arc<World>, tooth: Option<Tooth>) -> Self {
        let state = Mutex::default();
        Self { world, tooth, state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn keep(&self, hint: &Hint) {
        let delayed = self.world.fault(self.world.faults.delayed);
        let wait = if delayed {
            self.world.millis(1000, 20_000)
        } else {
            Duration::ZERO
        };
        let from = self.world.now() + wait;
        let mut state = self.state();
        state.hints.push((hint.clone(), from));
        state.wake_all();
    }

    /// Its doors break; with `wiped` it has forgotten everything.
    pub(crate) fn restart(&self, wiped: bool) {
        let mut state = self.state();
        for (_, door) in std::mem::take(&mut state.doors) {
            state.close(door);
        }
        if wiped {
            state.hints.clear();
        }
    }

    /// Closes doors with deliveries that stay unacked for too long. A worker that was awake all the time must have none.
    pub(crate) fn inspect(&self) {
        let now = self.world.now();
        let mut state = self.state();
        let late = |door: &Opened| {
            let oldest = door.unacked.values().map(|(_, since)| *since).min();
            oldest.filter(|since| *since + UNACKED <= now)
        };
        let closed: Vec<_> = state
            .doors
            .iter()
            .filter_map(|(number, door)| Some((*number, late(door)?, door.process)))
            .collect();
        for (number, since, process) in closed {
            let disturbed = self.world.state().disturbed.get(&process).copied();
            if disturbed.is_none_or(|at| at < since) {
                self.world
                    .violate(|| "a delivery stayed unacked for as long as the broker allows".into());
            }
            if let Some(door) = state.doors.remove(&number) {
                state.close(door);
            }
        }
    }

    /// With the ack moved to the end of a task: this is its end.
    pub(crate) fn settle(&self, task: TaskId) {
        let mut state = self.state();
        let State { doors, late, .. } = &mut *state;
        for door in doors.values_mut() {
            door.unacked
                .retain(|tag, (hint, _)| hint.task != task || !late.remove(tag));
        }
    }

    pub(crate) fn link(self: &Arc<Self>, process: usize) -> QueueLink {
        let broker = self.clone();
        QueueLink { broker, process }
    }
}

impl State {
    fn wake_all(&mut self) {
        for door in self.doors.values_mut() {
            if let Some(waker) = door.waiting.take() {
                waker.wake();
            }
        }
    }

    /// What was not acked comes again.
    fn close(&mut self, door: Opened) {
        if let Some(waker) = door.waiting {
            waker.wake();
        }
        let back = door.unacked.into_values().map(|(hint, _)| (hint, Duration::ZERO));
        self.hints.extend(back);
        self.wake_all();
    }
}

/// One process's way to the broker.
pub(crate) struct QueueLink {
    broker: Arc<Broker>,
    process: usize,
}

fn away() -> Error {
    Error::new(Code::StoreFailed, "the broker cannot be reached")
}

impl QueueLink {
    async fn hand_over(&self, hint: &Hint) -> Result<Published> {
        let (broker, world) = (&self.broker, &self.broker.world);
        let faults = &world.faults;
        world.latency().await;
        if world.fault(faults.returned) {
            world.log(|| format!("  hint to {} RETURNED", hint.task.number));
            return Ok(Published::Returned);
        }
        if world.fault(faults.unconfirmed) {
            let kept = world.fault(500);
            world.log(|| format!("  hint to {} UNCONFIRMED, kept: {kept}", hint.task.number));
            if kept {
                broker.keep(hint);
            }
            world.latency().await;
            return if world.fault(500) {
                Err(away())
            } else {
                Ok(Published::Unconfirmed)
            };
        }
        if world.fault(faults.lost) {
            world.log(|| format!("  hint to {} LOST", hint.task.number));
            return Ok(Published::Confirmed);
        }
        broker.keep(hint);
        if world.fault(faults.doubled) {
            broker.keep(hint);
        }
        world.latency().await;
        Ok(Published::Confirmed)
    }
}

#[async_trait]
impl Queue for QueueLink {
    async fn publish(&self, hint: &Hint) -> Result<Published> {
        let published = self.hand_over(hint).await;
        match self.broker.tooth {
            Some(Tooth::Confirms) => Ok(Published::Confirmed),
            _ => published,
        }
    }

    async fn consume(&self, pools: &[String]) -> Result<Box<dyn Consumer>> {
        self.broker.world.latency().await;
        let mut state = self.broker.state();
        state.numbers += 1;
        let number = state.numbers;
        let door = Opened {
            process: self.process,
            pools: pools.to_vec(),
            waiting: None,
            unacked: BTreeMap::new(),
        };
        state.doors.insert(number, door);
        let broker = self.broker.clone();
        Ok(Box::new(Door { broker, number }))
    }
}

struct Door {
    broker: Arc<Broker>,
    number: u64,
}

impl Door {
    fn poll_next(&self, waker: &Waker) -> Poll<Result<Delivery>> {
        let world = &self.broker.world;
        let now = world.now();
        let mut state = self.broker.state();
        let State {
            hints, doors, numbers, ..
        } = &mut *state;
        let Some(door) = doors.get_mut(&self.number) else {
            return Poll::Ready(Err(away()));
        };
        let mine = |(hint, _): &&(Hint, Duration)| door.pools.contains(&hint.pool);
        let mut here: Vec<usize> = Vec::new();
        for (place, (hint, from)) in hints.iter().enumerate() {
            if *from <= now && door.pools.contains(&hint.pool) {
                here.push(place);
            }
        }
        if here.is_empty() {
            if let Some(from) = hints.iter().filter(mine).map(|(_, from)| *from).min() {
                world.wake_at(from, waker);
            }
            door.waiting = Some(waker.clone());
            return Poll::Pending;
        }
        let choice = world.state().chance.below(here.len() as u64) as usize;
        let (hint, _) = hints.swap_remove(here[choice]);
        *numbers += 1;
        let tag = *numbers;
        if self.broker.tooth != Some(Tooth::EarlyAck) {
            door.unacked.insert(tag, (hint.clone(), now));
        }
        Poll::Ready(Ok(Delivery { hint, tag }))
    }
}

#[async_trait]
impl Consumer for Door {
    async fn next(&mut self) -> Result<Delivery> {
        poll_fn(|context| self.poll_next(context.waker())).await
    }

    async fn ack(&mut self, delivery: Delivery) -> Result<()> {
        self.broker.world.latency().await;
        let mut state = self.broker.state();
        let State { doors, late, .. } = &mut *state;
        let door = doors.get_mut(&self.number).ok_or_else(away)?;
        if self.broker.tooth == Some(Tooth::LateAck) {
            late.insert(delivery.tag);
        } else {
            door.unacked.remove(&delivery.tag);
        }
        Ok(())
    }

    async fn put_back(&mut self, delivery: Delivery) -> Result<()> {
        self.broker.world.latency().await;
        let mut state = self.broker.state();
        let door = state.doors.get_mut(&self.number).ok_or_else(away)?;
        let back = door.unacked.remove(&delivery.tag);
        state.hints.extend(back.map(|(hint, _)| (hint, Duration::ZERO)));
        state.wake_all();
        Ok(())
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let mut state = self.broker.state();
        if let Some(door) = state.doors.remove(&self.number) {
            state.close(door);
        }
    }
}
