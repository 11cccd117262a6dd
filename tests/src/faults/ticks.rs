//! The ticks of a schedule, enumerated without a word of the product's own, and compared with what the store keeps of them.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use uuid::Uuid;

/// Microseconds since 1970-01-01 UTC.
pub(super) type Micros = i64;

/// A tick as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeptTick {
    pub(super) at: Micros,
    /// The same as the API spells it: `2026-11-27T08:00:00Z`.
    pub(super) spelled: String,
    /// Its run; `None` where it was skipped.
    pub(super) run: Option<Uuid>,
}

/// For how long the schedules of a campaign were there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lifetime {
    /// When somebody set out to push them.
    pub(super) asked: Micros,
    /// When that version was applied.
    pub(super) begun: Micros,
    /// When one without schedules was applied in its place. What was due by then is recorded, and nothing after it.
    pub(super) ended: Micros,
}

/// Each multiple of the schedule's seconds in its life is there once, and ran or says why not; behind each that ran is the run
/// that says so, and no run says so of another. How many ran, and how many did not.
pub(super) fn check(
    (sync, every): (&str, i64),
    life: &Lifetime,
    kept: &[KeptTick],
    runs: &[Json],
    differences: &mut Vec<String>,
) -> (usize, usize) {
    let meant = meant(every * 1_000_000, life, kept.first().map(|tick| tick.at));
    let there: BTreeSet<Micros> = kept.iter().map(|tick| tick.at).collect();
    let mut tell = |what: &str, all: &mut dyn Iterator<Item = String>| {
        if let Some(first) = all.next() {
            differences.push(format!("{sync}: {what}: {first}, and {} more", all.count()));
        }
    };
    let spelled = |at: &Micros| format!("{at} µs");
    tell("a tick is missing", &mut meant.difference(&there).map(spelled));
    tell(
        "a tick is there that is none",
        &mut there.difference(&meant).map(spelled),
    );
    let again = kept.windows(2).filter(|pair| pair[0].at >= pair[1].at);
    tell("a tick is there twice", &mut again.map(|pair| spelled(&pair[0].at)));

    let ran: BTreeSet<(&str, Uuid)> = kept
        .iter()
        .filter_map(|tick| Some((tick.spelled.as_str(), tick.run?)))
        .collect();
    let scheduled = |run: &&Json| run["sync"] == sync && run["trigger"]["kind"] == "schedule";
    let told: Vec<(&str, Uuid)> = runs.iter().filter(scheduled).map(claimed).collect();
    let set: BTreeSet<_> = told.iter().copied().collect();
    let both = |(tick, run): &(&str, Uuid)| format!("{tick} by {run}");
    tell(
        "a tick ran, and its run is not there",
        &mut ran.difference(&set).map(both),
    );
    tell(
        "a run says that it is of a tick that is another's",
        &mut set.difference(&ran).map(both),
    );
    if told.len() != set.len() {
        differences.push(format!("{sync}: {} runs are listed twice", told.len() - set.len()));
    }
    (ran.len(), kept.len() - ran.len())
}

/// The ticks that have to be there. A push looks at the time before it is applied: where a tick lies between the two, both
/// it and the next one are a beginning.
fn meant(every: Micros, life: &Lifetime, first: Option<Micros>) -> BTreeSet<Micros> {
    let after = |time: Micros| (time.div_euclid(every) + 1) * every;
    let latest = after(life.begun);
    let begins = first.filter(|first| (after(life.asked)..=latest).contains(first));
    let begins = begins.map_or(latest, |first| after(first - 1));
    std::iter::successors(Some(begins), |tick| Some(tick + every))
        .take_while(|tick| *tick <= life.ended)
        .collect()
}

