//! Which faults a seed brings, and how often. Numbers are per mille of the places where they can happen.

use crate::chance::Chance;

#[derive(Debug, Clone)]
pub(crate) struct Faults {
    /// Whether the broker loses hints that it has confirmed, and all of them at times. Where it does not, the sweeper must not
    /// be needed for hints, and so takes its time.
    pub(crate) lossy: bool,
    /// A process dies where it waits.
    pub(crate) crash: u64,
    /// A process is stopped where it waits, at times for longer than its lease.
    pub(crate) pause: u64,
    /// A call takes seconds.
    pub(crate) slow: u64,
    /// A claim or a commit takes seconds to reach its target.
    pub(crate) slow_target: u64,
    /// The store fails before it does anything.
    pub(crate) store_fails: u64,
    /// The store does it, and its answer is lost.
    pub(crate) answer_lost: u64,
    /// The queue returns a hint.
    pub(crate) returned: u64,
    /// The queue does not confirm a hint; half of the time it has it.
    pub(crate) unconfirmed: u64,
    /// A hint comes twice.
    pub(crate) doubled: u64,
    /// A hint comes late.
    pub(crate) delayed: u64,
    /// A confirmed hint is gone.
    pub(crate) lost: u64,
    /// A wall clock jumps when it is looked at.
    pub(crate) jump: u64,
    /// An attempt fails at a batch.
    pub(crate) attempt_fails: u64,
    /// An attempt hangs at a batch and hears nothing.
    pub(crate) attempt_hangs: u64,
    /// Each second: the store is away for a while.
    pub(crate) outage: u64,
    /// Each second: the broker is started again.
    pub(crate) broker_restart: u64,
    /// Each second: a worker is asked to go away.
    pub(crate) drain: u64,
}

impl Faults {
    /// Each kind is left out at times: a rare fault shows only where a frequent one does not hide it.
    pub(crate) fn drawn(chance: &mut Chance) -> Self {
        let lossy = chance.per_mille(500);
        let mut upto = |odds: u64| {
            let left_out = chance.per_mille(300);
            if left_out { 0 } else { chance.below(odds + 1) }
        };
        Self {
            lossy,
            crash: upto(12),
            pause: upto(12),
            slow: upto(30),
            slow_target: upto(60),
            store_fails: upto(60),
            answer_lost: upto(40),
            returned: upto(150),
            unconfirmed: upto(150),
            doubled: upto(200),
            delayed: upto(200),
            lost: if lossy { upto(200) } else { 0 },
            jump: upto(100),
            attempt_fails: upto(100),
            attempt_hangs: upto(15),
            outage: upto(20),
            broker_restart: upto(30),
            drain: upto(30),
        }
    }
}
