//! What is kept of secrets.

use futures_util::future::{join, join_all};

use super::StoreRig;
use super::scene::{MANY, Scene};
use crate::{KeyId, SealedKey, SealedSecret, SecretId};

fn id(project: &str, name: &str) -> SecretId {
    SecretId {
        project: project.into(),
        name: name.into(),
    }
}

fn key(name: &str) -> KeyId {
    KeyId(name.into())
}

/// A version under the key `old`. `mark` makes it another one than others are.
fn sealed(id: &SecretId, version: u32, mark: u8) -> SealedSecret {
    SealedSecret {
        data_key: SealedKey {
            id: id.clone(),
            version,
            key: key("old"),
            sealed: vec![mark, 0, 255],
        },
        // No text in any encoding.
        sealed: vec![0, mark, 0xff, 0xfe, b'\''],
        // Of every other version nobody knows who gave it.
        set_by: version.is_multiple_of(2).then(|| format!("user ü{mark}")),
    }
}

/// A version comes back as it was put, in the place of the one before; one that does not follow is refused.
pub async fn a_version_follows_the_one_before(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let (store, secret) = (&scene.store, id("shop", "db/pass-word.1_ü"));
    assert_eq!(store.sealed(&secret).await.unwrap(), None);
    assert!(
        !store.put_sealed(&sealed(&secret, 2, 0)).await.unwrap(),
        "there is no first"
    );
    for version in 1..=3 {
        let new = sealed(&secret, version, version as u8);
        assert!(store.put_sealed(&new).await.unwrap());
        assert!(
            !store.put_sealed(&sealed(&secret, version, 9)).await.unwrap(),
            "it is there"
        );
        assert_eq!(scene.place.store().await.sealed(&secret).await.unwrap(), Some(new));
    }
    assert!(!store.put_sealed(&sealed(&secret, 1, 9)).await.unwrap());
    assert!(!store.put_sealed(&sealed(&secret, 5, 9)).await.unwrap());
    for other in [
        id("other", &secret.name),
        id("shop", "db"),
        id("", "shop/db/pass-word.1_ü"),
    ] {
        assert_eq!(store.sealed(&other).await.unwrap(), None);
        assert!(!store.delete_sealed(&other).await.unwrap());
    }
    assert!(store.delete_sealed(&secret).await.unwrap());
    assert!(!store.delete_sealed(&secret).await.unwrap());
    assert_eq!(store.sealed(&secret).await.unwrap(), None);
    assert!(
        store.put_sealed(&sealed(&secret, 1, 7)).await.unwrap(),
        "it begins anew"
    );
}

/// Of many that put the same version at once one does, and its row is whole.
pub async fn of_many_versions_one_is_put(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let doors = scene.doors().await;
    let secret = id("shop", "password");
    for version in 1..=10 {
        let news: Vec<_> = (0..doors.len())
            .map(|mark| sealed(&secret, version, mark as u8))
            .collect();
        let puts = doors.iter().zip(&news).map(|(door, new)| door.put_sealed(new));
        let put: Vec<bool> = join_all(puts).await.into_iter().map(Result::unwrap).collect();
        let winner = put.iter().position(|put| *put).expect("one is put");
        assert_eq!(put.iter().filter(|put| **put).count(), 1, "version {version}");
        assert_eq!(scene.store.sealed(&secret).await.unwrap().as_ref(), Some(&news[winner]));
    }
}

