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

/// Does a few things that are told.
async fn live(agent: &Agent) {
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
    live(&agent).await;
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
