//! What becomes of ticks that were missed.

use super::*;

/// The ticks that run, as hours and minutes, and why the others do not.
fn check(schedule: &Schedule, last: &str, now: &str, run: &[&str], skipped: &[(Skip, usize)]) -> Due {
    let due = schedule.due(at(last), at(now), at(now));
    let shown: Vec<String> = due.run.iter().map(|tick| tick.strftime("%H:%M").to_string()).collect();
    assert_eq!(shown, run, "{last} to {now}");
    let mut counted: Vec<(Skip, usize)> = Vec::new();
    for (_, skip) in &due.skipped {
        match counted.last_mut().filter(|(last, _)| last == skip) {
            Some((_, count)) => *count += 1,
            None => counted.push((*skip, 1)),
        }
    }
    assert_eq!(counted, skipped, "{last} to {now}");
    due
}

fn quarterly(misfire: Misfire) -> Schedule {
    Schedule {
        misfire,
        ..cron("*/15 * * * *", "UTC")
    }
}

#[test]
fn ticks_that_are_seen_in_time_run_under_every_rule() {
    for misfire in [Misfire::Skip, Misfire::Once, Misfire::All] {
        let schedule = quarterly(misfire);
        check(&schedule, "2026-01-05T12:00:00Z", "2026-01-05T12:14:59.9Z", &[], &[]);
        check(
            &schedule,
            "2026-01-05T12:00:00Z",
            "2026-01-05T12:15:00Z",
            &["12:15"],
            &[],
        );
        check(
            &schedule,
            "2026-01-05T12:00:00Z",
            "2026-01-05T12:16:00Z",
            &["12:15"],
            &[],
        );
        check(&schedule, "2026-01-05T12:15:00Z", "2026-01-05T12:15:30Z", &[], &[]);
        check(&schedule, "2026-01-05T12:15:00Z", "2026-01-05T11:00:00Z", &[], &[]);
    }
}

#[test]
fn an_outage_of_an_hour() {
    let (last, late, in_time) = ("2026-01-05T12:00:00Z", "2026-01-05T13:05:00Z", "2026-01-05T13:00:10Z");
    check(&quarterly(Misfire::Skip), last, late, &[], &[(Skip::Missed, 4)]);
    check(
        &quarterly(Misfire::Skip),
        last,
        in_time,
        &["13:00"],
        &[(Skip::Missed, 3)],
    );
    check(
        &quarterly(Misfire::Once),
        last,
        late,
        &["13:00"],
        &[(Skip::Superseded, 3)],
    );
    check(
        &quarterly(Misfire::Once),
        last,
        in_time,
        &["13:00"],
        &[(Skip::Superseded, 3)],
    );
    check(
        &quarterly(Misfire::All),
        last,
        late,
        &["12:15", "12:30", "12:45", "13:00"],
        &[],
    );
    let paused = Schedule {
        paused: true,
        ..quarterly(Misfire::All)
    };
    check(&paused, last, late, &[], &[(Skip::Paused, 4)]);
}

#[test]
fn a_long_outage_is_capped_and_says_so() {
    // 10 days of 96 ticks: as many as one answer holds, and less than the next one does.
    let (last, now) = ("2026-01-05T12:00:00Z", "2026-01-15T12:05:00Z");
    let due = quarterly(Misfire::All).due(at(last), at(now), at(now));
    assert_eq!(
        (due.run.len(), due.skipped.len(), due.more),
        (CATCH_UP, 960 - CATCH_UP, false)
    );
    assert_eq!(due.over_cap(), 960 - CATCH_UP);
    assert_eq!(due.through(), Some(at("2026-01-15T12:00:00Z")));
    assert!(due.skipped.last().unwrap().0 < due.run[0], "the newest ones run");

    // A year: the answers follow each other, and together they run the newest ones only.
    for (misfire, runs) in [(Misfire::Skip, 0), (Misfire::Once, 1), (Misfire::All, CATCH_UP)] {
        let schedule = quarterly(misfire);
        let (mut from, now) = (at("2026-01-01T00:00:00Z"), at("2027-01-01T00:05:00Z"));
        let (mut run, mut skipped) = (Vec::new(), 0);
        loop {
            let due = schedule.due(from, now, now);
            assert!(due.run.len() + due.skipped.len() <= BATCH);
            run.extend(due.run.iter().copied());
            skipped += due.skipped.len();
            from = due.through().unwrap();
            if !due.more {
                break;
            }
        }
        assert_eq!((run.len(), skipped), (runs, 365 * 96 - runs), "{misfire:?}");
        assert_eq!(from, at("2027-01-01T00:00:00Z"));
    }
}

