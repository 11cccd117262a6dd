//! Secrets by the agent's interface and by the command: set, listed, forgotten, and never answered.

use reqwest::Method;
use serde_json::{Value as Json, json};
use syncapp_tests::agent::{Agent, master_key};
use syncapp_tests::syncapp::Syncapp;

use super::{secretive, set};
use crate::agent::{arrived, furnish};

async fn start() -> Agent {
    Agent::start(&format!("master_key = \"{}\"", master_key())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_set_and_listed_and_forgotten() {
    let agent = start().await;
    assert_eq!(set(&agent, "shop", "db/password", "canary-1").await, 1);
    assert_eq!(set(&agent, "shop", "db/password", "canary-2").await, 2);
    for number in 0..5 {
        set(&agent, "shop", &format!("s{number}"), "canary-3").await;
    }
    set(&agent, "other", "elsewhere", "canary-4").await;
    let names = |items: &[Json]| -> Vec<String> {
        let names = items.iter().map(|item| item["name"].as_str().unwrap().to_owned());
        names.collect()
    };
    let all = agent.all("/projects/shop/secrets", 2).await;
    assert_eq!(names(&all), ["db/password", "s0", "s1", "s2", "s3", "s4"]);
    assert_eq!((&all[0]["version"], all[0].as_object().unwrap().len()), (&json!(2), 4));
    assert_eq!(agent.all("/projects/none/secrets", 2).await, Vec::<Json>::new());
    let path = "/projects/shop/secrets/db%2Fpassword";
    for method in [Method::GET, Method::POST, Method::PATCH] {
        let answer = agent.ask(method, path, None).await;
        assert_eq!(answer.status.as_u16(), 405, "nothing answers a value");
    }
    agent.ask(Method::DELETE, path, None).await.done();
    let again = agent.ask(Method::DELETE, path, None).await;
    assert_eq!((again.status.as_u16(), again.code()), (404, "config.unknown_name"));
    assert!(!agent.syncapp().said().contains("canary"), "{}", agent.syncapp().said());
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_requests_are_problems_without_what_was_sent() {
    let agent = start().await;
    let long = "canary".repeat(20_000);
    let name = "x".repeat(201);
    for (path, body, status) in [
        ("/projects/shop/secrets/x", json!({ "value": 17_171_717 }), 422),
        ("/projects/shop/secrets/x", json!({ "valeu": "canary" }), 422),
        ("/projects/shop/secrets/x", json!({ "value": "x", "canary": 1 }), 422),
        ("/projects/shop/secrets/x", json!("canary"), 422),
        ("/projects/shop/secrets/x", json!({ "value": "" }), 422),
        ("/projects/shop/secrets/x", json!({ "value": long }), 422),
        ("/projects/shop/secrets/x", json!({ "value": "x".repeat(9 << 20) }), 413),
        ("/projects/shop/secrets/a%20b", json!({ "value": "canary" }), 422),
        (
            "/projects/shop/secrets/a%2F%2E%2E%2Fb",
            json!({ "value": "canary" }),
            422,
        ),
        ("/projects/shop/secrets/%00", json!({ "value": "canary" }), 404),
        ("/projects/%00/secrets/x", json!({ "value": "canary" }), 404),
        ("/projects/shop/secrets/x/y", json!({ "value": "canary" }), 404),
        (
            &format!("/projects/shop/secrets/{name}"),
            json!({ "value": "canary" }),
            422,
        ),
        (
            &format!("/projects/{name}/secrets/x"),
            json!({ "value": "canary" }),
            422,
        ),
    ] {
        let answer = agent.ask(Method::PUT, path, Some(body)).await;
        let said = answer.body.to_string();
        assert_eq!(answer.status.as_u16(), status, "{path}: {said}");
        assert!(!said.contains("canary") && !said.contains("17171717"), "{path}: {said}");
    }
    for (path, status) in [
        ("/projects/%00/secrets", 404),
        ("/projects/shop/secrets?after=%00", 400),
        ("/projects/shop/secrets?limit=0", 422),
    ] {
        let answer = agent.get(path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {:#}", answer.body);
    }
    assert!(agent.all("/projects/shop/secrets", 10).await.is_empty());
}

/// The secrets of a project are its own, and a run uses the value of its time.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_uses_the_secrets_of_its_project() {
    let agent = start().await;
    furnish(agent.syncapp());
    let file = secretive("where");
    let refused = agent.push("shop", &file, None).await;
    let said = refused.body.to_string();
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (422, "config.unknown_secret"),
        "{said}"
    );
    assert!(
        said.contains("on the agent: keep it by `syncapp secrets set where --project shop`"),
        "{said}"
    );
    set(&agent, "other", "where", "from.db").await;
    assert_eq!(agent.push("shop", &file, None).await.code(), "config.unknown_secret");
    set(&agent, "shop", "where", "/etc/passwd").await;
    let outside = agent.push("shop", &file, None).await;
    assert_eq!(outside.code(), "config.invalid_value", "{:#}", outside.body);
    set(&agent, "shop", "where", "from.db").await;
    agent.push("shop", &file, None).await.done();
    let run = agent.run("shop", "copy").await;
    assert_eq!(agent.over(&run).await["state"], "done");
    assert_eq!(arrived(agent.syncapp()), 2);
    agent
        .ask(Method::DELETE, "/projects/shop/secrets/where", None)
        .await
        .done();
    let run = agent.run("shop", "copy").await;
    let over = agent.over(&run).await;
    assert_eq!(over["state"], "failed", "{over:#}");
    assert!(over.to_string().contains("config.unknown_secret"), "{over:#}");
}

/// The vault goes before the folder, and the folder before the environment.
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_reads_mounted_files() {
    let mut syncapp = Syncapp::default();
    syncapp.set("SYNCAPP_SECRET_WHERE", "nowhere/env.db");
    let folder = syncapp.folder().join("mounted");
    let settings = format!(
        "master_key = \"{}\"\nsecrets_dir = \"{}\"",
        master_key(),
        folder.display()
    );
    let agent = Agent::started_with(syncapp, &settings).await;
    furnish(agent.syncapp());
    let file = secretive("where");
    agent.push("shop", &file, None).await.done();
    let state = async || {
        let run = agent.run("shop", "copy").await;
        agent.over(&run).await["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state().await, "failed");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("where"), "from.db\n").unwrap();
    assert_eq!(state().await, "done");
    std::fs::write(folder.join("where"), "nowhere/file.db\n").unwrap();
    assert_eq!(state().await, "failed");
    set(&agent, "shop", "where", "from.db").await;
    assert_eq!(state().await, "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_asks_an_agent() {
    let agent = start().await;
    let syncapp = agent.syncapp();
    syncapp.file("value", "canary-value\n");
    let at = ["--project", "shop", "--agent", agent.url()];
    let config = ["--project", "shop", "--config", "agent.toml"];
    let set = [&["secrets", "set", "db/pw", "--from-file", "value"][..], &at].concat();
    assert!(syncapp.succeed(&set).await.output.contains("db/pw: version 1"));
    let set = [&["secrets", "set", "db/pw", "--from-file", "value"][..], &config].concat();
    assert!(syncapp.succeed(&set).await.output.contains("db/pw: version 2"));
    for place in [at, config] {
        let listed = syncapp
            .succeed(&[&["secrets", "list", "--json"][..], &place].concat())
            .await
            .output;
        let listed: Json = serde_json::from_str(&listed).unwrap();
        assert_eq!((&listed["name"], &listed["version"]), (&json!("db/pw"), &json!(2)));
    }
    let delete = [&["secrets", "delete", "db/pw"][..], &at].concat();
    assert!(syncapp.succeed(&delete).await.output.contains("db/pw: forgotten"));
    let again = syncapp.run(&delete).await;
    assert_eq!(again.code, Some(2), "{}", again.output);
    assert!(again.output.contains("there is no secret `db/pw`"), "{}", again.output);
}

/// Another master key than the one that a secret is under, and a row that was put in another one's place: each says what it is.
#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_open_says_why() {
    let mut agent = start().await;
    furnish(agent.syncapp());
    for (name, value) in [("where", "from.db"), ("other", "canary-other.db")] {
        set(&agent, "shop", name, value).await;
    }
    let file = secretive("where");
    agent.push("shop", &file, None).await.done();
    let run = async |agent: &Agent| {
        let run = agent.run("shop", "copy").await;
        let over = agent.over(&run).await;
        assert!(!over.to_string().contains("canary"), "{over:#}");
        over["streams"][0]["error"]["code"].as_str().map(str::to_owned)
    };
    assert_eq!(run(&agent).await, None);
    let store = rusqlite::Connection::open(agent.syncapp().home().join("syncapp.db")).unwrap();
    let swap = |parts: &[&str]| {
        let taken = parts
            .iter()
            .map(|part| format!("{part} = (select {part} from vault where name = 'other')"));
        let taken: Vec<String> = taken.collect();
        let sql = format!("update vault set {} where name = 'where'", taken.join(", "));
        assert_eq!(store.execute(&sql, []).unwrap(), 1);
    };
    for parts in [&["sealed"][..], &["sealed_key"], &["sealed", "sealed_key"]] {
        swap(parts);
        assert_eq!(run(&agent).await.as_deref(), Some("vault.secret_damaged"), "{parts:?}");
        assert_eq!(agent.push("shop", &file, Some(1)).await.code(), "vault.secret_damaged");
        set(&agent, "shop", "where", "from.db").await;
        assert_eq!(run(&agent).await, None);
    }
    store
        .execute("update vault set version = version + 1 where name = 'where'", [])
        .unwrap();
    assert_eq!(run(&agent).await.as_deref(), Some("vault.secret_damaged"));
    set(&agent, "shop", "where", "from.db").await;
    agent.stop().await;
    let settings = agent.syncapp().folder().join("agent.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let text = text
        .lines()
        .filter(|line| !line.starts_with("master_key"))
        .collect::<Vec<_>>()
        .join("\n");
    std::fs::write(&settings, format!("{text}\nmaster_key = \"{}\"\n", master_key())).unwrap();
    agent.start_again().await;
    assert_eq!(run(&agent).await.as_deref(), Some("vault.master_key_unknown"));
    let refused = agent
        .push("shop", &file.replace("write: merge", "write: append"), Some(1))
        .await;
    let said = refused.body.to_string();
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (422, "vault.master_key_unknown"),
        "{said}"
    );
    assert!(said.contains("`master_key` takes several"), "{said}");
    assert_eq!(
        agent.all("/projects/shop/secrets", 10).await.len(),
        2,
        "names need no key"
    );
    set(&agent, "shop", "where", "from.db").await;
    assert_eq!(run(&agent).await, None);
}
