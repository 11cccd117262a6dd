//! Every edge of daylight saving time: ten zones and ten years against the enumeration of [`oracle`](super::oracle).

use std::thread;

use chrono::{Datelike, NaiveDate, Weekday};

use super::oracle::{Case, Clock};
use super::*;

/// Changes of an hour, of half an hour (Lord Howe) and of two (Troll); a day that is left out and a zone that stops to
/// change (Apia); offsets of odd minutes and a change at 00:01 (St. John's); gaps and second passes at midnight (São
/// Paulo, Havana); changes by the moon and an hour less in winter (Casablanca).
const ZONES: [(&str, [(i32, i32); 2]); 10] = [
    ("Africa/Casablanca", PAST),
    ("America/Havana", PAST),
    ("America/New_York", BOTH),
    ("America/Sao_Paulo", BOTH),
    ("America/St_Johns", BOTH),
    ("Antarctica/Troll", BOTH),
    ("Australia/Lord_Howe", BOTH),
    ("Europe/Berlin", BOTH),
    ("Pacific/Apia", BOTH),
    ("Pacific/Chatham", BOTH),
];

/// Ten years: those around the day that Samoa left out, and some to come.
const BOTH: [(i32, i32); 2] = [(2009, 2013), (2026, 2030)];

/// Ten years where the two databases do not agree on what is to come.
const PAST: [(i32, i32); 2] = [(2009, 2013), (2014, 2018)];

const CASES: [Case; 14] = [
    fixed("30 2 * * *", |h, m| (h, m) == (2, 30), |_| true),
    fixed("0 0 * * *", |h, m| (h, m) == (0, 0), |_| true),
    fixed("0,30 1-3 * * *", |h, m| (1..=3).contains(&h) && m % 30 == 0, |_| true),
    fixed("*/10 2 * * *", |h, m| h == 2 && m % 10 == 0, |_| true),
    fixed("0 */6 * * *", |h, m| h % 6 == 0 && m == 0, |_| true),
    fixed("15 0 * * MON-FRI", |h, m| (h, m) == (0, 15), is_weekday),
    fixed(
        "0 3 L * *",
        |h, m| (h, m) == (3, 0),
        |day| day.day() == u32::from(day.num_days_in_month()),
    ),
    fixed(
        "45 23 1,15,30 * *",
        |h, m| (h, m) == (23, 45),
        |day| [1, 15, 30].contains(&day.day()),
    ),
    fixed(
        "0 2 * MAR,OCT SUNL",
        |h, m| (h, m) == (2, 0),
        |day| {
            let last = day.weekday() == Weekday::Sun && day.day() + 7 > day.num_days_in_month().into();
            last && [3, 10].contains(&day.month())
        },
    ),
    fixed(
        "30 1 29 2 *",
        |h, m| (h, m) == (1, 30),
        |day| (day.month(), day.day()) == (2, 29),
    ),
    fixed(
        "0 12 13 * FRI",
        |h, m| (h, m) == (12, 0),
        |day| day.day() == 13 || day.weekday() == Weekday::Fri,
    ),
    reading("*/15 * * * *", |_, m| m % 15 == 0, |_| true),
    reading("0 * * * *", |_, m| m == 0, |_| true),
    reading("7,37 * 30 * *", |_, m| m == 7 || m == 37, |day| day.day() == 30),
];

const fn fixed(text: &'static str, time: fn(i64, i64) -> bool, day: fn(NaiveDate) -> bool) -> Case {
    Case {
        text,
        fixed: true,
        time,
        day,
    }
}

const fn reading(text: &'static str, time: fn(i64, i64) -> bool, day: fn(NaiveDate) -> bool) -> Case {
    Case {
        text,
        fixed: false,
        time,
        day,
    }
}

fn is_weekday(day: NaiveDate) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

fn minute_of(year: i32) -> i64 {
    NaiveDate::from_ymd_opt(year, 1, 1)
        .unwrap()
        .and_time(chrono::NaiveTime::MIN)
        .and_utc()
        .timestamp()
        / 60
}

fn instant(minute: i64) -> Instant {
    Instant::from_second(minute * 60).unwrap()
}

#[test]
fn ten_zones_and_ten_years() {
    let checked: usize = thread::scope(|scope| {
        let zones: Vec<_> = ZONES
            .iter()
            .map(|(zone, years)| scope.spawn(|| check_zone(zone, *years)))
            .collect();
        zones.into_iter().map(|zone| zone.join().unwrap()).sum()
    });
    assert!(checked > 500_000, "{checked} ticks are too few to prove anything");
}

