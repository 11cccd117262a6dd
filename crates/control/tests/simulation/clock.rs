//! A process's clocks, its chance, and the calendar of all.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use syncapp_control::{Calendar, Clock, DueTick, Random, SkipReason};
use syncapp_model::Result;

use crate::world::{GENESIS, World};

/// When schedules end.
pub(crate) const LAST_TICK: Duration = Duration::from_mins(2);

/// What wall clocks say when the database says zero, in seconds.
const AHEAD: u64 = 1_800_000_000;
const DAY: u64 = 86_400;

pub(crate) struct ProcessClock {
    world: Arc<World>,
    /// By how many seconds the wall clock is ahead of the database.
    ahead: AtomicU64,
}

impl ProcessClock {
    pub(crate) fn new(world: Arc<World>) -> Self {
        let ahead = AtomicU64::new(AHEAD);
        Self { world, ahead }
    }
}

#[async_trait]
impl Clock for ProcessClock {
    fn wall(&self) -> SystemTime {
        if self.world.fault(self.world.faults.jump) {
            let jump = self.world.state().chance.below(2 * DAY);
            self.ahead.store(AHEAD - DAY + jump, Ordering::Relaxed);
        }
        let ahead = Duration::from_secs(self.ahead.load(Ordering::Relaxed));
        self.world.database_time() + ahead
    }

    fn monotonic(&self) -> Duration {
        self.world.now()
    }

    async fn sleep(&self, time: Duration) {
        self.world.sleep(time).await;
    }
}

impl Random for World {
    fn bits(&self) -> u64 {
        self.state().chance.bits()
    }
}

/// Instants at whole seconds of the simulation: `every N from M`, and `skip`, `once` or `all` of those that were missed.
pub(crate) struct EverySoOften;

/// How late a tick may be before it is missed.
const LATE: Duration = Duration::from_secs(5);

/// For how many missed ticks `all` makes up.
const CATCH_UP: usize = 2;

/// How many ticks are told at once.
const BATCH: usize = 4;

fn numbers(definition: &str) -> [u64; 2] {
    let mut numbers = definition.split(' ').filter_map(|word| word.parse().ok());
    [(); 2].map(|()| numbers.next().expect("a definition has two numbers"))
}

/// Whether a definition means that second of the simulation. The oracle counts with it, one second after the other.
pub(crate) fn means(definition: &str, second: u64) -> bool {
    let [every, from] = numbers(definition);
    second >= from && (second - from).is_multiple_of(every) && second <= LAST_TICK.as_secs()
}

impl Calendar for EverySoOften {
    /// Computes what [`means`] enumerates.
    fn next_after(&self, definition: &str, after: SystemTime) -> Result<Option<SystemTime>> {
        let [every, from] = numbers(definition);
        let after = after.duration_since(GENESIS).unwrap_or_default().as_secs();
        let next = match after.checked_sub(from) {
            None => from,
            Some(since) => from + (since / every + 1) * every,
        };
        let next = Duration::from_secs(next);
        Ok((next <= LAST_TICK).then_some(GENESIS + next))
    }

    fn due(&self, definition: &str, first: SystemTime, until: SystemTime, now: SystemTime) -> Result<Vec<DueTick>> {
        let [every, _] = numbers(definition);
        let step = Duration::from_secs(every);
        let last = until.min(GENESIS + LAST_TICK);
        let ticks = std::iter::successors(Some(first), |tick| Some(*tick + step)).take_while(|tick| *tick <= last);
        let newest: Vec<SystemTime> = ticks.clone().collect();
        let told = ticks.enumerate().take(BATCH).map(|(place, tick)| {
            let newer = newest.len() - place - 1;
            let (runs, reason) = match definition.rsplit(' ').next() {
                Some("skip") => (tick + LATE >= now, SkipReason::Missed),
                Some("once") => (newer == 0, SkipReason::Superseded),
                _ => (newer < CATCH_UP, SkipReason::OverCap),
            };
            (tick, (!runs).then_some(reason))
        });
        Ok(told.collect())
    }
}
