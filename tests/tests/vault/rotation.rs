//! A rotation that is killed again and again, while others read.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use syncapp_control::{KeyId, SecretId, Store, Vault as _};
use syncapp_model::Secret;
use syncapp_store::{PostgresStore, SqliteStore};
use syncapp_tests::agent::{Agent, master_key};
use syncapp_tests::server::postgres::Postgres;
use syncapp_tests::syncapp::Syncapp;
use syncapp_vault::{KeyPlace, Keys, MasterKey, SealedVault};

/// How many secrets there are.
const SECRETS: usize = 150;

/// How long the longest rotation may take to begin.
const PATIENCE: Duration = Duration::from_secs(30);

/// Two keys, an agent that has both, and what it keeps.
struct Scene {
    agent: Agent,
    store: Arc<dyn Store>,
    keys: [String; 2],
    /// The project's file: each secret is the path of a connection.
    file: String,
    values: BTreeMap<String, String>,
}

fn vault(store: &Arc<dyn Store>, keys: &[&String]) -> SealedVault {
    let places = keys.iter().map(|key| KeyPlace::Given(Secret::new(key.as_str())));
    let places = places.collect();
    let home = PathBuf::from("nowhere");
    SealedVault::new(store.clone(), Keys { places, home })
}

impl Scene {
    async fn new(syncapp: Syncapp, store: Arc<dyn Store>) -> Self {
        let keys = [master_key(), master_key()];
        let [first, second] = &keys;
        // The folder of what is rotated is the agent's: `home` is said by the environment.
        syncapp.file("forth.toml", &format!("master_key = [\"{second}\", \"{first}\"]"));
        syncapp.file("back.toml", &format!("master_key = [\"{first}\", \"{second}\"]"));
        let agent = Agent::started_with(syncapp, &format!("master_key = [\"{first}\", \"{second}\"]")).await;
        let mut file = String::from("version: 1\nconnections:\n");
        let mut values = BTreeMap::new();
        let before = vault(&store, &[first]);
        for number in 0..SECRETS {
            let (name, value) = (format!("s{number}"), format!("file-{number}.db"));
            let id = SecretId::new("shop", &name).unwrap();
            before.put(&id, &Secret::new(value.as_str())).await.unwrap();
            writeln!(file, "  c{number}: {{ connector: sqlite, path: \"secret://{name}\" }}").unwrap();
            values.insert(name, value);
        }
        file += "syncs:\n  copy:\n    source: c0\n    destination: c1\n    streams:\n      t:\n";
        Self {
            agent,
            store,
            keys,
            file,
            values,
        }
    }

    /// How many are not under a key.
    async fn left(&self, key: &str) -> usize {
        let key: KeyId = MasterKey::parse(key, "a test").unwrap().id().clone();
        self.store.not_under(&key, None, 2 * SECRETS).await.unwrap().len()
    }

    /// All of them open, and are what they were.
    async fn all_open(&self, keys: &[&String]) {
        let vault = vault(&self.store, keys);
        for (name, value) in &self.values {
            let id = SecretId::new("shop", name).unwrap();
            assert_eq!(vault.get(&id).await, Ok(Some(Secret::new(value.as_str()))), "{name}");
        }
    }

    /// Another process opens all of them, again and again; how often.
    async fn read_until(&self, stop: &AtomicBool, reads: &AtomicUsize) {
        while !stop.load(Ordering::Relaxed) {
            let body = json!({ "file": self.file, "expected_version": null });
            let answer = self
                .agent
                .ask(Method::PUT, "/projects/shop?dry_run=true", Some(body))
                .await;
            answer.done();
            reads.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Rotates forth and back, and kills it in the middle; returns how often it was in the middle.
    async fn kill(&self, kills: usize) -> usize {
        let mut within = 0;
        for kill in 0..kills {
            let (config, key) = [("forth.toml", &self.keys[1]), ("back.toml", &self.keys[0])][kill % 2];
            let before = self.left(key).await;
            let mut rotating = self.agent.syncapp().start(&["secrets", "rotate", "--config", config]);
            let begun = Instant::now();
            while self.left(key).await == before && rotating.ended().is_none() {
                assert!(
                    begun.elapsed() < PATIENCE,
                    "it does not begin: {}",
                    self.agent.syncapp().said()
                );
            }
            // Some rows further on, at another one each time.
            tokio::time::sleep(Duration::from_micros(300 * (kill as u64 % 13))).await;
            let killed = rotating.kill();
            let left = self.left(key).await;
            within += usize::from(killed && (1..SECRETS).contains(&left));
            self.all_open(&self.keys.each_ref()).await;
        }
        within
    }

    /// Kills it so often while another process reads; then it is done once more, and the key before is not needed any more.
    async fn survive(&self, kills: usize) {
        let (stop, reads) = (AtomicBool::new(false), AtomicUsize::new(0));
        let killing = async {
            let within = self.kill(kills).await;
            stop.store(true, Ordering::Relaxed);
            within
        };
        let (within, ()) = tokio::join!(killing, self.read_until(&stop, &reads));
        assert!(within * 2 >= kills, "only {within} of {kills} were in the middle");
        assert!(reads.load(Ordering::Relaxed) >= 10, "{reads:?}");
        let rotate = ["secrets", "rotate", "--config", "forth.toml", "--json"];
        let ended = self.agent.syncapp().succeed(&rotate).await;
        assert!(ended.output.contains("\"left\":[]"), "{}", ended.output);
        let [first, second] = &self.keys;
        assert_eq!((self.left(second).await, self.left(first).await), (0, SECRETS));
        self.all_open(&[second]).await;
        assert!(!ended.output.contains(first.as_str()) && !ended.output.contains(second.as_str()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_kills_of_a_rotation_lose_no_secret() {
    let syncapp = Syncapp::default();
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&syncapp.home()).unwrap());
    Scene::new(syncapp, store).await.survive(50).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_of_a_rotation_in_a_database_lose_no_secret() {
    let database = Postgres::shared().await.database().await;
    let mut syncapp = Syncapp::default();
    syncapp.set("SYNCAPP_DATABASE", &database.writer.url());
    syncapp.set("SYNCAPP_TOKEN", "b1f7c2f08c39d6b4a8e90d35f2c7e614");
    let store: Arc<dyn Store> = Arc::new(PostgresStore::open(&database.writer.url()).await.unwrap());
    Scene::new(syncapp, store).await.survive(15).await;
}

/// A secret that none of the keys opens is named, and keeps no other from being moved.
#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_open_is_named() {
    let mut user = Syncapp::default();
    let [lost, old, new] = [master_key(), master_key(), master_key()];
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&user.home()).unwrap());
    for (key, name) in [(&lost, "lost"), (&old, "kept")] {
        let id = SecretId::new("shop", name).unwrap();
        vault(&store, &[key]).put(&id, &Secret::new("canary")).await.unwrap();
    }
    user.set("SYNCAPP_MASTER_KEY", &format!("{new},{old}"));
    let ended = user.run(&["secrets", "rotate"]).await;
    assert_eq!(ended.code, Some(1), "{}", ended.output);
    for words in [
        "moved 1 to the master key",
        "vault.master_key_unknown",
        "`lost` of `shop`",
    ] {
        assert!(ended.output.contains(words), "{words}: {}", ended.output);
    }
    let id = SecretId::new("shop", "kept").unwrap();
    assert_eq!(vault(&store, &[&new]).get(&id).await, Ok(Some(Secret::new("canary"))));
    for key in [&lost, &old, &new] {
        assert!(!ended.output.contains(key.as_str()), "{}", ended.output);
    }
}
