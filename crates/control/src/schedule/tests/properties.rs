//! What holds of every schedule.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use syncapp_model::Cron;

/// A field by its forms, within its bounds.
fn field(first: u8, last: u8) -> impl Strategy<Value = String> + Clone {
    let value = first..=last;
    let item = prop_oneof![
        2 => value.clone().prop_map(|value| value.to_string()),
        1 => (value.clone(), value.clone()).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
        2 => (1..=last - first).prop_map(|step| format!("*/{step}")),
        1 => (value.clone(), 1..=last - first).prop_map(|(a, step)| format!("{a}/{step}")),
        1 => (value.clone(), value, 1..=last - first)
            .prop_map(|(a, b, step)| format!("{}-{}/{step}", a.min(b), a.max(b))),
    ];
    prop_oneof![
        2 => Just("*".to_owned()),
        3 => vec(item, 1..3).prop_map(|items| items.join(",")),
    ]
}

fn days() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just("*".to_owned()),
        2 => field(1, 31),
        1 => Just("L".to_owned()),
        1 => (1..=31_u8).prop_map(|day| format!("{day}W")),
    ]
}

/// Without `7L`: croner 3 takes it for a day that never comes, here it is the last Sunday.
fn weekdays() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just("*".to_owned()),
        2 => field(0, 7),
        1 => (0..=7_u8, 1..=5_u8).prop_map(|(day, nth)| format!("{day}#{nth}")),
        1 => (0..=6_u8).prop_map(|day| format!("{day}L")),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    let seconds = prop_oneof![4 => Just(None), 1 => field(0, 59).prop_map(Some)];
    let fields = (seconds, field(0, 59), field(0, 23), days(), field(1, 12), weekdays());
    fields
        .prop_map(|(second, minute, hour, day, month, weekday)| {
            let second = second.map(|second| format!("{second} ")).unwrap_or_default();
            format!("{second}{minute} {hour} {day} {month} {weekday}")
        })
        .prop_filter("never comes", |text| text.parse::<Cron>().is_ok())
}

fn schedule() -> impl Strategy<Value = Schedule> {
    const ZONES: [&str; 6] = [
        "UTC",
        "Europe/Berlin",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "America/Sao_Paulo",
        "Africa/Monrovia",
    ];
    let timed = (expression(), select(&ZONES[..])).prop_map(|(text, zone)| cron(&text, zone));
    let interval = (1..100_000_u64, 0..2_000_000_000_i64).prop_map(|(seconds, anchor)| {
        let anchor = Instant::from_second(anchor).unwrap();
        Schedule::new(Trigger::Interval(
            Interval::new(Duration::from_secs(seconds), anchor).unwrap(),
        ))
    });
    let misfire = select(&[Misfire::Skip, Misfire::Once, Misfire::All][..]);
    let blackout = (0..24_i8, 0..24_i8).prop_map(|(from, until)| Blackout {
        weekdays: vec![jiff::civil::Weekday::Monday, jiff::civil::Weekday::Friday],
        from: jiff::civil::time(from, 0, 0, 0),
        until: jiff::civil::time(until, 0, 0, 0),
        zone: Zone::UTC,
    });
    let trigger = prop_oneof![4 => timed, 1 => interval];
    (trigger, misfire, vec(blackout, 0..2), any::<bool>()).prop_map(|(schedule, misfire, blackouts, odd)| Schedule {
        misfire,
        blackouts,
        paused: odd && schedule.zone() == Zone::UTC,
        ..schedule
    })
}

/// From 1970 to 2035, to the millisecond.
fn instant() -> impl Strategy<Value = Instant> {
    (-100_000_000_000..2_050_000_000_000_i64).prop_map(|millis| Instant::from_millisecond(millis).unwrap())
}

fn ticks(schedule: &Schedule, from: Instant, to: Instant, most: usize) -> Vec<Instant> {
    schedule.ticks(from).take_while(|tick| *tick <= to).take(most).collect()
}