/// All ticks of all cases, and what comes next from moments around each change of the clock.
fn check_zone(zone: &str, years: [(i32, i32); 2]) -> usize {
    let clock = Clock::of(zone);
    let mut checked = 0;
    for (first, last) in years {
        let (from, to) = (minute_of(first), minute_of(last + 1));
        let changes = clock.changes(from, to);
        for (case, want) in CASES.iter().zip(clock.ticks(&CASES, &changes, from, to)) {
            let schedule = cron(case.text, zone);
            // What ticks each quarter of an hour is checked near changes, where alone it can go wrong, to save time.
            let near = |tick: i64| changes.iter().any(|change| (change - tick).abs() < 3000);
            for pair in want.windows(2).filter(|pair| case.fixed || near(pair[1])) {
                let next = schedule.next_after(instant(pair[0])).unwrap();
                assert_eq!(
                    next,
                    instant(pair[1]),
                    "{} in {zone} after {}",
                    case.text,
                    instant(pair[0])
                );
                checked += 1;
            }
            for change in &changes {
                for minute in (change - 2000..change + 2000).step_by(97) {
                    let Some(next) = want.get(want.partition_point(|tick| *tick <= minute)) else {
                        continue;
                    };
                    let got = schedule.next_after(instant(minute)).unwrap();
                    assert_eq!(
                        got,
                        instant(*next),
                        "{} in {zone} from {} on",
                        case.text,
                        instant(minute)
                    );
                }
            }
        }
    }
    checked
}

#[test]
fn once_a_day_in_every_zone() {
    let mut zones = 0;
    for zone in jiff::tz::TimeZoneDatabase::bundled().available() {
        let schedule = cron("30 0 * * *", &zone.to_string());
        let mut days = schedule
            .preview(at("2026-01-01T00:00:00Z"), 365)
            .into_iter()
            .map(|run| run.at.date());
        let first = days.next().unwrap();
        let want = (1..365).map(|day| first.saturating_add(jiff::Span::new().days(day)));
        assert!(days.eq(want), "{zone}");
        zones += 1;
    }
    assert!(zones > 500, "{zones}");
}

/// Whether hour, minute and second match.
type Matches = fn(i64, i64, i64) -> bool;

#[test]
fn every_second_of_some_nights() {
    // Forward and back: an hour, half an hour, two hours.
    let nights = [
        ("Europe/Berlin", "2026-03-28T22:00:00Z"),
        ("Europe/Berlin", "2026-10-24T22:00:00Z"),
        ("Australia/Lord_Howe", "2026-04-04T13:00:00Z"),
        ("Australia/Lord_Howe", "2026-10-03T13:00:00Z"),
        ("Antarctica/Troll", "2026-10-24T22:00:00Z"),
    ];
    let cases: [(&str, bool, Matches); 4] = [
        ("*/20 * * * * *", false, |_, _, s| s % 20 == 0),
        ("59 59 * * * *", false, |_, m, s| (m, s) == (59, 59)),
        ("*/7 30 1,2 * * *", true, |h, m, s| {
            (1..=2).contains(&h) && m == 30 && s % 7 == 0
        }),
        ("15 45 1-2 * * *", true, |h, m, s| {
            (1..=2).contains(&h) && (m, s) == (45, 15)
        }),
    ];
    for (zone, begin) in nights {
        let clock = Clock::of(zone);
        let begin = at(begin).as_second();
        for (text, fixed, matches) in cases {
            let schedule = cron(text, zone);
            let matches = |shown: i64| matches(shown / 3600 % 24, shown / 60 % 60, shown % 60);
            let mut latest = clock.shows(begin) - 1;
            let mut want = Vec::new();
            for second in begin..begin + 10 * 3600 {
                let shown = clock.shows(second);
                let ticks = if fixed {
                    (latest + 1..=shown).any(matches)
                } else {
                    matches(shown)
                };
                latest = latest.max(shown);
                want.extend(ticks.then_some(second));
            }
            let from = Instant::from_second(begin - 1).unwrap();
            let got: Vec<i64> = schedule.ticks(from).take(want.len()).map(Instant::as_second).collect();
            assert_eq!(got, want, "{text} in {zone}");
            assert!(!want.is_empty(), "{text} in {zone}");
        }
    }
}
