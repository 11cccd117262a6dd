//! Schedules in plain words.

use super::*;

#[test]
fn cron_in_words() {
    let check = |text: &str, want: &str| {
        let words = cron(text, "Europe/Berlin").describe();
        assert_eq!(words, format!("{want}, Europe/Berlin"), "{text}");
    };
    check("* * * * *", "every minute");
    check("*/15 * * * *", "every 15 minutes");
    check("0,15,30,45 * * * MON-FRI", "every 15 minutes, Monday to Friday");
    check(
        "*/7 * * * *",
        "at the minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56 of every hour",
    );
    check("5/15 * * * *", "at the minutes 5, 20, 35 and 50 of every hour");
    check("0 * * * *", "every hour");
    check("30 * * * *", "every hour at minute 30");
    check("0 */2 * * *", "every 2 hours, from 00:00");
    check("30 */2 * * *", "every 2 hours, from 00:30");
    check("0 */6 * * *", "at 00:00, 06:00, 12:00 and 18:00 every day");
    check("0 8-18 * * 1-5", "every hour from 08:00 to 18:00, Monday to Friday");
    check("*/15 8-18 * * *", "every 15 minutes from 08:00 to 18:45");
    check("*/10 2 * * *", "every 10 minutes from 02:00 to 02:50");
    check("* 2,5,7 * * *", "every minute in the hours 2, 5 and 7");
    check("5,20 1,3,5 * * *", "at the minutes 5 and 20 in the hours 1, 3 and 5");
    check(
        "5,20 1-3 * * *",
        "at the minutes 5 and 20 of every hour from 01:05 to 03:20",
    );
    check("15 1,3,5,8,9 * * *", "at minute 15 of the hours 1, 3, 5, 8 and 9");
    check("30 2 * * *", "at 02:30 every day");
    check("0 2,14 * * SAT,SUN", "at 02:00 and 14:00, Saturday and Sunday");
    check("0 3 L * *", "at 03:00, the last day of the month");
    check(
        "0 3 1,15W 1,7 *",
        "at 03:00, day 1 of the month or the weekday nearest to day 15 of the month, in January and July",
    );
    check(
        "0 3 13 3-5 FRI",
        "at 03:00, day 13 of the month or Friday, in March to May",
    );
    check(
        "0 3 * * FRI#2,MONL",
        "at 03:00, the second Friday of the month or the last Monday of the month",
    );
    check("0 3 1,15 * *", "at 03:00, days 1 and 15 of the month");
    check("* * * * * *", "every second");
    check("*/20 * * * * *", "every 20 seconds");
    check("5 * * * * *", "at second 5 of every minute");
    check("15 30 2 * * *", "at 02:30:15 every day");
    check("*/20 5 * * * *", "every 20 seconds in minute 5 of every hour");
    check(
        "1,2 */30 3,4 * * 1",
        "at the seconds 1 and 2 in the minutes 0 and 30 of the hours 3 and 4, Monday",
    );
    check("* * 2 * * *", "every second of hour 2");
}

#[test]
fn other_schedules_in_words() {
    let check = |schedule: &Schedule, want: &str| assert_eq!(schedule.describe(), want);
    check(
        &every(5400, "2026-01-01T00:10:00Z"),
        "every 1h 30m, from 2026-01-01 00:10:00 UTC on",
    );
    check(
        &Schedule::new(Trigger::Once(at("2026-03-01T10:00:00Z"))),
        "once, at 2026-03-01 10:00:00 UTC",
    );
    check(
        &Schedule::new(Trigger::After { sync: "orders".into() }),
        "after each success of orders",
    );
    let mut manual = Schedule::new(Trigger::Manual);
    check(&manual, "by hand only");
    manual.paused = true;
    manual.blackouts = vec![Blackout {
        weekdays: vec![jiff::civil::Weekday::Saturday, jiff::civil::Weekday::Sunday],
        from: jiff::civil::time(22, 0, 0, 0),
        until: jiff::civil::time(6, 30, 0, 0),
        zone: Zone::UTC,
    }];
    check(
        &manual,
        "by hand only; not from 22:00 to 06:30, Saturday and Sunday, UTC; paused",
    );
}
