//! The executor: processes take turns on one thread, in an order that the seed decides; they die, are stopped, and come back.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::world::{Ready, World};

/// A process: what it is called, and how it is started.
pub(crate) struct Process {
    pub(crate) name: String,
    pub(crate) start: Box<dyn Fn() -> BoxFuture<'static, ()>>,
    /// Whether it dies and is stopped.
    pub(crate) mortal: bool,
}

pub(crate) struct Processes {
    world: Arc<World>,
    ready: Ready,
    all: Vec<(Process, Life)>,
}

enum Life {
    Up(BoxFuture<'static, ()>),
    /// Stopped, and to be set going again.
    Stopped(BoxFuture<'static, ()>, Duration),
    /// To be started again.
    Down(Duration),
}

struct Alarm {
    process: usize,
    ready: Ready,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.ready.lock().unwrap().insert(self.process);
    }
}

impl Processes {
    pub(crate) fn new(world: Arc<World>, processes: Vec<Process>) -> Self {
        let all: Vec<_> = processes
            .into_iter()
            .map(|process| (process, Life::Down(Duration::ZERO)))
            .collect();
        let ready = Ready::default();
        ready.lock().unwrap().extend(0..all.len());
        Self { world, ready, all }
    }

    /// Runs the world until `limit`, or until `over` says so; it is asked once a second.
    pub(crate) fn run(&mut self, limit: Duration, mut over: impl FnMut() -> bool) {
        let mut asked = Duration::ZERO;
        while self.world.now() < limit && self.world.state().violation.is_none() {
            while let Some(process) = self.next() {
                self.turn(process);
            }
            self.world.advance(limit);
            if self.world.now() >= asked + Duration::from_secs(1) {
                asked = self.world.now();
                if over() {
                    return;
                }
            }
        }
    }

    fn next(&self) -> Option<usize> {
        let mut ready = self.ready.lock().unwrap();
        let choice = match ready.len() {
            0 => return None,
            1 => 0,
            many => self.world.state().chance.below(many as u64) as usize,
        };
        let process = ready.iter().nth(choice).copied()?;
        ready.remove(&process);
        Some(process)
    }

    fn turn(&mut self, process: usize) {
        let (world, now) = (self.world.clone(), self.world.now());
        let ready = self.ready.clone();
        let waker = Waker::from(Arc::new(Alarm { process, ready }));
        let (this, life) = &mut self.all[process];
        let mut future = match std::mem::replace(life, Life::Down(now)) {
            Life::Up(future) => future,
            // Woken too early: it has its turn when it is set going.
            Life::Stopped(future, until) if now < until => {
                *life = Life::Stopped(future, until);
                return;
            }
            Life::Stopped(future, _) => {
                world.log(|| format!("{} goes on", this.name));
                future
            }
            Life::Down(until) if now < until => {
                *life = Life::Down(until);
                return;
            }
            Life::Down(_) => {
                world.log(|| format!("{} starts", this.name));
                (this.start)()
            }
        };
        let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
        let rest = match polled {
            Poll::Ready(()) => Some(("has ended", world.millis(1000, 10_000))),
            Poll::Pending if this.mortal && world.fault(world.faults.crash) => {
                Some(("DIES", world.millis(100, 20_000)))
            }
            Poll::Pending => None,
        };
        if let Some((what, time)) = rest {
            drop(future);
            world.log(|| format!("{} {what}", this.name));
            return self.rest(process, time, Life::Down, &waker);
        }
        if self.all[process].0.mortal && world.fault(world.faults.pause) {
            let time = world.millis(500, 40_000);
            world.log(|| format!("{} is STOPPED for {time:?}", self.all[process].0.name));
            return self.rest(process, time, |until| Life::Stopped(future, until), &waker);
        }
        self.all[process].1 = Life::Up(future);
    }

    fn rest(&mut self, process: usize, time: Duration, life: impl FnOnce(Duration) -> Life, waker: &Waker) {
        let until = self.world.now() + time;
        self.world.state().disturbed.insert(process, until);
        self.all[process].1 = life(until);
        self.world.wake_at(until, waker);
    }
}
