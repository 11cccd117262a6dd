//! Windows without runs.

use jiff::civil::{Weekday, time};

use super::*;

fn window(weekdays: &[Weekday], from: i8, until: i8, zone: &str) -> Blackout {
    Blackout {
        weekdays: weekdays.to_vec(),
        from: time(from, 0, 0, 0),
        until: time(until, 0, 0, 0),
        zone: zone.parse().unwrap(),
    }
}

#[test]
fn what_lies_in_a_window() {
    let check = |window: &Blackout, inside: &[&str], outside: &[&str]| {
        for (texts, want) in [(inside, true), (outside, false)] {
            for text in texts {
                assert_eq!(window.contains(at(text)), want, "{text} in {window}");
            }
        }
    };
    // The 5th of January 2026 is a Monday.
    check(
        &window(&[Weekday::Monday], 8, 18, "UTC"),
        &["2026-01-05T08:00:00Z", "2026-01-05T17:59:59.9Z"],
        &["2026-01-05T07:59:59.9Z", "2026-01-05T18:00:00Z", "2026-01-06T09:00:00Z"],
    );
    // Past midnight, a window belongs to the day on which it begins.
    check(
        &window(&[Weekday::Monday], 22, 6, "Europe/Berlin"),
        &["2026-01-05T21:00:00Z", "2026-01-06T04:59:59Z"],
        &[
            "2026-01-05T04:00:00Z",
            "2026-01-05T20:59:59Z",
            "2026-01-06T05:00:00Z",
            "2026-01-06T22:00:00Z",
        ],
    );
    // Equal ends make a whole day.
    check(
        &window(&[Weekday::Sunday], 12, 12, "UTC"),
        &["2026-01-04T12:00:00Z", "2026-01-05T11:59:59Z"],
        &["2026-01-04T11:59:59Z", "2026-01-05T12:00:00Z"],
    );
    // The clock goes back at 01:00 UTC: the hour from two to three passes twice.
    check(
        &window(&[Weekday::Sunday], 2, 3, "Europe/Berlin"),
        &["2026-10-25T00:00:00Z", "2026-10-25T01:59:59Z"],
        &["2026-10-24T23:59:59Z", "2026-10-25T02:00:00Z"],
    );
    check(&window(&[], 0, 0, "UTC"), &[], &["2026-01-05T08:00:00Z"]);
}

#[test]
fn ticks_in_a_window_are_skipped_and_stay_ticks() {
    let mut schedule = cron("0 * * * *", "UTC");
    schedule.blackouts = vec![window(&[Weekday::Monday], 2, 4, "UTC")];
    let due = |last: &str, now: &str| {
        let due = schedule.due(at(last), at(now), at(now));
        (due.run, due.skipped)
    };
    let [one, two, five] = [1, 2, 5].map(|hour| at(&format!("2026-01-05T0{hour}:00:00Z")));
    assert_eq!(schedule.next_after(at("2026-01-05T01:00:00Z")), Some(two));
    assert_eq!(
        due("2026-01-05T01:30:00Z", "2026-01-05T02:00:00.1Z"),
        (vec![], vec![(two, Skip::Blackout)])
    );
    // One that was missed before must not run in the window.
    assert_eq!(
        due("2026-01-05T00:30:00Z", "2026-01-05T02:30:00Z"),
        (vec![], vec![(one, Skip::Blackout), (two, Skip::Blackout)])
    );
    assert_eq!(
        due("2026-01-05T04:00:00Z", "2026-01-05T05:00:01Z"),
        (vec![five], vec![])
    );
}

#[test]
fn an_outage_that_ends_behind_a_window_is_made_up_for() {
    let mut schedule = cron("30 * * * *", "UTC");
    schedule.blackouts = vec![window(&[Weekday::Monday], 2, 4, "UTC")];
    let now = at("2026-01-05T04:10:00Z");
    let due = schedule.due(at("2026-01-05T00:00:00Z"), now, now);
    assert_eq!(
        due.run,
        [at("2026-01-05T01:30:00Z")],
        "the newest that is not in the window"
    );
    let reasons: Vec<Skip> = due.skipped.iter().map(|(_, skip)| *skip).collect();
    assert_eq!(reasons, [Skip::Superseded, Skip::Blackout, Skip::Blackout]);

    // The window is longer than one answer.
    let mut schedule = cron("* 1-23 * * *", "UTC");
    schedule.blackouts = vec![window(&[Weekday::Monday], 0, 0, "UTC")];
    let (mut from, now) = (at("2026-01-04T00:00:00Z"), at("2026-01-06T00:30:00Z"));
    let mut run = Vec::new();
    loop {
        let due = schedule.due(from, now, now);
        run.extend(due.run.iter().copied());
        from = due.through().unwrap();
        if !due.more {
            break;
        }
    }
    assert_eq!(run, [at("2026-01-04T23:59:00Z")]);
    assert_eq!(from, at("2026-01-05T23:59:00Z"));
}
