//! What `syncapp push` sends of secrets: nothing, unless it is asked to; and the key of masks.

use syncapp_tests::agent::{Agent, master_key};
use syncapp_tests::syncapp::Syncapp;

use super::secretive;
use crate::agent::{arrived, furnish};

#[tokio::test(flavor = "multi_thread")]
async fn a_push_sends_secrets_only_where_it_is_asked_to() {
    let agent = Agent::start(&format!("master_key = \"{}\"", master_key())).await;
    furnish(agent.syncapp());
    let mut user = Syncapp::default();
    user.set("SYNCAPP_MASTER_KEY", &master_key());
    user.set("SYNCAPP_TOKEN", &agent.token());
    user.set("SYNCAPP_SECRET_WHERE", "from.db");
    user.file("shop.yaml", &secretive("where"));
    let push = ["push", "shop.yaml", "--agent", agent.url()];
    let with = [&push[..], &["--with-secrets"]].concat();
    let refused = user.run(&push).await;
    assert_eq!(refused.code, Some(2), "{}", refused.output);
    assert!(refused.output.contains("config.unknown_secret"), "{}", refused.output);
    assert!(agent.all("/projects/shop/secrets", 10).await.is_empty());
    let pushed = user.succeed(&with).await;
    assert!(
        pushed.output.contains("sent the secret `where`: version 1 there"),
        "{}",
        pushed.output
    );
    assert!(!pushed.output.contains("from.db"), "{}", pushed.output);
    let run = agent.run("shop", "copy").await;
    assert_eq!(agent.over(&run).await["state"], "done");
    assert_eq!(arrived(agent.syncapp()), 2);
    // The vault of this machine goes before its environment; what has no value here stays what it is there.
    user.file("value", "nowhere/at-all.db");
    user.succeed(&["secrets", "set", "where", "--project", "shop", "--from-file", "value"])
        .await;
    user.succeed(&with).await;
    let run = agent.run("shop", "copy").await;
    assert_eq!(agent.over(&run).await["state"], "failed");
    let none = secretive("where").replace("path: to.db", "path: \"${TO:-secret://to}\"");
    user.file("shop.yaml", &none);
    super::set(&agent, "shop", "to", "to.db").await;
    let pushed = user.succeed(&with).await;
    assert!(
        pushed.output.contains("`to` has no value here, and was not sent"),
        "{}",
        pushed.output
    );
    let versions: Vec<u64> = agent
        .all("/projects/shop/secrets", 10)
        .await
        .iter()
        .map(|secret| secret["version"].as_u64().unwrap())
        .collect();
    assert_eq!(versions, [1, 3], "`to` once, `where` three times");
}

/// The key of a project's masks is made on first use and stays; another project has another one, and one that is sent is used.
#[tokio::test(flavor = "multi_thread")]
async fn masks_are_stable_in_a_project_and_unlike_in_others() {
    let mut agent = Agent::start(&format!("master_key = \"{}\"", master_key())).await;
    furnish(agent.syncapp());
    let file = |to: &str| {
        crate::agent::copying("")
            .replace("path: to.db", &format!("path: {to}.db"))
            .replace("write: merge", "columns: { text: { mask: hash } }")
    };
    let folder = agent.syncapp().folder();
    let hashes = |to: &str| -> Vec<String> {
        let to = rusqlite::Connection::open(folder.join(format!("{to}.db"))).unwrap();
        let mut texts = to.prepare("select text from t order by id").unwrap();
        let texts = texts.query_map([], |row| row.get(0)).unwrap();
        texts.collect::<Result<_, _>>().unwrap()
    };
    for project in ["one", "two"] {
        agent.push(project, &file(project), None).await.done();
        let run = agent.run(project, "copy").await;
        let over = agent.over(&run).await;
        assert_eq!(over["state"], "done", "{over:#}");
    }
    let (one, two) = (hashes("one"), hashes("two"));
    assert!(one.iter().chain(&two).all(|hash| hash.len() == 64), "{one:?} {two:?}");
    assert!(one[0] != two[0] && one[0] != one[1], "{one:?} {two:?}");
    let secrets = agent.all("/projects/one/secrets", 10).await;
    assert_eq!(
        (secrets.len(), &secrets[0]["name"]),
        (1, &serde_json::json!("mask_key"))
    );
    // A key that is sent is used: here and there hashes are the same.
    let mut user = Syncapp::default();
    user.set("SYNCAPP_TOKEN", &agent.token());
    user.set("SYNCAPP_SECRET_MASK_KEY", "canary-mask-key");
    for project in ["three", "four"] {
        user.file(&format!("{project}.yaml"), &file(project));
        let name = format!("{project}.yaml");
        let pushed = user
            .succeed(&["push", &name, "--agent", agent.url(), "--with-secrets"])
            .await;
        assert!(
            pushed.output.contains("sent the secret `mask_key`"),
            "{}",
            pushed.output
        );
        let run = agent.run(project, "copy").await;
        assert_eq!(agent.over(&run).await["state"], "done");
    }
    assert_eq!(hashes("three"), hashes("four"));
    assert_ne!(hashes("three"), one);
    agent.stop().await;
    agent.start_again().await;
    let run = agent.run("one", "copy").await;
    assert_eq!(agent.over(&run).await["state"], "done");
    assert_eq!(hashes("one"), one);
}
