//! `schedule`: what each key of it means to an agent, and what is wrong with one.

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

/// Streams of a pool wait for its workers, and a pool that nobody carries is refused.
pub(crate) fn pool() {
    let agent = wait(Agent::start("pools = [\"big\"]"));
    let from = rusqlite::Connection::open(agent.syncapp().folder().join("from.db")).unwrap();
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
