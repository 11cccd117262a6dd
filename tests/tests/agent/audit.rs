//! The audit log of an agent: what it tells, and what forging it comes to.

use reqwest::Method;
use serde_json::{Value as Json, json};
use syncapp_tests::agent::{Agent, master_key};
use syncapp_tests::server::postgres::Postgres;
use syncapp_tests::syncapp::Syncapp;

use super::{copying, furnish};

async fn verify(agent: &Agent, more: &[&str]) -> (Option<i32>, String) {
    let mut line = vec!["audit", "verify", "--config", "agent.toml"];
    line.extend(more);
    let ended = agent.syncapp().run(&line).await;
    (ended.code, ended.output)
}

/// Does a few things that are told; the run among them.
async fn live(agent: &Agent) -> String {
    furnish(agent.syncapp());
    agent.push("shop", &copying(""), None).await.done();
    agent
        .push("shop", &copying("    schedule: { cron: \"0 0 1 1 *\" }\n"), Some(1))
        .await
        .done();
    let run = agent.run("shop", "copy").await;
    agent.over(&run).await;
    agent
        .ask(Method::POST, "/projects/shop/syncs/copy/pause", None)
        .await
        .done();
    let user = json!({ "name": "ada", "password": "correct horse battery", "roles": [{ "role": "viewer" }] });
    agent.ask(Method::POST, "/users", Some(user)).await.done();
    let roles = json!({ "roles": [{ "role": "admin", "project": "shop" }] });
    agent.ask(Method::PUT, "/users/ada/roles", Some(roles)).await.done();
    let wrong = json!({ "name": "ada", "password": "a wrong one" });
    assert_eq!(agent.with(Method::POST, "/session", &[], Some(wrong)).await.status, 401);
    run
}

