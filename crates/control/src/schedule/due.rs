//! What is due: which ticks run, and which are skipped for what reason.
//!
//! A tick is *missed* when it is seen more than [`GRACE`] late. The misfire rule is a number of missed ticks that may
//! still run, the newest ones: none (`skip`), one (`once`) or [`CATCH_UP`] (`all`). Ticks that a blackout or a pause takes
//! do not count, so that an outage that ends behind a blackout is still made up for.

use jiff::SignedDuration;
use serde::Serialize;

use super::{Instant, Misfire, Schedule};

/// How late a tick may be seen without being missed.
pub const GRACE: SignedDuration = SignedDuration::from_secs(60);

/// How many missed ticks `misfire: all` makes up for.
pub const CATCH_UP: usize = 100;

/// How many ticks one answer holds at the most.
pub const BATCH: usize = 1000;

/// Why a tick does not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Skip {
    /// It was missed, and `misfire: skip` holds.
    Missed,
    /// It was missed, and a newer one runs for it.
    Superseded,
    /// It was missed, and `misfire: all` makes up for no more than [`CATCH_UP`].
    OverCap,
    /// It fell into a blackout, or was missed and seen in one.
    Blackout,
    /// The schedule was paused.
    Paused,
    /// The run before it still went on.
    Overlap,
}

impl Skip {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Missed,
        Self::Superseded,
        Self::OverCap,
        Self::Blackout,
        Self::Paused,
        Self::Overlap,
    ];

    /// The word that is recorded.
    pub fn name(self) -> &'static str {
        match self {
            Self::Missed => "missed",
            Self::Superseded => "superseded",
            Self::OverCap => "over_cap",
            Self::Blackout => "blackout",
            Self::Paused => "paused",
            Self::Overlap => "overlap",
        }
    }

    /// The reason of that word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

/// The ticks of a span of time, each in one of the lists, both in the order of time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Due {
    /// Those that run.
    pub run: Vec<Instant>,
    /// Those that do not.
    pub skipped: Vec<(Instant, Skip)>,
    /// Whether there are more: ask again from [`through`](Self::through) on.
    pub more: bool,
}

impl Due {
    /// The newest tick that it speaks of.
    pub fn through(&self) -> Option<Instant> {
        let skipped = self.skipped.last().map(|(tick, _)| *tick);
        self.run.last().copied().max(skipped)
    }

    /// How many missed ticks `misfire: all` left out.
    pub fn over_cap(&self) -> usize {
        let over = |(_, skip): &&(Instant, Skip)| *skip == Skip::OverCap;
        self.skipped.iter().filter(over).count()
    }
}

impl Schedule {
    /// What becomes, at `now`, of the ticks after `last`, up to and including `until`; [`BATCH`] of them, the oldest, at the most.
    ///
    /// Only the newest ticks may run late, so an answer that is cut short still looks ahead as far as it must. Pause and
    /// blackouts are those of now: a caller that changes them asks what is due before.
    pub fn due(&self, last: Instant, until: Instant, now: Instant) -> Due {
        let (allowed, beyond) = match self.misfire {
            Misfire::Skip => (0, Skip::Missed),
            Misfire::Once => (1, Skip::Superseded),
            Misfire::All => (CATCH_UP, Skip::OverCap),
        };
        // Where nothing may run late, there is nothing to look for ahead.
        let barred = self.paused || self.blacked_out(now);
        let allowed = if barred { 0 } else { allowed };
        let mut rest = self.ticks(last).take_while(|tick| *tick <= until);
        let ticks: Vec<Instant> = rest.by_ref().take(BATCH).collect();
        let mut rest = rest.peekable();
        let more = rest.peek().is_some();
        let mut newer = rest
            .filter(|tick| self.barred(*tick, now).is_none())
            .take(allowed)
            .count();

        let mut due = Due { more, ..Due::default() };
        for tick in ticks.into_iter().rev() {
            if let Some(skip) = self.barred(tick, now) {
                due.skipped.push((tick, skip));
                continue;
            }
            if !missed(tick, now) || newer < allowed {
                due.run.push(tick);
            } else {
                due.skipped.push((tick, beyond));
            }
            newer += 1;
        }
        due.run.reverse();
        due.skipped.reverse();
        due
    }

    /// All ticks after an instant.
    pub(super) fn ticks(&self, instant: Instant) -> impl Iterator<Item = Instant> {
        std::iter::successors(self.next_after(instant), |tick| self.next_after(*tick))
    }

    /// Why a tick must not run, whatever the misfire rule says.
    fn barred(&self, tick: Instant, now: Instant) -> Option<Skip> {
        if self.paused {
            return Some(Skip::Paused);
        }
        let dark = self.blacked_out(tick) || (missed(tick, now) && self.blacked_out(now));
        dark.then_some(Skip::Blackout)
    }
}

fn missed(tick: Instant, now: Instant) -> bool {
    now.duration_since(tick) > GRACE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_its_word() {
        for reason in Skip::ALL {
            assert_eq!(Skip::from_name(reason.name()), Some(reason));
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
        }
        assert_eq!(Skip::from_name("unheard of"), None);
    }
}