/// The tick that a run says it is of, and the run.
fn claimed(run: &Json) -> (&str, Uuid) {
    let id = run["id"].as_str().and_then(|id| Uuid::parse_str(id).ok());
    (
        run["trigger"]["tick"].as_str().unwrap_or_default(),
        id.unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SECOND: Micros = 1_000_000;
    /// A push that takes from 8.5 to 10.5 seconds after the epoch, so that a tick may be at 10 or not; one that ends it at 20.
    const LIFE: Lifetime = Lifetime {
        asked: 8_500_000,
        begun: 10_500_000,
        ended: 20_000_000,
    };

    fn tick(seconds: i64, run: Option<u128>) -> KeptTick {
        KeptTick {
            at: seconds * SECOND,
            spelled: format!("1970-01-01T00:00:{seconds:02}Z"),
            run: run.map(Uuid::from_u128),
        }
    }

    /// Every two seconds, the odd ones of them skipped.
    fn kept() -> Vec<KeptTick> {
        let run = |seconds: i64| (seconds % 4 == 0).then_some(seconds as u128);
        (5..=10).map(|half| tick(half * 2, run(half * 2))).collect()
    }

    fn run_of(tick: &KeptTick) -> Option<Json> {
        let trigger = json!({ "kind": "schedule", "tick": tick.spelled });
        Some(json!({ "id": tick.run?.to_string(), "sync": "s", "trigger": trigger }))
    }

    fn runs(kept: &[KeptTick]) -> Vec<Json> {
        let others = [
            json!({ "id": Uuid::nil().to_string(), "sync": "s", "trigger": { "kind": "manual" } }),
            json!({ "id": Uuid::nil().to_string(), "sync": "t", "trigger": { "kind": "schedule", "tick": "x" } }),
        ];
        kept.iter().filter_map(run_of).chain(others).collect()
    }

    fn found(kept: &[KeptTick], runs: &[Json]) -> Vec<String> {
        let mut differences = Vec::new();
        check(("s", 2), &LIFE, kept, runs, &mut differences);
        differences
    }

    #[test]
    fn what_is_whole_is_no_difference() {
        let kept = kept();
        let mut differences = Vec::new();
        assert_eq!(check(("s", 2), &LIFE, &kept, &runs(&kept), &mut differences), (3, 3));
        assert_eq!(differences, [""; 0]);
        assert_eq!(found(&kept[1..], &runs(&kept[1..])), [""; 0], "it began later");
    }

    /// Each history that must not be, and what is said of it.
    #[test]
    fn what_is_missing_or_too_much_is_told() {
        let whole = kept();
        let changed = |change: &dyn Fn(&mut Vec<KeptTick>)| {
            let mut kept = whole.clone();
            change(&mut kept);
            kept
        };
        let cases = [
            (changed(&|kept| kept.clear()), "missing: 12000000 µs, and 4 more"),
            (
                changed(&|kept| drop(kept.drain(..2))),
                "missing: 12000000 µs, and 0 more",
            ),
            (
                changed(&|kept| drop(kept.remove(3))),
                "missing: 16000000 µs, and 0 more",
            ),
            (changed(&|kept| drop(kept.pop())), "missing: 20000000 µs, and 0 more"),
            (
                changed(&|kept| kept.insert(0, tick(8, None))),
                "none: 8000000 µs, and 1 more",
            ),
            (
                changed(&|kept| kept.insert(3, tick(15, None))),
                "none: 15000000 µs, and 0 more",
            ),
            (
                changed(&|kept| kept.push(tick(22, None))),
                "none: 22000000 µs, and 0 more",
            ),
            (
                changed(&|kept| kept.insert(3, tick(16, None))),
                "twice: 16000000 µs, and 0 more",
            ),
        ];
        for (kept, said) in cases {
            let found = found(&kept, &runs(&kept));
            assert!(found.len() == 1 && found[0].contains(said), "{said}: {found:?}");
        }
    }

    #[test]
    fn runs_are_those_of_the_ticks_that_ran() {
        let (kept, all) = (kept(), runs(&kept()));
        let lost = found(&kept, &all[1..]);
        assert!(lost.len() == 1 && lost[0].contains("its run is not there"), "{lost:?}");
        let twice = found(&kept, &[&all[..1], &all[..]].concat());
        assert!(
            twice.len() == 1 && twice[0].contains("1 runs are listed twice"),
            "{twice:?}"
        );
        let mut of_another = all.clone();
        of_another[0]["trigger"]["tick"] = "1970-01-01T00:00:14Z".into();
        assert_eq!(
            found(&kept, &of_another).len(),
            2,
            "as many runs as ticks, and one is of a tick that was skipped"
        );
        let mut by_another = all;
        by_another[0]["id"] = Uuid::from_u128(99).to_string().into();
        assert_eq!(found(&kept, &by_another).len(), 2);
    }
}