/// The last head that the agent has logged.
fn logged(agent: &Agent) -> String {
    let said = agent.syncapp().said();
    let plain = said
        .lines()
        .rfind(|line| line.contains("the audit log has grown"))
        .unwrap()
        .to_owned();
    plain.rsplit("head=").next().unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_tells_who_did_what_and_a_forgery_shows() {
    let mut agent = Agent::start("").await;
    let run = live(&agent).await;
    let log = agent.get("/audit?limit=100").await.done();
    let entries: Vec<&Json> = log["items"].as_array().unwrap().iter().rev().collect();
    let actions: Vec<&str> = entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    let expected = [
        "admin.invite",
        "project.push",
        "project.push",
        "run.start",
        "sync.pause",
        "user.create",
        "user.roles",
        "session.refused",
    ];
    assert_eq!(actions, expected);
    let pushed = entries[2];
    assert_eq!(
        (&pushed["actor"], &pushed["origin"]),
        (&json!("agent"), &json!("127.0.0.1"))
    );
    assert_eq!(pushed["object"], "projects/shop");
    assert_eq!(pushed["before"]["version"], 1);
    assert_ne!(pushed["before"]["file"], pushed["after"]["file"]);
    assert_eq!(pushed["after"]["changes"].as_array().unwrap().len(), 1, "{pushed:#}");
    assert_eq!(
        (&entries[3]["object"], &entries[3]["after"]),
        (&json!("projects/shop/syncs/copy"), &json!({ "run": run }))
    );
    assert_eq!(entries[6]["before"]["may"], json!([{ "role": "viewer" }]));
    assert_eq!(
        entries[6]["after"]["may"],
        json!([{ "role": "admin", "project": "shop" }])
    );

    let head = logged(&agent);
    let (code, output) = verify(&agent, &["--head", &head]).await;
    assert_eq!(code, Some(0), "{output}");
    assert!(output.contains("8 entries") && output.contains(&head), "{output}");
    agent.stop().await;
    let path = agent.syncapp().home().join("syncapp.db");
    let checkpoint = || {
        let file = rusqlite::Connection::open(&path).unwrap();
        file.execute_batch("pragma wal_checkpoint(truncate)").unwrap();
    };
    checkpoint();
    let whole = std::fs::read(&path).unwrap();
    let cut = "delete from audit_entry where number > 6; update audit_head set number = 6, \
         hash = (select hash from audit_entry where number = 6)";
    for (sql, expected) in [
        (
            "update audit_entry set actor = 'user bob' where number = 3",
            "entry 3 was changed",
        ),
        ("delete from audit_entry where number = 3", "entry 3 is gone"),
        (
            "update audit_entry set number = number + 100 where number in (3, 4); \
          update audit_entry set number = 3 where number = 104; update audit_entry set number = 4 where number = 103",
            "entry 3 was changed",
        ),
        (cut, "was not sealed with this key"),
    ] {
        let file = rusqlite::Connection::open(&path).unwrap();
        file.execute_batch(&format!("{sql}; pragma wal_checkpoint(truncate)"))
            .unwrap();
        drop(file);
        let (code, output) = verify(&agent, &[]).await;
        assert_eq!(code, Some(1), "{sql}: {output}");
        assert!(output.contains(expected), "{sql}: {output}");
        checkpoint();
        std::fs::write(&path, &whole).unwrap();
    }
    // As a whole it was put back to nothing: only the head that was logged tells.
    let file = rusqlite::Connection::open(&path).unwrap();
    file.execute_batch("delete from audit_entry; delete from audit_head")
        .unwrap();
    drop(file);
    assert_eq!(verify(&agent, &[]).await.0, Some(0));
    let (code, output) = verify(&agent, &["--head", &head]).await;
    assert_eq!(code, Some(1), "{output}");
    assert_eq!(verify(&agent, &["--head", "8:x"]).await.0, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_server_the_key_is_no_part_of_the_store() {
    let database = Postgres::shared().await.database().await;
    let mut syncapp = Syncapp::default();
    syncapp.set("SYNCAPP_DATABASE", &database.writer.url());
    syncapp.set("SYNCAPP_TOKEN", "b1f7c2f08c39d6b4a8e90d35f2c7e6145a0b");
    syncapp.set("SYNCAPP_MASTER_KEY", &master_key());
    syncapp.file("key", "f3a9c0771d2b4e58a6f3a9c0771d2b4e58a6");
    let agent = Agent::started_with(syncapp, "audit_key_file = \"key\"").await;
    live(&agent).await;
    assert_eq!(verify(&agent, &[]).await.0, Some(0));
    agent.syncapp().file("key", "f3a9c0771d2b4e58a6f3a9c0771d2b4e58a7");
    let (code, output) = verify(&agent, &[]).await;
    assert!(
        code == Some(1) && output.contains("was not sealed with this key"),
        "{output}"
    );
    for key in ["", "short"] {
        agent.syncapp().file("key", key);
        let (code, output) = verify(&agent, &[]).await;
        assert!(code == Some(2) && output.contains("could be guessed"), "{output}");
    }
    agent.syncapp().file("key", "f3a9c0771d2b4e58a6f3a9c0771d2b4e58a6");
    database
        .run("update landing.audit_entry set object = 'x' where number = 2")
        .await;
    let (code, output) = verify(&agent, &[]).await;
    assert!(code == Some(1) && output.contains("entry 2 was changed"), "{output}");
}

/// An entry as who, what, to what; and the fingerprints before and after.
fn told(entry: &Json) -> ([String; 4], [Option<String>; 2]) {
    let words = ["actor", "origin", "action", "object"].map(|key| entry[key].as_str().unwrap().to_owned());
    let print = |key: &str| entry[key]["fingerprint"].as_str().map(str::to_owned);
    (words, [print("before"), print("after")])
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_told_by_fingerprints() {
    let agent = Agent::start(&format!("master_key = \"{}\"", master_key())).await;
    furnish(agent.syncapp());
    let masking = copying("").replace("write: merge", "columns: { text: { mask: hash } }");
    agent.push("shop", &masking, None).await.done();
    let run = agent.run("shop", "copy").await;
    assert_eq!(agent.over(&run).await["state"], "done");
    for (name, value) in [
        ("pw", "canary-one"),
        ("pw", "canary-two"),
        ("pw", "canary-one"),
        ("other", "canary-one"),
    ] {
        let body = json!({ "value": value });
        let path = format!("/projects/shop/secrets/{name}");
        agent.ask(Method::PUT, &path, Some(body)).await.done();
    }
    agent
        .ask(Method::DELETE, "/projects/shop/secrets/pw", None)
        .await
        .done();
    // Whoever has the agent's configuration and its store.
    agent.syncapp().file("value", "canary-one");
    let at = ["--project", "shop", "--config", "agent.toml"];
    let commands = [
        [&["secrets", "set", "pw", "--from-file", "value"][..], &at].concat(),
        [&["secrets", "delete", "pw"][..], &at].concat(),
        vec!["secrets", "rotate", "--config", "agent.toml"],
    ];
    for command in &commands {
        agent.syncapp().succeed(command).await;
    }

    let log = agent.get("/audit?limit=100").await.done();
    assert!(!log.to_string().contains("canary"), "{log:#}");
    let entries: Vec<&Json> = log["items"].as_array().unwrap().iter().rev().collect();
    let from = entries.iter().position(|entry| entry["action"] == "run.start").unwrap() + 1;
    let entries = &entries[from..];
    let ours = |action: &str, name: &str| {
        ["agent", "127.0.0.1", action, &format!("projects/shop/secrets/{name}")].map(str::to_owned)
    };
    let from_here = |words: [String; 4], origin: &str| {
        let [actor, _, action, object] = words;
        [actor, origin.to_owned(), action, object]
    };
    let prints: Vec<_> = entries.iter().map(|entry| told(entry).1).collect();
    let (one, two, elsewhere) = (&prints[1][1], &prints[2][1], &prints[4][1]);
    assert!(one.is_some() && two.is_some() && elsewhere.is_some(), "{prints:?}");
    // The same value is the same again, and shows nowhere else.
    assert!(one != two && one != elsewhere, "{prints:?}");
    let expected = [
        (
            from_here(ours("secret.set", "mask_key"), ""),
            [None, prints[0][1].clone()],
        ),
        (ours("secret.set", "pw"), [None, one.clone()]),
        (ours("secret.set", "pw"), [one.clone(), two.clone()]),
        (ours("secret.set", "pw"), [two.clone(), one.clone()]),
        (ours("secret.set", "other"), [None, elsewhere.clone()]),
        (ours("secret.delete", "pw"), [one.clone(), None]),
        (from_here(ours("secret.set", "pw"), "command line"), [None, one.clone()]),
        (
            from_here(ours("secret.delete", "pw"), "command line"),
            [one.clone(), None],
        ),
    ];
    let (last, secrets) = entries.split_last().unwrap();
    let secrets: Vec<_> = secrets.iter().map(|entry| told(entry)).collect();
    assert_eq!(secrets, expected);
    assert!(prints[0][1].is_some(), "a key that was made has a fingerprint");
    assert_eq!(
        (&last["action"], &last["actor"]),
        (&json!("vault.rotate"), &json!("agent"))
    );
    assert!(last["after"]["key"].is_string(), "{last:#}");
    assert_eq!(verify(&agent, &[]).await.0, Some(0));
}
