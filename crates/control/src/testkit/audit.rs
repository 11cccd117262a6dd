//! The audit log: one chain, whoever writes, and whatever is done to it behind the store's back.

use futures_util::future::join_all;

use super::AccessRig;
use super::access::{Scene, by, new_user};
use super::scene::MANY;
use crate::access::{AccountChange, AuditHead, AuditKey, Fault, NewEntry, verify};

fn entry(object: &str) -> NewEntry {
    NewEntry {
        by: by(),
        action: "project.push".into(),
        object: object.into(),
        before: None,
        after: Some("{\"version\":1}".into()),
    }
}

/// What is wrong with the log, if anything is.
async fn fault_of(scene: &Scene) -> Option<Fault> {
    verify(scene.store.as_ref(), &scene.key, None).await.unwrap().err()
}

/// What many write at once is one chain, and what was told is what comes back.
pub async fn the_audit_log_is_one_chain(rig: &dyn AccessRig) {
    let scene = Scene::new(rig).await;
    assert_eq!(verify(scene.store.as_ref(), &scene.key, None).await.unwrap(), Ok(None));
    let doors = scene.doors().await;
    let key = &scene.key;
    join_all(doors.iter().enumerate().map(|(number, door)| async move {
        for round in 0..5 {
            let object = format!("project {number}.{round} \0 ü");
            door.audit(&entry(&object), key).await.unwrap();
            let change = AccountChange::AddUser(new_user(&format!("user{number}.{round}")));
            door.change(&change, &by(), key).await.unwrap();
        }
    }))
    .await;
    let written = 10 * MANY as u64;
    let head = verify(scene.store.as_ref(), key, None).await.unwrap().unwrap().unwrap();
    assert_eq!(head.number, written);
    let entries = scene.store.entries(0, 1000).await.unwrap();
    let numbers: Vec<u64> = entries.iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, (1..=written).collect::<Vec<_>>());
    let pushed = entries
        .iter()
        .find(|entry| entry.told.object == "project 0.0 \u{fffd} ü")
        .unwrap();
    assert_eq!((&pushed.told.by, pushed.told.before.as_deref()), (&by(), None));
    assert_eq!(pushed.told.after.as_deref(), Some("{\"version\":1}"));
    let newest = scene.store.newest_entries(None, 2).await.unwrap();
    assert_eq!(
        newest.iter().map(|entry| entry.number).collect::<Vec<_>>(),
        [written, written - 1]
    );
    assert_eq!(
        scene.store.newest_entries(Some(written), 1).await.unwrap()[0],
        newest[1]
    );
    let other = AuditKey::of("another key");
    assert_eq!(
        verify(scene.store.as_ref(), &other, None).await.unwrap(),
        Err(Fault::Unsealed)
    );
}

/// Whatever is done to the log behind the store's back shows.
pub async fn each_forgery_is_detected(rig: &dyn AccessRig) {
    let cut = "delete from audit_entry where number > 4; update audit_head set number = 4, \
         hash = (select hash from audit_entry where number = 4)";
    let swap = "update audit_entry set number = 100 where number = 2; update audit_entry set number = 2 where number = 3; \
         update audit_entry set number = 3 where number = 100";
    let add = "insert into audit_entry select number + 5, at, actor, origin, action, object, before, after, hash \
         from audit_entry where number = 2";
    for (sql, expected) in [
        (
            "update audit_entry set object = 'project x' where number = 3",
            Fault::Changed(3),
        ),
        (
            "update audit_entry set actor = 'user eve' where number = 6",
            Fault::Changed(6),
        ),
        (
            "update audit_entry set after = null where number = 1",
            Fault::Changed(1),
        ),
        ("delete from audit_entry where number = 3", Fault::Missing(3)),
        ("delete from audit_entry where number = 1", Fault::Missing(1)),
        (swap, Fault::Changed(2)),
        ("delete from audit_entry where number = 6", Fault::Missing(6)),
        (cut, Fault::Unsealed),
        (add, Fault::Beyond(7)),
        ("delete from audit_head", Fault::NoHead),
        ("delete from audit_entry", Fault::Missing(1)),
    ] {
        let scene = Scene::new(rig).await;
        for number in 1..=6 {
            scene
                .store
                .audit(&entry(&format!("project {number}")), &scene.key)
                .await
                .unwrap();
        }
        assert_eq!(fault_of(&scene).await, None);
        scene.place.forge(sql).await;
        assert_eq!(fault_of(&scene).await, Some(expected), "{sql}");
    }
}

/// A forgery is not made good by what is written after it; and a store that was put back as a whole does not hold what was exported.
pub async fn a_forgery_stays_detected(rig: &dyn AccessRig) {
    let scene = Scene::new(rig).await;
    let mut heads: Vec<AuditHead> = Vec::new();
    for number in 1..=4 {
        heads.push(
            scene
                .store
                .audit(&entry(&format!("project {number}")), &scene.key)
                .await
                .unwrap(),
        );
    }
    let seen = |head: &AuditHead| Some((head.number, head.hash));
    let verified = async |seen| verify(scene.store.as_ref(), &scene.key, seen).await.unwrap();
    for head in &heads {
        assert!(verified(seen(head)).await.is_ok());
    }
    assert_eq!(verified(Some((3, [0; 32]))).await, Err(Fault::Forgotten(3)));
    assert_eq!(verified(Some((9, [0; 32]))).await, Err(Fault::Forgotten(9)));
    let cut = "delete from audit_entry where number > 2; update audit_head set number = 2, \
         hash = (select hash from audit_entry where number = 2)";
    scene.place.forge(cut).await;
    scene.store.audit(&entry("project 5"), &scene.key).await.unwrap();
    assert_eq!(fault_of(&scene).await, Some(Fault::Broken(3)));
    assert_eq!(scene.told().await[2], NewEntry::BROKEN);
    // Without its head the log goes on as well, and shows that.
    scene.place.forge("delete from audit_head").await;
    scene.store.audit(&entry("project 6"), &scene.key).await.unwrap();
    assert_eq!(scene.told().await.len(), 6);
    assert_eq!(fault_of(&scene).await, Some(Fault::Changed(5)));
    scene
        .place
        .forge("delete from audit_entry; delete from audit_head")
        .await;
    assert_eq!(fault_of(&scene).await, None, "an empty log is a log");
    assert_eq!(verified(seen(&heads[3])).await, Err(Fault::Forgotten(4)));
}
