use std::time::SystemTime;

use syncapp_control::testkit::MemoryStore;
use syncapp_control::{SealedSecret, SealedSecrets as _};

use super::*;
use crate::place::KeyPlace;

fn key() -> String {
    MasterKey::make().unwrap().text().to_string()
}

fn vault(store: &MemoryStore, keys: &[&str]) -> SealedVault {
    let places = keys.iter().map(|key| KeyPlace::Given(Secret::new(*key))).collect();
    let home = "nowhere".into();
    SealedVault::new(Arc::new(store.clone()), Keys { places, home })
}

fn id(name: &str) -> SecretId {
    SecretId::new("shop", name).unwrap()
}

fn store() -> MemoryStore {
    MemoryStore::new(SystemTime::now)
}

#[tokio::test]
async fn what_is_put_is_got() {
    let (store, key) = (store(), key());
    let vault = vault(&store, &[&key]);
    assert_eq!(vault.get(&id("a")).await, Ok(None));
    for (version, value) in [(1, "x"), (2, "y ü\n"), (3, &"z".repeat(MAX_SECRET))] {
        assert_eq!(vault.put(&id("a"), &Secret::new(value), "user ada").await, Ok(version));
        assert_eq!(vault.get(&id("a")).await, Ok(Some(Secret::new(value))));
    }
    for wrong in [String::new(), "z".repeat(MAX_SECRET + 1)] {
        assert_eq!(
            vault
                .put(&id("a"), &Secret::new(wrong), "user ada")
                .await
                .unwrap_err()
                .code(),
            Code::InvalidValue
        );
    }
    let elsewhere = SecretId::new("other", "a").unwrap();
    assert_eq!(vault.get(&elsewhere).await, Ok(None));
    let listed = vault.list("shop", None, 10).await.unwrap();
    assert_eq!((listed[0].version, listed[0].set_by.as_deref()), (3, Some("user ada")));
    assert_eq!(
        (vault.delete(&id("a")).await, vault.delete(&id("a")).await),
        (Ok(true), Ok(false))
    );
    assert_eq!(vault.get(&id("a")).await, Ok(None));
}

#[tokio::test]
async fn what_is_kept_first_stays() {
    let (store, key) = (store(), key());
    let vaults: Vec<_> = (0..8).map(|_| vault(&store, &[&key])).collect();
    let values: Vec<_> = (0..8).map(|number| Secret::new(format!("value {number}"))).collect();
    let secret = id("mask_key");
    let kept = vaults
        .iter()
        .zip(&values)
        .map(|(vault, value)| vault.keep(&secret, value));
    let kept: Vec<_> = futures_util::future::join_all(kept)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert!(kept.iter().all(|value| *value == kept[0]), "{kept:?}");
    assert_eq!(vaults[0].get(&id("mask_key")).await, Ok(Some(kept[0].clone())));
    let listed = vaults[0].list("shop", None, 10).await.unwrap();
    assert_eq!(listed[0].set_by, None, "nobody has given it");
}

#[tokio::test]
async fn of_many_puts_each_has_its_version() {
    let (store, key) = (store(), key());
    let vaults: Vec<_> = (0..20).map(|_| vault(&store, &[&key])).collect();
    let (secret, value) = (id("a"), Secret::new("x"));
    let puts = vaults.iter().map(|vault| vault.put(&secret, &value, "user ada"));
    let mut versions: Vec<_> = futures_util::future::join_all(puts)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=20).collect::<Vec<_>>());
}

#[tokio::test]
async fn another_key_says_which_one_is_wanted() {
    let (store, old, new) = (store(), key(), key());
    vault(&store, &[&old])
        .put(&id("a"), &Secret::new("canary-value"), "user ada")
        .await
        .unwrap();
    let error = vault(&store, &[&new]).get(&id("a")).await.unwrap_err();
    assert_eq!(error.code(), Code::MasterKeyUnknown);
    let said = format!("{error} {error:?}");
    let wanted = MasterKey::parse(&old, "").unwrap();
    assert!(
        said.contains(&wanted.id().0) && said.contains("`master_key` takes several"),
        "{said}"
    );
    for secret in [old.as_str(), new.as_str(), "canary-value"] {
        assert!(!said.contains(secret), "{said}");
    }
    assert!(vault(&store, &[]).get(&id("a")).await.is_err());
    assert_eq!(
        vault(&store, &[]).get(&id("b")).await,
        Ok(None),
        "no key is needed for nothing"
    );
}

#[tokio::test]
async fn a_rotation_moves_all_that_opens() {
    let (store, old, new, lost) = (store(), key(), key(), key());
    let before = vault(&store, &[&old]);
    for number in 0..250 {
        let value = Secret::new(format!("value {number}"));
        before
            .put(&id(&format!("s{number}")), &value, "user ada")
            .await
            .unwrap();
    }
    vault(&store, &[&lost])
        .put(&id("lost"), &Secret::new("x"), "user ada")
        .await
        .unwrap();
    let row = store.sealed(&id("s1")).await.unwrap().unwrap();
    let mut damaged = SealedSecret {
        sealed: row.sealed,
        data_key: row.data_key,
        set_by: row.set_by,
    };
    damaged.data_key.id = id("damaged");
    assert!(store.put_sealed(&damaged).await.unwrap());
    let both = vault(&store, &[&new, &old]);
    let rotated = both.rotate().await.unwrap();
    assert_eq!(rotated.moved, 250);
    let left: Vec<_> = rotated.left.iter().map(|(id, _)| id.name.as_str()).collect();
    assert_eq!(left, ["damaged", "lost"]);
    assert_eq!(both.rotate().await.unwrap().moved, 0, "it is done");
    let after = vault(&store, &[&new]);
    for number in 0..250 {
        let value = after.get(&id(&format!("s{number}"))).await.unwrap();
        assert_eq!(value, Some(Secret::new(format!("value {number}"))));
    }
    assert_eq!(before.get(&id("s1")).await.unwrap_err().code(), Code::MasterKeyUnknown);
}

/// Those who still have the key before first put all the time, and nothing is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_goes_on_beside_puts() {
    let (store, old, new) = (store(), key(), key());
    let (before, both) = (vault(&store, &[&old, &new]), vault(&store, &[&new, &old]));
    let names: Vec<_> = (0..50).map(|number| id(&format!("s{number}"))).collect();
    for name in &names {
        before.put(name, &Secret::new("1"), "user ada").await.unwrap();
    }
    let puts = async {
        for (number, name) in names.iter().enumerate() {
            before
                .put(name, &Secret::new(format!("new {number}")), "user ada")
                .await
                .unwrap();
            tokio::task::yield_now().await;
        }
    };
    let rotations = async {
        for _ in 0..10 {
            both.rotate().await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(puts, rotations);
    both.rotate().await.unwrap();
    let after = vault(&store, &[&new]);
    for (number, name) in names.iter().enumerate() {
        assert_eq!(after.get(name).await, Ok(Some(Secret::new(format!("new {number}")))));
    }
}
