//! `syncapp push`, and what an agent refuses.

use std::fs;

use super::{arrived, copying, furnish};
use syncapp_tests::agent::Agent;

const BEFORE: &str = "\
version: 1
project: shop
connections:
  from: { connector: sqlite, path: from.db }
  old: { connector: sqlite, path: old.db }
  to: { connector: sqlite, path: to.db }
syncs:
  copy:
    source: from
    destination: to
    schedule: { cron: \"0 3 * * *\", timezone: Europe/Berlin }
    streams:
      t: { write: merge }
      u:
  gone:
    source: from
    destination: old
    streams:
      t:
";

const AFTER: &str = "\
version: 1
project: shop
connections:
  from: { connector: sqlite, path: other.db }
  to: { connector: sqlite, path: to.db }
  lake: { connector: files, path: lake, format: csv }
syncs:
  copy:
    source: from
    destination: to
    schedule: { cron: \"*/15 * * * *\" }
    streams:
      t: { write: merge, deletes: hard, into: t2 }
      v: { where: \"id > 5\" }
  out:
    source: from
    destination: lake
    streams:
      t:
";

#[tokio::test(flavor = "multi_thread")]
async fn what_would_change_is_told_in_plain_words() {
    let agent = Agent::start("").await;
    let syncapp = agent.syncapp();
    let push = ["push", "shop.yaml", "--agent", agent.url()];
    let dry = [&push[..], &["--dry-run"]].concat();
    let mut told: Vec<String> = Vec::new();
    // Of the command's own words, not the warnings about the file.
    let mut say = |ended: syncapp_tests::syncapp::Ended| {
        let lines = ended
            .output
            .lines()
            .filter(|line| ["+ ", "~ ", "- ", "shop "].iter().any(|sign| line.starts_with(sign)));
        told.extend(lines.map(|line| line.replace(agent.url(), "AGENT")));
        told.push(String::new());
    };
    syncapp.file("shop.yaml", BEFORE);
    say(syncapp.succeed(&dry).await);
    say(syncapp.succeed(&push).await);
    say(syncapp.succeed(&push).await);
    syncapp.file("shop.yaml", AFTER);
    say(syncapp.succeed(&dry).await);
    assert_eq!(agent.get("/projects/shop").await.done()["version"], 1);
    say(syncapp.succeed(&push).await);
    insta::assert_snapshot!(told.join("\n"));
    let shop = agent.get("/projects/shop").await.done();
    assert_eq!(
        (shop["version"].as_u64(), &shop["syncs"]),
        (Some(2), &serde_json::json!(["copy", "out"]))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_push_one_wins() {
    let agent = Agent::start("").await;
    agent.push("shop", &copying(""), None).await.done();
    let other = copying("    schedule: { cron: \"0 3 * * *\" }\n");
    let stale = agent.push("shop", &other, None).await;
    assert_eq!((stale.status.as_u16(), stale.code()), (409, "config.conflict"));
    assert_eq!(agent.push("shop", &other, Some(1)).await.done()["version"], 2);
    // Whoever got no answer to that asks again.
    let again = agent.push("shop", &other, Some(1)).await.done();
    assert_eq!(
        (again["version"].as_u64(), again["changes"].as_array().map(Vec::len)),
        (Some(2), Some(0))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_may_not_use_is_refused() {
    let agent = Agent::start("variables = [\"LISTED\"]\npools = [\"default\", \"heavy\"]").await;
    furnish(agent.syncapp());
    let file = copying("");
    for (from, to, code, words) in [
        (
            "path: from.db",
            "path: \"${PATH}\"",
            "config.unset_variable",
            "list it in `variables`",
        ),
        (
            "path: from.db",
            "path: \"${LISTED}\"",
            "config.unset_variable",
            "has to set `LISTED`",
        ),
        (
            "path: from.db",
            "path: \"${SYNCAPP_MASTER_KEY}\"",
            "config.unset_variable",
            "list it in `variables`",
        ),
        (
            "path: from.db",
            "path: /etc/passwd",
            "config.invalid_value",
            "outside the folders",
        ),
        (
            "path: from.db",
            "path: ../home/syncapp.db",
            "config.invalid_value",
            "outside the folders",
        ),
        (
            "write: merge",
            "write: merge, pool: light",
            "config.unknown_name",
            "heavy",
        ),
        ("write: merge", "write: odd", "config.invalid_value", "merge"),
        (
            "connector: sqlite, path: from.db",
            "connector: postgres, host: h, user: u, database: d, password: pw-in-plain-text",
            "config.invalid_value",
            "plain text",
        ),
        (
            "connector: sqlite, path: from.db",
            "connector: postgres, url: \"postgres://u:pw-in-plain-text@h/d\"",
            "config.invalid_value",
            "plain text",
        ),
    ] {
        let refused = agent.push("shop", &file.replace(from, to), None).await;
        let said = refused.body.to_string();
        assert_eq!((refused.status.as_u16(), refused.code()), (422, code), "{to}: {said}");
        assert!(said.contains(words), "{to}: {said}");
        assert!(!said.contains("pw-in-plain-text"), "{to}: {said}");
    }
    assert_eq!(agent.get("/projects/shop").await.status.as_u16(), 404);
    agent
        .push("shop", &file.replace("write: merge", "write: merge, pool: heavy"), None)
        .await
        .done();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_tells_what_the_agent_refuses() {
    let agent = Agent::start("").await;
    let syncapp = agent.syncapp();
    syncapp.file("shop.yaml", &copying("").replace("path: from.db", "path: \"${HOME}\""));
    let push = ["push", "shop.yaml", "--agent", agent.url()];
    let refused = syncapp.run(&push).await;
    assert_eq!(refused.code, Some(2), "{}", refused.output);
    for words in [
        "error[config.unset_variable]",
        "shop.yaml:3:",
        "list it in `variables` of agent.toml",
    ] {
        assert!(refused.output.contains(words), "{}", refused.output);
    }
    syncapp.file("shop.yaml", &copying(""));
    for (address, code, words) in [
        ("http://127.0.0.1:1", 1, "agent.unreachable"),
        ("http://agent.example.net", 2, "in the clear"),
        ("https://me:pw@agent.example.net", 2, "without a user"),
        ("ftp://agent.example.net", 2, "not the address"),
    ] {
        let ended = syncapp.run(&["push", "shop.yaml", "--agent", address]).await;
        assert_eq!(ended.code, Some(code), "{address}: {}", ended.output);
        assert!(
            ended.output.contains(words) && !ended.output.contains("pw@"),
            "{address}: {}",
            ended.output
        );
    }
    fs::write(syncapp.home().join("agent.token"), "0".repeat(64)).unwrap();
    let refused = syncapp.run(&push).await;
    assert_eq!(refused.code, Some(1), "{}", refused.output);
    assert!(refused.output.contains("agent.unauthenticated"), "{}", refused.output);
}

/// What an agent says it is holds in all that is pushed to it; a file that has no such environment is refused.
#[tokio::test(flavor = "multi_thread")]
async fn an_agents_environment_holds_and_is_asked_for() {
    let agent = Agent::start("environment = \"prod\"\n").await;
    furnish(agent.syncapp());
    let refused = agent.push("shop", &copying(""), None).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (422, "config.unknown_name"),
        "{refused:?}"
    );
    let said = refused.body.to_string();
    assert!(said.contains("`prod: {}`") && said.contains("agent.toml"), "{said}");

    let elsewhere = copying("").replace("path: from.db", "path: none.db");
    let overlaid = format!("{elsewhere}environments:\n  prod: {{ connections: {{ from: {{ path: from.db }} }} }}\n");
    agent.push("shop", &overlaid, None).await.done();
    let run = agent.run("shop", "copy").await;
    assert_eq!(agent.over(&run).await["state"], "done");
    assert_eq!(arrived(agent.syncapp()), 2);
}