/// Lists have a project's secrets in the order of their names, a page at a time.
pub async fn secrets_come_by_name(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let before = scene.second().await;
    for (project, name) in [
        ("shop", "b"),
        ("shop", "a/x"),
        ("shop", "C"),
        ("shopper", "a"),
        ("sho", "z"),
    ] {
        assert!(scene.store.put_sealed(&sealed(&id(project, name), 1, 1)).await.unwrap());
    }
    assert!(scene.store.put_sealed(&sealed(&id("shop", "b"), 2, 1)).await.unwrap());
    let (mut names, mut after) = (Vec::new(), None);
    while let Some(entry) = scene.store.secrets("shop", after.as_deref(), 1).await.unwrap().pop() {
        assert_eq!(
            (entry.version, &entry.key),
            (if entry.name == "b" { 2 } else { 1 }, &key("old"))
        );
        assert!(entry.set_at >= before && entry.set_at <= scene.store.now().await.unwrap());
        assert_eq!(entry.set_by.as_deref(), (entry.name == "b").then_some("user ü1"));
        names.push(entry.name.clone());
        after = Some(entry.name);
    }
    assert_eq!(names, ["C", "a/x", "b"]);
    assert_eq!(scene.store.secrets("shop", None, 10).await.unwrap().len(), 3);
    assert_eq!(scene.store.secrets("none", None, 10).await.unwrap(), []);
}

/// A data key that is sealed anew leaves the rest as it is; one that is there no more is not.
pub async fn a_data_key_is_sealed_anew(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let store = &scene.store;
    let names = [id("a", "y"), id("a", "z"), id("b", "x")];
    for secret in &names {
        assert!(store.put_sealed(&sealed(secret, 1, 1)).await.unwrap());
    }
    let (mut left, mut after) = (Vec::new(), None);
    while let Some(data_key) = store.not_under(&key("new"), after.as_ref(), 1).await.unwrap().pop() {
        after = Some(data_key.id.clone());
        left.push(data_key);
    }
    assert_eq!(
        left.iter().map(|data_key| &data_key.id).collect::<Vec<_>>(),
        names.iter().collect::<Vec<_>>()
    );
    let [first, second, third] = &left[..] else {
        unreachable!("there are three")
    };
    assert!(store.reseal(first, &key("new"), &[7; 72]).await.unwrap());
    let now = store.sealed(&first.id).await.unwrap().unwrap();
    let data_key = SealedKey {
        key: key("new"),
        sealed: vec![7; 72],
        ..first.clone()
    };
    assert_eq!((&now.data_key, now.sealed), (&data_key, sealed(&first.id, 1, 1).sealed));
    assert!(
        !store.reseal(first, &key("newer"), &[8]).await.unwrap(),
        "it was sealed anew before"
    );
    assert!(store.put_sealed(&sealed(&second.id, 2, 2)).await.unwrap());
    assert!(
        !store.reseal(second, &key("new"), &[8]).await.unwrap(),
        "it is of the version before"
    );
    store.delete_sealed(&third.id).await.unwrap();
    assert!(
        !store.reseal(third, &key("new"), &[8]).await.unwrap(),
        "it was forgotten"
    );
    let left = store.not_under(&key("new"), None, 10).await.unwrap();
    assert_eq!(left, [sealed(&second.id, 2, 2).data_key]);
    assert_eq!(store.not_under(&key("none"), None, 10).await.unwrap().len(), 2);
}

/// A put and many that seal the data key anew, at once: what is there is one of them, and whole.
pub async fn a_put_and_a_rotation_do_not_mix(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let doors = scene.doors().await;
    for round in 0..10 {
        let secret = id("shop", &format!("s{round}"));
        let first = sealed(&secret, 1, 1);
        assert!(scene.store.put_sealed(&first).await.unwrap());
        let second = sealed(&secret, 2, 2);
        let anew: Vec<[u8; 1]> = (0..MANY).map(|number| [number as u8]).collect();
        let new = key("new");
        let moves = doors[1..]
            .iter()
            .zip(&anew)
            .map(|(door, sealed)| door.reseal(&first.data_key, &new, sealed));
        let (put, moved) = join(doors[0].put_sealed(&second), join_all(moves)).await;
        assert!(put.unwrap());
        let moved = moved.into_iter().filter(|moved| *moved == Ok(true)).count();
        assert!(moved <= 1, "{moved}");
        assert_eq!(scene.store.sealed(&secret).await.unwrap(), Some(second));
    }
}
