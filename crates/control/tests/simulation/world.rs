//! The simulated world: one clock, one source of chance, and what everybody may see of the rest.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::fmt::Write as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::chance::Chance;
use crate::faults::Faults;

/// When the simulated world began, in the time of its database. The clocks of its processes are decades ahead.
pub(crate) const GENESIS: SystemTime = UNIX_EPOCH;

pub(crate) struct World {
    pub(crate) faults: Faults,
    state: Mutex<State>,
}

pub(crate) struct State {
    pub(crate) now: Duration,
    pub(crate) chance: Chance,
    /// Whether faults still happen.
    pub(crate) storm: bool,
    /// Until when the store answers nobody.
    pub(crate) store_down: Duration,
    /// When each process was last stopped or started.
    pub(crate) disturbed: BTreeMap<usize, Duration>,
    timers: BinaryHeap<Reverse<Timer>>,
    /// What is on its way, by when it arrives: it does so whatever has become of its sender.
    posted: BTreeMap<(Duration, u64), Box<dyn FnOnce() + Send>>,
    numbers: u64,
    /// What an oracle found wrong, the first time.
    pub(crate) violation: Option<String>,
    log: Option<String>,
}

struct Timer {
    at: Duration,
    number: u64,
    waker: Waker,
}

impl PartialEq for Timer {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Timer {}

impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timer {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

impl World {
    pub(crate) fn new(seed: u64, logged: bool) -> Self {
        let mut chance = Chance::new(seed);
        let faults = Faults::drawn(&mut chance);
        let mut log = logged.then(String::new);
        if let Some(log) = &mut log {
            let _ = writeln!(log, "seed {seed}: {faults:?}");
        }
        Self {
            faults,
            state: Mutex::new(State {
                now: Duration::ZERO,
                chance,
                storm: true,
                store_down: Duration::ZERO,
                disturbed: BTreeMap::new(),
                timers: BinaryHeap::new(),
                posted: BTreeMap::new(),
                numbers: 0,
                violation: None,
                log,
            }),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn now(&self) -> Duration {
        self.state().now
    }

    pub(crate) fn database_time(&self) -> SystemTime {
        GENESIS + self.now()
    }

    /// True so many times in a thousand, while faults happen.
    pub(crate) fn fault(&self, per_mille: u64) -> bool {
        let mut state = self.state();
        state.storm && state.chance.per_mille(per_mille)
    }

    pub(crate) fn millis(&self, from: u64, to: u64) -> Duration {
        self.state().chance.millis(from, to)
    }

    /// Writes a line of the schedule, if somebody wants to read it.
    pub(crate) fn log(&self, line: impl FnOnce() -> String) {
        let mut state = self.state();
        let now = state.now;
        if let Some(log) = &mut state.log {
            let _ = writeln!(log, "{:9.3} {}", now.as_secs_f64(), line());
        }
    }

    pub(crate) fn take_log(&self) -> String {
        self.state().log.take().unwrap_or_default()
    }

    /// An oracle found something wrong.
    pub(crate) fn violate(&self, what: impl FnOnce() -> String) {
        let mut state = self.state();
        if state.violation.is_none() {
            let text = what();
            let now = state.now;
            if let Some(log) = &mut state.log {
                let _ = writeln!(log, "{:9.3} VIOLATION {text}", now.as_secs_f64());
            }
            state.violation = Some(text);
        }
    }

    pub(crate) fn sleep(self: &Arc<Self>, time: Duration) -> Sleep {
        Sleep {
            at: self.now() + time,
            world: self.clone(),
            registered: None,
        }
    }

    /// How long something is on its way; so many times in a thousand very long, while faults happen.
    fn way(&self, slow: u64) -> Duration {
        if self.fault(slow) {
            self.millis(1000, 15_000)
        } else {
            self.millis(1, 12)
        }
    }

    /// Waits for as long as an answer is on its way.
    pub(crate) async fn latency(self: &Arc<Self>) {
        let time = self.way(self.faults.slow);
        self.sleep(time).await;
    }

    /// Sends a request, and waits until it has arrived: once sent it arrives, whether somebody still waits or not.
    pub(crate) async fn request<T: Send + 'static>(
        self: &Arc<Self>,
        slow: u64,
        effect: impl FnOnce() -> T + Send + 'static,
    ) -> T {
        let done = Arc::new(Mutex::new(None));
        let (kept, time) = (done.clone(), self.way(slow));
        let sleep = self.sleep(time);
        {
            let mut state = self.state();
            state.numbers += 1;
            let place = (state.now + time, state.numbers);
            state
                .posted
                .insert(place, Box::new(move || *kept.lock().unwrap() = Some(effect())));
        }
        sleep.await;
        let done = done.lock().unwrap().take();
        done.expect("it arrived before its sender was woken")
    }

    pub(crate) fn wake_at(&self, at: Duration, waker: &Waker) {
        let mut state = self.state();
        state.numbers += 1;
        let number = state.numbers;
        let waker = waker.clone();
        state.timers.push(Reverse(Timer { at, number, waker }));
    }

    /// Goes on to the next instant at which something happens, no later than `limit`; wakes whoever waits for it.
    pub(crate) fn advance(&self, limit: Duration) {
        let mut due = Vec::new();
        let mut arrived = Vec::new();
        {
            let mut state = self.state();
            let next = state.timers.peek().map_or(limit, |Reverse(timer)| timer.at.min(limit));
            state.now = state.now.max(next);
            while let Some(first) = state.posted.first_entry().filter(|first| first.key().0 <= next) {
                arrived.push(first.remove());
            }
            while let Some(Reverse(timer)) = state.timers.peek() {
                if timer.at > state.now {
                    break;
                }
                due.extend(state.timers.pop().map(|Reverse(timer)| timer.waker));
            }
        }
        for effect in arrived {
            effect();
        }
        due.into_iter().for_each(Waker::wake);
    }
}

pub(crate) struct Sleep {
    world: Arc<World>,
    at: Duration,
    registered: Option<Waker>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.world.now() >= self.at {
            return Poll::Ready(());
        }
        let waker = context.waker();
        if !self.registered.as_ref().is_some_and(|known| known.will_wake(waker)) {
            self.world.wake_at(self.at, waker);
            self.registered = Some(waker.clone());
        }
        Poll::Pending
    }
}

/// Which processes are to be polled.
pub(crate) type Ready = Arc<Mutex<BTreeSet<usize>>>;
