use std::process::Command;

use syncapp_store::SqliteStore;
use tempfile::TempDir;

use super::*;

/// Says that a test was started once more, in a session of its own.
const WITHIN: &str = "SYNCAPP_TEST_SESSION";
const CANARY: &str = "canary of a password";
const PASSPHRASE: &str = "correct horse battery staple";

/// Runs a test once more in a process whose session's bus is known: `true` within that process.
fn within(test: &str, bus: &[&str]) -> bool {
    if std::env::var_os(WITHIN).is_some() {
        return true;
    }
    let home = tempfile::tempdir().unwrap();
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new(bus[0]);
    command
        .args(&bus[1..])
        .arg(program)
        .args(["--exact", test, "--nocapture"])
        .env(WITHIN, "yes")
        .env("HOME", home.path())
        .env("XDG_DATA_HOME", home.path())
        .env("XDG_RUNTIME_DIR", home.path())
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/there/is/none");
    std::fs::create_dir_all(home.path().join("keyrings")).unwrap();
    let done = command.output().unwrap();
    let said = [done.stdout, done.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    assert!(
        done.status.success() && said[0].contains("1 passed"),
        "{}\n{}",
        said[0],
        said[1]
    );
    false
}

/// A session with a keyring that is open.
const KEYRING: [&str; 6] = [
    "dbus-run-session",
    "--",
    "sh",
    "-c",
    "printf 'test\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec \"$@\"",
    "sh",
];
/// One without.
const NONE: [&str; 1] = ["env"];

fn open(folder: &TempDir) -> Secrets {
    Secrets::new(folder.path(), Arc::new(SqliteStore::open(folder.path()).unwrap()))
}

fn id(project: &str, name: &str) -> SecretId {
    SecretId::new(project, name).unwrap()
}

/// No file of the folder has the canary in it.
fn has_no_canary(folder: &TempDir) {
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let is_there = bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
            assert!(!is_there, "{}", path.display());
        }
    }
}

#[tokio::test]
async fn the_keyring_has_them_and_nothing_else() {
    if !within("secrets::tests::the_keyring_has_them_and_nothing_else", &KEYRING) {
        return;
    }
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let secrets = open(&folder);
    assert_eq!(secrets.told().await.place, "keyring");
    let (password, token) = (id("shop", "db/password"), id("shop", "token"));
    assert_eq!(secrets.get(&password).await.unwrap(), None);
    assert_eq!(
        secrets
            .put(&password, &Secret::new("before"), "local user")
            .await
            .unwrap(),
        1
    );
    assert_eq!(
        secrets
            .put(&password, &Secret::new(CANARY), "local user")
            .await
            .unwrap(),
        2
    );
    assert_eq!(secrets.keep(&token, &Secret::new("one")).await.unwrap().reveal(), "one");
    assert_eq!(secrets.keep(&token, &Secret::new("two")).await.unwrap().reveal(), "one");
    has_no_canary(&folder);

    let later = open(&folder);
    assert_eq!(later.get(&password).await.unwrap().unwrap().reveal(), CANARY);
    let listed = later.list("shop", None, 10).await.unwrap();
    let names: Vec<(&str, u32)> = listed
        .iter()
        .map(|entry| (entry.name.as_str(), entry.version))
        .collect();
    assert_eq!(names, [("db/password", 2), ("token", 1)]);
    assert_eq!(later.list("shop", Some("db/password"), 10).await.unwrap().len(), 1);
    assert!(later.list("another", None, 10).await.unwrap().is_empty());

    // Another folder of the same user has secrets of its own.
    let apart = open(&other);
    assert_eq!(apart.get(&password).await.unwrap(), None);
    apart
        .put(&password, &Secret::new("another one"), "local user")
        .await
        .unwrap();
    assert_eq!(later.get(&password).await.unwrap().unwrap().reveal(), CANARY);

    assert!(later.delete(&password).await.unwrap());
    assert!(!later.delete(&password).await.unwrap());
    assert_eq!(later.get(&password).await.unwrap(), None);
    assert_eq!(
        later.unlock(Secret::new(PASSPHRASE)).await.unwrap_err().code(),
        Code::Conflict
    );
    assert!(later.put(&token, &Secret::new(""), "local user").await.is_err());
}

#[tokio::test]
async fn without_a_keyring_a_passphrase_is_asked_for() {
    if !within("secrets::tests::without_a_keyring_a_passphrase_is_asked_for", &NONE) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let password = id("shop", "password");
    let secrets = open(&folder);
    let told = secrets.told().await;
    assert_eq!(told.place, "none");
    assert!(told.reason.unwrap().contains("keyring"));
    let refused = secrets
        .put(&password, &Secret::new(CANARY), "local user")
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::KeyringFailed);
    assert!(refused.report().help.as_deref().unwrap().contains("passphrase"));

    assert!(secrets.unlock(Secret::new("short")).await.is_err());
    secrets.unlock(Secret::new(PASSPHRASE)).await.unwrap();
    assert_eq!(secrets.told().await.place, "file");
    secrets
        .put(&password, &Secret::new(CANARY), "local user")
        .await
        .unwrap();
    has_no_canary(&folder);

    let later = open(&folder);
    let told = later.told().await;
    assert_eq!(told.place, "none");
    assert!(
        told.reason.unwrap().contains("passphrase"),
        "it says that one was chosen"
    );
    assert_eq!(later.get(&password).await.unwrap_err().code(), Code::KeyringFailed);
    let wrong = later
        .unlock(Secret::new("correct horse battery stable"))
        .await
        .unwrap_err();
    assert_eq!(wrong.code(), Code::InvalidValue);
    assert!(!format!("{wrong:?}").contains("stable"));
    assert_eq!(later.told().await.place, "none");
    later.unlock(Secret::new(PASSPHRASE)).await.unwrap();
    assert_eq!(later.get(&password).await.unwrap().unwrap().reveal(), CANARY);
}

#[tokio::test]
async fn whoever_chose_a_passphrase_keeps_it() {
    if !within("secrets::tests::whoever_chose_a_passphrase_keeps_it", &KEYRING) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    passphrase::open(folder.path(), &Secret::new(PASSPHRASE)).unwrap();
    let secrets = open(&folder);
    assert_eq!(
        secrets.told().await.place,
        "none",
        "a keyring does not hide what is sealed"
    );
    secrets.unlock(Secret::new(PASSPHRASE)).await.unwrap();
    assert_eq!(secrets.told().await.place, "file");
}
