//! Cron expressions in zones: what a sync file gives, and what a preview shows.

use serde_json::json;
use syncapp_model::sync_file::Schedule as FromFile;

use super::*;

fn preview(schedule: &Schedule, from: &str, want: &[&str]) {
    let shown: Vec<String> = schedule
        .preview(at(from), want.len())
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(shown, want, "{}", schedule.describe());
}

#[test]
fn a_preview_says_what_is_special() {
    preview(
        &cron("30 2 * * *", "Europe/Berlin"),
        "2026-03-28T00:00:00Z",
        &[
            "Sat 2026-03-28 02:30:00 +01:00",
            "Sun 2026-03-29 03:00:00 +02:00, for 2026-03-29 02:30, which the clock leaves out",
            "Mon 2026-03-30 02:30:00 +02:00",
        ],
    );
    preview(
        &cron("30 2 * * *", "Europe/Berlin"),
        "2026-10-24T12:00:00Z",
        &[
            "Sun 2026-10-25 02:30:00 +02:00, the first of two times that the clock shows this",
            "Mon 2026-10-26 02:30:00 +01:00",
        ],
    );
    preview(
        &cron("*/30 * * * *", "Europe/Berlin"),
        "2026-10-25T00:00:00Z",
        &[
            "Sun 2026-10-25 02:30:00 +02:00, the first of two times that the clock shows this",
            "Sun 2026-10-25 02:00:00 +01:00, the second of two times that the clock shows this",
            "Sun 2026-10-25 02:30:00 +01:00, the second of two times that the clock shows this",
            "Sun 2026-10-25 03:00:00 +01:00",
        ],
    );
    // The day that Samoa left out.
    preview(
        &cron("30 2 * * *", "Pacific/Apia"),
        "2011-12-29T00:00:00Z",
        &[
            "Thu 2011-12-29 02:30:00 -10:00",
            "Sat 2011-12-31 00:00:00 +14:00, for 2011-12-30 02:30, which the clock leaves out",
            "Sat 2011-12-31 02:30:00 +14:00",
        ],
    );
    let mut schedule = every(3600, "2026-01-05T00:00:00Z");
    schedule.paused = true;
    schedule.blackouts = vec![Blackout {
        weekdays: vec![jiff::civil::Weekday::Monday],
        from: jiff::civil::time(1, 0, 0, 0),
        until: jiff::civil::time(2, 0, 0, 0),
        zone: Zone::UTC,
    }];
    preview(
        &schedule,
        "2026-01-05T00:00:00Z",
        &[
            "Mon 2026-01-05 01:00:00 +00:00, skipped: in a blackout, skipped: paused",
            "Mon 2026-01-05 02:00:00 +00:00, skipped: paused",
        ],
    );
    assert_eq!(
        Schedule::new(Trigger::Manual).preview(at("2026-01-05T00:00:00Z"), 5),
        []
    );
}

#[test]
fn what_a_sync_file_gives() {
    let file = |cron: &str, timezone: Option<&str>| FromFile {
        cron: Some(cron.into()),
        timezone: timezone.map(Into::into),
        overlap: Some(Overlap::Queue),
        ..FromFile::default()
    };
    let schedule = Schedule::from_file(&file("*/15 * * * *", None)).unwrap();
    assert_eq!(schedule.zone(), Zone::UTC);
    assert_eq!(
        (schedule.misfire, schedule.overlap, schedule.paused),
        (Misfire::Once, Overlap::Queue, false)
    );
    let problems = Schedule::from_file(&file("* *", Some("Europe/Berln"))).unwrap_err();
    let texts: Vec<&str> = problems.iter().map(|problem| problem.report().why.as_str()).collect();
    assert_eq!(
        texts,
        ["`* *` is not a cron expression", "`Europe/Berln` is not a time zone"]
    );
}

