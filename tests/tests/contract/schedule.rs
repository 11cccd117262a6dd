//! `schedule`: what each key of it means to an agent, what is wrong with one, and what becomes of its times.

use std::fmt::Write as _;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rusqlite::Connection;
use serde_json::Value as Json;
use syncapp_tests::agent::Agent;

use crate::contract::case::{PEOPLE, people};
use crate::contract::connections::wait;
use crate::contract::file::place;

/// A file whose sync has this schedule, and another sync beside it.
fn with(schedule: &str) -> String {
    let file = people("").replace(
        "    streams:\n",
        &format!("    schedule: {{ {schedule} }}\n    streams:\n"),
    );
    file + "  later:\n    source: from\n    destination: to\n    streams:\n      people: { into: later }\n"
}

/// What an agent says of each form, in words and by its next runs.
pub(crate) fn schedule() {
    let agent = wait(Agent::start(""));
    for (version, (words, said)) in (1..).zip([
        ("cron: \"*/15 * * * *\"", "every 15 minutes, UTC"),
        ("cron: \"30 2 * * *\", timezone: Europe/Berlin", "at 02:30 every day, Europe/Berlin"),
        ("every: 90m", "every 1h 30m"),
        ("at: 2999-12-24T08:00:00+01:00", "once, at 2999-12-24 07:00:00 UTC"),
        ("after: later", "after each success of later"),
        ("every: 1h, paused: true", "every 1h; paused"),
        (
            "every: 1h, blackouts: [{ days: [mon, tue, wed, thu, fri], from: \"08:00\", until: \"18:00\", timezone: Europe/Paris }]",
            "every 1h; not from 08:00 to 18:00, Monday to Friday, Europe/Paris",
        ),
        (
            "every: 1h, blackouts: [{ days: [sat, sun], from: \"00:00\", until: \"00:00\" }]",
            "every 1h; not from 00:00 to 00:00, Saturday and Sunday, UTC",
        ),
    ]) {
        let file = with(words);
        place(&file).syncapp(&["run", "sync.yaml"]).exits(0);
        let expected = (version > 1).then_some(version - 1);
        wait(agent.push("sync", &file, expected)).done();
        let syncs = wait(agent.get("/projects/sync/syncs")).done();
        assert_eq!(syncs[0]["runs"], said, "{words}");
        let next = syncs[0]["next"].as_array().unwrap();
        assert_eq!(next.is_empty(), words.starts_with("after"), "{words}: {next:?}");
        let noted = next.iter().all(|tick| tick.as_str().unwrap().contains("paused"));
        assert!(next.is_empty() || noted == words.contains("paused"), "{words}: {next:?}");
    }
    for wrong in [
        "cron: \"* *\"",
        "cron: \"0 25 * * *\"",
        "cron: \"0 0 31 2 *\"",
        "cron: \"* * * * *\", timezone: \"not a zone\"",
        "cron: \"* * * * *\", timezone: Europe/Berln",
        "cron: \"* * * * *\", misfire: never",
        "cron: \"* * * * *\", overlap: never",
        "cron: \"* * * * *\", every: 1h",
        "cron: \"* * * * *\", paused: maybe",
        "every: 1h, blackouts: [{ days: [monday], from: \"08:00\", until: \"18:00\" }]",
        "every: 1h, blackouts: [{ from: \"08:00\" }]",
        "after: earlier",
        "after: later, misfire: once",
        "timezone: UTC",
    ] {
        let place = place(&with(wrong));
        let ran = place.syncapp(&["run", "sync.yaml"]).exits(2);
        assert!(
            ran.stderr.contains("sync.yaml:9:") && !place.path("to.db").exists(),
            "{wrong}: {}",
            ran.stderr
        );
    }
}

