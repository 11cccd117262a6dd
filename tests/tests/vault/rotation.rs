//! A rotation that is killed again and again, while others read and write.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
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

/// How many secrets there are: so many that a rotation of half of them takes far longer than it takes to see that it goes on.
const SECRETS: usize = 400;
/// How many of them another process opens each time it is asked.
const READ: usize = 150;
/// How many others are written all the while.
const WRITTEN: usize = 20;

/// How many times as many kills as are wanted there may be at most.
const TRIES: usize = 2;
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
    /// The number that each of the others was set to last.
    written: Mutex<BTreeMap<String, usize>>,
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
        let settings = format!("requests_per_minute = 0\nmaster_key = [\"{first}\", \"{second}\"]");
        let agent = Agent::started_with(syncapp, &settings).await;
        let mut file = String::from("version: 1\nconnections:\n");
        let mut values = BTreeMap::new();
        let before = vault(&store, &[first]);
        for number in 0..SECRETS {
            let (name, value) = (format!("s{number}"), format!("file-{number}.db"));
            let id = SecretId::new("shop", &name).unwrap();
            before.put(&id, &Secret::new(value.as_str()), "agent").await.unwrap();
            if number < READ {
                writeln!(file, "  c{number}: {{ connector: sqlite, path: \"secret://{name}\" }}").unwrap();
            }
            values.insert(name, value);
        }
        file += "syncs:\n  copy:\n    source: c0\n    destination: c1\n    streams:\n      t:\n";
        Self {
            agent,
            store,
            keys,
            file,
            values,
            written: Mutex::default(),
        }
    }

    /// How many are not under a key, without those that are written all the while.
    async fn left(&self, key: &str) -> usize {
        let key: KeyId = MasterKey::parse(key, "a test").unwrap().id().clone();
        let all = self.store.not_under(&key, None, 2 * (SECRETS + WRITTEN)).await.unwrap();
        all.iter().filter(|row| row.id.project == "shop").count()
    }

    /// All of them open, and are what they were; what is written all the while is not older than what was answered for.
    async fn all_open(&self, keys: &[&String]) {
        let vault = vault(&self.store, keys);
        for (name, value) in &self.values {
            let id = SecretId::new("shop", name).unwrap();
            assert_eq!(vault.get(&id).await, Ok(Some(Secret::new(value.as_str()))), "{name}");
        }
        for (name, least) in self.written() {
            let found = vault.get(&SecretId::new("written", &name).unwrap()).await.unwrap();
            let number: usize = found.unwrap().reveal().parse().unwrap();
            assert!(number >= least, "{name} was set to {least}, and is {number}");
        }
    }

    fn written(&self) -> BTreeMap<String, usize> {
        self.written.lock().unwrap().clone()
    }

    /// Another process gives others of them new values, one after another.
    async fn write_until(&self, stop: &AtomicBool) {
        for number in 0.. {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let name = format!("w{}", number % WRITTEN);
            super::set(&self.agent, "written", &name, &number.to_string()).await;
            self.written.lock().unwrap().insert(name, number);
        }
    }

    /// Another process opens many of them, again and again; how often.
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

    /// Rotates forth and back, and kills it, until it was so often in the middle.
    async fn kill(&self, kills: usize) {
        let ways = [("forth.toml", &self.keys[1]), ("back.toml", &self.keys[0])];
        let (mut within, mut way) = (0, 0);
        for number in 0..TRIES * kills {
            // What the kill before has left is less than half: it turns around.
            if self.left(ways[way].1).await < SECRETS / 2 {
                way = 1 - way;
            }
            let (config, key) = ways[way];
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
            tokio::time::sleep(Duration::from_micros(300 * (number as u64 % 13))).await;
            let killed = rotating.kill();
            // It had moved some, and some were left to it.
            within += usize::from(killed && (1..before).contains(&self.left(key).await));
            self.all_open(&self.keys.each_ref()).await;
            if within == kills {
                return;
            }
        }
        panic!("only {within} of {} kills were in the middle", TRIES * kills);
    }

    /// Kills it so often while another process reads and writes; then it is done once more, and the key before is not needed any
    /// more.
    async fn survive(&self, kills: usize) {
        let (stop, reads) = (AtomicBool::new(false), AtomicUsize::new(0));
        let killing = async {
            self.kill(kills).await;
            stop.store(true, Ordering::Relaxed);
        };
        tokio::join!(killing, self.read_until(&stop, &reads), self.write_until(&stop));
        assert!(reads.load(Ordering::Relaxed) >= 10, "{reads:?}");
        let last: usize = self.written().into_values().max().unwrap();
        assert!(last >= WRITTEN, "it has written {last} times only");
        let rotate = ["secrets", "rotate", "--config", "forth.toml", "--json"];
        let ended = self.agent.syncapp().succeed(&rotate).await;
        assert!(ended.output.contains("\"left\":[]"), "{}", ended.output);
        let [first, second] = &self.keys;
        assert_eq!((self.left(second).await, self.left(first).await), (0, SECRETS));
        self.all_open(&[second]).await;
        let vault = vault(&self.store, &[second]);
        for (name, number) in self.written() {
            let found = vault.get(&SecretId::new("written", &name).unwrap()).await;
            assert_eq!(found, Ok(Some(Secret::new(number.to_string()))), "{name}");
        }
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
        vault(&store, &[key])
            .put(&id, &Secret::new("canary"), "agent")
            .await
            .unwrap();
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
