//! What can be read where secrets are kept, and in what an agent says: none of them.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use syncapp_tests::agent::{Agent, master_key};
use syncapp_tests::server::postgres::Postgres;
use syncapp_tests::syncapp::Syncapp;

use super::{secretive, set};
use crate::agent::furnish;

/// What is no longer than this is not looked for: it would be found by chance.
const BEGIN: usize = 8;

/// Texts that must be nowhere, however they are written.
pub(crate) fn hits(bytes: &[u8], secrets: &[String]) -> Vec<String> {
    let spelled = |secret: &String| {
        let raw = STANDARD.decode(secret).unwrap_or_default();
        let forms = [
            secret.clone().into_bytes(),
            hex::encode(secret.as_bytes()).into_bytes(),
            STANDARD.encode(secret).trim_end_matches('=').into(),
            hex::encode(&raw).into_bytes(),
            raw,
        ];
        forms.into_iter().filter(|form| form.len() > BEGIN)
    };
    // All of them in one pass: what is searched is long, and they are many.
    let mut by_begin: HashMap<[u8; BEGIN], Vec<(&String, Vec<u8>)>> = HashMap::new();
    for secret in secrets {
        for form in spelled(secret) {
            let begin = *form.first_chunk().unwrap();
            by_begin.entry(begin).or_default().push((secret, form));
        }
    }
    let mut found = BTreeSet::new();
    for (at, begin) in bytes.windows(BEGIN).enumerate() {
        let forms = by_begin.get(begin).into_iter().flatten();
        let here = forms.filter(|(_, form)| bytes[at..].starts_with(form));
        found.extend(here.map(|(secret, _)| (*secret).clone()));
    }
    found.into_iter().collect()
}

#[test]
fn each_spelling_is_found_wherever_it_stands() {
    let [one, two] = ["canary-first-secret", "Y2FuYXJ5LXNlY29uZC1zZWNyZXQ="].map(String::from);
    let secrets = [one.clone(), two.clone()];
    let (hexed, encoded) = (hex::encode(&one), STANDARD.encode(&one));
    for (text, expected) in [
        ("", vec![]),
        ("canary-", vec![]),
        ("canary-first-secre_canary-second-secre_", vec![]),
        ("canary-first-secret", vec![&one]),
        ("canary-canary-first-secret", vec![&one]),
        (hexed.as_str(), vec![&one]),
        (encoded.as_str(), vec![&one]),
        ("x canary-second-secret", vec![&two]),
        ("Y2FuYXJ5LXNlY29uZC1zZWNyZXQ=, canary-first-secret", vec![&two, &one]),
    ] {
        let found = hits(text.as_bytes(), &secrets);
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{text}");
    }
}

/// All files below a folder.
pub(crate) fn files(folder: &Path, into: &mut Vec<u8>) -> usize {
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            count += files(&path, into);
        } else {
            into.extend(fs::read(&path).unwrap());
            count += 1;
        }
    }
    count
}

/// An agent that keeps secrets, uses them in a run, and fails to use some; what is secret of all that.
async fn use_secrets(agent: &mut Agent, key: &str) -> Vec<String> {
    furnish(agent.syncapp());
    // It is a path, and lies where an error would name it: in a folder that is not there.
    let canary = |number: u8| {
        format!(
            "canary-{number}-{}",
            STANDARD
                .encode(uuid::Uuid::new_v4().into_bytes())
                .replace(['/', '+', '='], "x")
        )
    };
    let secrets: Vec<String> = (0..4).map(canary).collect();
    for secret in &secrets {
        set(agent, "shop", "password", secret).await;
    }
    set(agent, "shop", "where", "from.db").await;
    let file = secretive("where").replace(
        "syncs:",
        "  db: { connector: postgres, host: 127.0.0.1, port: 1, user: u, database: d, password: \"secret://password\" }\nsyncs:\n  \
         broken: { source: db, destination: to, streams: { t: } }",
    );
    agent.push("shop", &file, None).await.done();
    for (sync, state) in [("copy", "done"), ("broken", "failed")] {
        let run = agent.run("shop", sync).await;
        // What may pass is tried again, for long.
        let run = agent
            .until(&run, |run| {
                run["streams"][0]["error"].is_object() || run["state"] == "done"
            })
            .await;
        assert!(run["state"] == "done" || state == "failed", "{run:#}");
        assert_eq!(hits(run.to_string().as_bytes(), &secrets), Vec::<String>::new());
    }
    assert_eq!(hits(agent.syncapp().said().as_bytes(), &secrets), Vec::<String>::new());
    secrets.into_iter().chain([key.to_owned()]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_shows_no_secret() {
    let mut syncapp = Syncapp::default();
    let key = master_key();
    syncapp.set("SYNCAPP_MASTER_KEY", &key);
    syncapp.set("SYNCAPP_LOG", "trace");
    let mut agent = Agent::started_with(syncapp, "").await;
    let secrets = use_secrets(&mut agent, &key).await;
    let mut bytes = Vec::new();
    // With the log of what was written last.
    assert!(files(&agent.syncapp().home(), &mut bytes) > 2);
    assert!(
        bytes.windows(8).any(|part| part == b"password"),
        "the secrets' names are there"
    );
    assert_eq!(hits(&bytes, &secrets), Vec::<String>::new());
    let ended = agent.stop().await;
    assert_eq!(hits(ended.output.as_bytes(), &secrets), Vec::<String>::new());
    let mut bytes = Vec::new();
    files(&agent.syncapp().home(), &mut bytes);
    assert_eq!(hits(&bytes, &secrets), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_of_a_database_shows_no_secret() {
    let database = Postgres::shared().await.database().await;
    let key = master_key();
    let mut syncapp = Syncapp::default();
    syncapp.set("SYNCAPP_MASTER_KEY", &key);
    syncapp.set("SYNCAPP_DATABASE", &database.writer.url());
    syncapp.set("SYNCAPP_TOKEN", "b1f7c2f08c39d6b4a8e90d35f2c7e614");
    syncapp.set("SYNCAPP_LOG", "debug");
    let mut agent = Agent::started_with(syncapp, "").await;
    let secrets = use_secrets(&mut agent, &key).await;
    let dump = Command::new("pg_dump").arg(database.owner.url()).output().unwrap();
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    assert!(String::from_utf8_lossy(&dump.stdout).contains("COPY landing.vault"));
    assert_eq!(hits(&dump.stdout, &secrets), Vec::<String>::new());
    let ended = agent.stop().await;
    assert!(ended.output.len() > 1000, "it says much: {}", ended.output);
    assert_eq!(hits(ended.output.as_bytes(), &secrets), Vec::<String>::new());
}