/// Looking ahead through three years of seconds would take minutes.
#[test]
fn a_pause_is_answered_at_once_however_long_it_was() {
    let paused = Schedule {
        paused: true,
        ..cron("* * * * * *", "UTC")
    };
    let now = at("2029-01-01T00:00:00Z");
    let due = paused.due(at("2026-01-01T00:00:00Z"), now, now);
    assert_eq!((due.run.len(), due.skipped.len(), due.more), (0, BATCH, true));
}

#[test]
fn intervals_stay_where_they_are_anchored() {
    let schedule = every(5400, "2026-01-01T00:10:00.7Z");
    let next = |from: &str| schedule.next_after(at(from)).unwrap().to_string();
    assert_eq!(next("2020-01-01T00:00:00Z"), "2026-01-01T00:10:00Z");
    assert_eq!(next("2026-01-01T00:10:00Z"), "2026-01-01T01:40:00Z");
    assert_eq!(next("2026-01-01T01:39:59.9Z"), "2026-01-01T01:40:00Z");
    assert_eq!(next("2026-01-01T01:40:00.1Z"), "2026-01-01T03:10:00Z");
    // Whenever it starts, it meets the same instants.
    assert_eq!(next("2031-07-05T11:11:11Z"), "2031-07-05T12:10:00Z");
    assert_eq!(
        (at("2031-07-05T12:10:00Z").as_second() - schedule.next_after(at("2026-01-01T00:00:00Z")).unwrap().as_second())
            % 5400,
        0
    );
    for wrong in [
        Duration::ZERO,
        Duration::from_millis(1500),
        Duration::from_hours(24 * 40_000),
    ] {
        assert!(Interval::new(wrong, at("2026-01-01T00:00:00Z")).is_err(), "{wrong:?}");
    }
}

#[test]
fn one_shots_and_what_no_time_starts() {
    let once = Schedule::new(Trigger::Once(at("2026-03-01T10:00:00Z")));
    assert_eq!(
        once.next_after(at("2026-03-01T09:59:59Z")),
        Some(at("2026-03-01T10:00:00Z"))
    );
    assert_eq!(once.next_after(at("2026-03-01T10:00:00Z")), None);
    check(&once, "2026-03-01T09:00:00Z", "2026-03-02T09:00:00Z", &["10:00"], &[]);

    let mut after = Schedule::new(Trigger::After { sync: "orders".into() });
    assert_eq!(after.next_after(at("2026-03-01T10:00:00Z")), None);
    assert!(after.follows("orders") && !after.follows("order"));
    after.paused = true;
    assert!(!after.follows("orders"));
    let manual = Schedule::new(Trigger::Manual);
    assert!(!manual.follows("orders"));
    check(&manual, "2026-03-01T09:00:00Z", "2026-03-02T09:00:00Z", &[], &[]);
}

#[test]
fn a_tick_that_meets_a_run() {
    assert_eq!(admit(Overlap::Skip, false), Admission::Start);
    assert_eq!(admit(Overlap::Queue, false), Admission::Start);
    assert_eq!(admit(Overlap::Skip, true), Admission::Skip(Skip::Overlap));
    assert_eq!(admit(Overlap::Queue, true), Admission::Wait);
}