#[test]
fn each_form_of_a_sync_file_says_what_it_means() {
    let check = |yaml: serde_json::Value, want: &[&str]| {
        let file: FromFile = serde_json::from_value(yaml.clone()).unwrap();
        let said = match Schedule::from_file(&file) {
            Ok(schedule) => vec![schedule.describe()],
            Err(problems) => problems.iter().map(|problem| problem.report().why.clone()).collect(),
        };
        assert_eq!(said, want, "{yaml}");
    };
    check(json!({ "every": "15m" }), &["every 15m"]);
    check(
        json!({ "at": "2026-12-24T08:00:00+01:00" }),
        &["once, at 2026-12-24 07:00:00 UTC"],
    );
    check(json!({ "after": "orders" }), &["after each success of orders"]);
    let nights = json!([{ "days": ["sat", "sun"], "from": "22:00", "until": "06:00", "timezone": "Europe/Berlin" }]);
    check(
        json!({ "every": "1h", "blackouts": nights, "paused": true }),
        &["every 1h; not from 22:00 to 06:00, Saturday and Sunday, Europe/Berlin; paused"],
    );
    check(
        json!({ "cron": "0 3 * * *", "blackouts": [{ "from": "2:00:30", "until": "02:15" }] }),
        &["`2:00:30` is not a time of the day"],
    );
    check(json!({}), &["the schedule does not say when"]);
    check(
        json!({ "cron": "0 3 * * *", "every": "1h" }),
        &["`cron` stands beside `every`"],
    );
    check(json!({ "every": "0s" }), &["`0s` is not an interval of a schedule"]);
    check(json!({ "every": "soon" }), &["`soon` is not a time between two runs"]);
    check(
        json!({ "at": "2026-12-24T08:00:00" }),
        &["`2026-12-24T08:00:00` is not a moment"],
    );
    check(
        json!({ "every": "1h", "timezone": "Europe/Berlin" }),
        &["`timezone` has no effect beside `every`"],
    );
    check(
        json!({ "after": "a", "misfire": "all", "overlap": "skip", "blackouts": [], "paused": false }),
        &[
            "`misfire` has no effect beside `after`",
            "`overlap` has no effect beside `after`",
            "`blackouts` has no effect beside `after`",
            "`paused` has no effect beside `after`",
        ],
    );
}

#[test]
fn special_days() {
    let check = |text: &str, want: &[&str]| {
        let ticks: Vec<String> = cron(text, "UTC")
            .ticks(at("2026-01-01T12:00:00Z"))
            .take(want.len())
            .map(|tick| tick.strftime("%Y-%m-%d %a").to_string())
            .collect();
        assert_eq!(ticks, want, "{text}");
    };
    check("0 0 L * *", &["2026-01-31 Sat", "2026-02-28 Sat", "2026-03-31 Tue"]);
    check("0 0 15W * *", &["2026-01-15 Thu", "2026-02-16 Mon", "2026-03-16 Mon"]);
    check("0 0 31W * *", &["2026-01-30 Fri", "2026-03-31 Tue", "2026-05-29 Fri"]);
    check("0 0 * * FRI#2", &["2026-01-09 Fri", "2026-02-13 Fri", "2026-03-13 Fri"]);
    check("0 0 * * FRI#5", &["2026-01-30 Fri", "2026-05-29 Fri", "2026-07-31 Fri"]);
    check(
        "0 0 * * 5L,7#1",
        &["2026-01-04 Sun", "2026-01-30 Fri", "2026-02-01 Sun"],
    );
    check("0 0 13 * FRI", &["2026-01-02 Fri", "2026-01-09 Fri", "2026-01-13 Tue"]);
    check("0 0 29 2 *", &["2028-02-29 Tue", "2032-02-29 Sun", "2036-02-29 Fri"]);
    check("0 0 * 2 4#5", &["2052-02-29 Thu", "2080-02-29 Thu"]);
}

#[test]
fn how_a_schedule_is_written_down() {
    let check = |schedule: &Schedule, want: &str| {
        let text = serde_json::to_string(schedule).unwrap();
        assert_eq!(text, want);
        assert_eq!(&serde_json::from_str::<Schedule>(&text).unwrap(), schedule);
    };
    let mut schedule = cron("*/15 8-9 * * MON-FRI", "Europe/Berlin");
    schedule.blackouts = vec![Blackout {
        weekdays: vec![jiff::civil::Weekday::Sunday],
        from: jiff::civil::time(22, 0, 0, 0),
        until: jiff::civil::time(6, 0, 0, 0),
        zone: Zone::UTC,
    }];
    check(
        &schedule,
        r#"{"trigger":{"cron":{"expression":"0 0,15,30,45 8,9 * * 1,2,3,4,5","timezone":"Europe/Berlin"}},"blackouts":[{"weekdays":[7],"from":"22:00:00","until":"06:00:00","zone":"UTC"}],"misfire":"once","overlap":"skip","paused":false}"#,
    );
    check(
        &every(5400, "2026-01-01T00:10:00Z"),
        r#"{"trigger":{"interval":{"every":5400,"anchor":"2026-01-01T00:10:00Z"}},"misfire":"once","overlap":"skip","paused":false}"#,
    );
    check(
        &Schedule::new(Trigger::After { sync: "orders".into() }),
        r#"{"trigger":{"after":{"sync":"orders"}},"misfire":"once","overlap":"skip","paused":false}"#,
    );
    let wrong =
        r#"{"trigger":{"cron":{"expression":"0 25 * * *","timezone":"UTC"}},"misfire":"once","overlap":"skip"}"#;
    let error = serde_json::from_str::<Schedule>(wrong).unwrap_err().to_string();
    assert!(error.contains("`25` is not an hour of a cron expression"), "{error}");
}