/// A rule, and what becomes of three times that were missed.
const MISSED: [(&str, &str, [&str; 3]); 7] = [
    ("skip", "misfire: skip", ["missed", "missed", "missed"]),
    ("once", "misfire: once", ["superseded", "superseded", "ran"]),
    ("usual", "", ["superseded", "superseded", "ran"]),
    ("all", "misfire: all, overlap: queue", ["ran", "ran", "ran"]),
    // The first one goes on while the others are looked at.
    (
        "all_at_once",
        "misfire: all, overlap: skip",
        ["ran", "overlap", "overlap"],
    ),
    ("all_as_usual", "misfire: all", ["ran", "overlap", "overlap"]),
    (
        "dark",
        "misfire: all, blackouts: [{ days: [mon, tue, wed, thu, fri, sat, sun], from: \"00:00\", until: \"00:00\" }]",
        ["blackout", "blackout", "blackout"],
    ),
];

/// What becomes of times that were missed, and of those at which the run before goes on: an agent that was away for three hours
/// finds the same three times of each sync.
pub(crate) fn ticks() {
    let mut agent = wait(Agent::start(""));
    let from = Connection::open(agent.syncapp().folder().join("from.db")).unwrap();
    from.execute_batch(PEOPLE).unwrap();
    // The newest of the three is half an hour old, whenever this runs: late enough to be missed, and none comes soon.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let newest = now.as_secs() / 60 - 30;
    let oldest = Duration::from_mins(newest - 2 * 60);
    let minute = newest % 60;
    let mut file = String::from(
        "version: 1\nconnections:\n  from: { connector: sqlite, path: from.db }\n  to: { connector: sqlite, path: to.db }\nsyncs:\n",
    );
    for (sync, rules, _) in MISSED {
        let comma = if rules.is_empty() { "" } else { ", " };
        let schedule = format!("{{ cron: \"{minute} * * * *\"{comma}{rules} }}");
        // Writing to a String cannot fail.
        let _ = writeln!(
            file,
            "  {sync}:\n    source: from\n    destination: to\n    schedule: {schedule}\n    streams:\n      people: {{ into: {sync} }}"
        );
    }
    wait(agent.push("sync", &file, None)).done();
    agent.kill();
    let store = Connection::open(agent.syncapp().home().join("syncapp.db")).unwrap();
    let away = store.execute("update schedule set next_due = ?1", [oldest.as_micros() as i64]);
    assert_eq!(away.unwrap(), MISSED.len());
    drop(store);
    wait(agent.start_again());
    for (sync, rules, expected) in MISSED {
        let told = wait(three(&agent, sync));
        let became: Vec<&str> = told
            .iter()
            .map(|tick| tick["skipped"].as_str().unwrap_or("ran"))
            .collect();
        assert_eq!(became, expected, "{rules}: {told:#?}");
        let first = told[0]["nominal_at"].as_str().unwrap();
        assert!(first.ends_with(&format!(":{minute:02}:00Z")), "{first}");
    }
}

/// The first three ticks that are told of a sync.
async fn three(agent: &Agent, sync: &str) -> Vec<Json> {
    let begun = Instant::now();
    loop {
        let told = agent.all(&format!("/projects/sync/syncs/{sync}/ticks"), 50).await;
        if told.len() >= 3 {
            return told;
        }
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "{sync}: {told:#?}\n{}",
            agent.syncapp().said()
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Streams of a pool wait for its workers, and a pool that nobody carries is refused.
pub(crate) fn pool() {
    let agent = wait(Agent::start("pools = [\"big\"]"));
    let from = Connection::open(agent.syncapp().folder().join("from.db")).unwrap();
    from.execute_batch(PEOPLE).unwrap();
    wait(agent.push("sync", &people("pool: big"), None)).done();
    let run = wait(agent.run("sync", "s"));
    let ended = wait(agent.over(&run));
    assert_eq!(
        (&ended["state"], &ended["streams"][0]["pool"]),
        (&"done".into(), &"big".into()),
        "{ended:#}"
    );
    for keys in ["pool: small", ""] {
        let refused = wait(agent.push("sync", &people(keys), Some(1)));
        assert_eq!(refused.code(), "config.unknown_name", "{keys}: {:#}", refused.body);
    }
    // A command line is all workers in one.
    place(&people("pool: small")).syncapp(&["run", "sync.yaml"]).exits(0);
}