proptest! {
    #[test]
    fn the_next_tick_is_later_and_a_whole_second(schedule in schedule(), from in instant()) {
        let mut now = from;
        for tick in schedule.ticks(from).take(20) {
            prop_assert!(tick > now, "{tick} after {now}");
            prop_assert_eq!(tick.subsec_nanosecond(), 0);
            now = tick;
        }
    }

    #[test]
    fn a_span_has_the_same_ticks_in_parts(schedule in schedule(), from in instant(), hours in 1..400_i64, part in 0.0..1.0) {
        let to = from + SignedDuration::from_hours(hours);
        let middle = from + SignedDuration::from_millis((part * 3_600_000.0 * hours as f64) as i64);
        let whole = ticks(&schedule, from, to, 300);
        let mut parts = ticks(&schedule, from, middle, 300);
        parts.extend(ticks(&schedule, middle, to, 300));
        parts.truncate(300);
        prop_assert_eq!(whole, parts);
    }

    #[test]
    fn each_tick_runs_or_is_skipped_once(schedule in schedule(), from in instant(), hours in 1..1000_i64, part in 0.0..1.1) {
        let now = from + SignedDuration::from_hours(hours);
        let until = now.min(from + SignedDuration::from_millis((part * 3_600_000.0 * hours as f64) as i64));
        let due = schedule.due(from, until, now);
        let mut both: Vec<Instant> = due.skipped.iter().map(|(tick, _)| *tick).chain(due.run.iter().copied()).collect();
        both.sort_unstable();
        prop_assert_eq!(&both, &ticks(&schedule, from, until, BATCH));
        prop_assert_eq!(due.through(), both.last().copied());
        prop_assert!(due.run.is_sorted() && due.skipped.is_sorted_by_key(|(tick, _)| *tick));
        let rest = due.through().and_then(|through| schedule.next_after(through)).is_some_and(|tick| tick <= until);
        prop_assert_eq!(due.more, rest);
        let late = due.run.iter().filter(|tick| now.duration_since(**tick) > GRACE).count();
        let most = match schedule.misfire { Misfire::Skip => 0, Misfire::Once => 1, Misfire::All => CATCH_UP };
        prop_assert!(late <= most, "{late} late runs");
        let good = |tick: &Instant| !schedule.paused && !schedule.blackouts.iter().any(|blackout| blackout.contains(*tick));
        prop_assert!(due.run.iter().all(good));
    }

    /// What is read here and what croner reads from the same text are the same times, but for days that are all named
    /// one by one: they restrict nothing here.
    #[test]
    fn croner_reads_the_same(text in expression(), from in instant()) {
        let ours: Cron = text.parse().unwrap();
        let stars = text.split_whitespace().rev().step_by(2).take(2).filter(|field| *field == "*").count();
        prop_assume!(stars == usize::from(ours.days.is_none()) + usize::from(ours.weekdays.is_none()));
        let theirs: croner::Cron = text.parse().unwrap();
        let from = Instant::from_second(from.as_second()).unwrap();
        let mut now = chrono::DateTime::from_timestamp_secs(from.as_second()).unwrap();
        for tick in cron(&text, "UTC").ticks(from).take(20) {
            now = theirs.find_next_occurrence(&now, false).unwrap();
            prop_assert_eq!(tick.as_second(), now.timestamp(), "{}", text);
        }
    }

    #[test]
    fn what_is_written_down_is_read_again(schedule in schedule()) {
        let text = serde_json::to_string(&schedule).unwrap();
        let again: Schedule = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&again.trigger, &schedule.trigger, "{}", text);
        prop_assert_eq!(again, schedule);
    }

    #[test]
    fn every_expression_has_words(schedule in schedule()) {
        let words = schedule.describe();
        prop_assert!(!words.contains(", ,") && !words.contains("  "), "{words}");
    }
}
