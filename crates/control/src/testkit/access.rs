//! Users, tokens and sessions.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::{join, join_all};
use syncapp_model::Secret;
use uuid::Uuid;

use super::scene::{LONG, MANY, SHORT};
use crate::access::{
    AccessStore, AccountChange, ApiToken, AuditKey, By, Changed, Digest, Grant, Identity, NewSession, NewToken,
    NewUser, Role, TokenId, UserId,
};

/// A kind of store of accounts under test.
#[async_trait]
pub trait AccessRig: Send + Sync {
    /// A place of its own, with nothing in it.
    async fn fresh(&self) -> Box<dyn AccessPlace>;
}

/// One place. It goes when this is dropped.
#[async_trait]
pub trait AccessPlace: Send + Sync {
    /// A door to it, as a process of its own would have it.
    async fn access(&self) -> Arc<dyn AccessStore>;

    /// Lets so much of the store's own time pass: at least that, and not much more.
    async fn pass(&self, time: Duration);

    /// Runs a statement behind the port's back, as somebody who forges the audit log would.
    async fn forge(&self, sql: &str);
}

pub(super) struct Scene {
    pub(super) place: Box<dyn AccessPlace>,
    pub(super) store: Arc<dyn AccessStore>,
    pub(super) key: AuditKey,
}

impl Scene {
    pub(super) async fn new(rig: &dyn AccessRig) -> Self {
        let place = rig.fresh().await;
        let store = place.access().await;
        Self {
            place,
            store,
            key: AuditKey::of("the key of the suite"),
        }
    }

    pub(super) async fn doors(&self) -> Vec<Arc<dyn AccessStore>> {
        join_all((0..MANY).map(|_| self.place.access())).await
    }

    async fn change(&self, change: &AccountChange) -> Changed {
        self.store.change(change, &by(), &self.key).await.unwrap()
    }

    async fn done(&self, change: &AccountChange) {
        let changed = self.change(change).await;
        assert!(matches!(changed, Changed::Done(_)), "{change:?}: {changed:?}");
    }

    /// A user of this name who may view.
    async fn user(&self, name: &str) -> UserId {
        let user = new_user(name);
        let id = user.id;
        self.done(&AccountChange::AddUser(user)).await;
        id
    }

    async fn session(&self, user: UserId, secret: &str, life: Duration) -> Digest {
        let session = NewSession {
            digest: Digest::of(secret),
            user,
            password: Some(Secret::new("a hash")),
            life,
        };
        self.done(&AccountChange::Open(session)).await;
        Digest::of(secret)
    }

    async fn is_open(&self, session: &Digest) -> bool {
        self.store.session(session, LONG).await.unwrap().is_some()
    }

    /// The actions that were told, the oldest first.
    pub(super) async fn told(&self) -> Vec<String> {
        let entries = self.store.entries(0, 1000).await.unwrap();
        entries.into_iter().map(|entry| entry.told.action).collect()
    }
}

pub(super) fn by() -> By {
    By {
        actor: "agent".into(),
        origin: "192.0.2.1".into(),
    }
}

pub(super) fn new_user(name: &str) -> NewUser {
    NewUser {
        id: UserId(Uuid::new_v4()),
        name: name.into(),
        grants: vec![Grant::all(Role::Viewer)],
        password: Some(Secret::new("a hash")),
        identity: None,
    }
}

fn new_token(text: &str, owner: Option<UserId>, life: Option<Duration>) -> NewToken {
    NewToken {
        id: TokenId(Uuid::new_v4()),
        digest: Digest::of(text),
        name: "ci".into(),
        grant: Grant::of(Role::Editor, "shop"),
        owner,
        life,
    }
}

/// Of many who show an invitation at once one makes the first user; afterwards no invitation is good, and none is given.
pub async fn of_many_first_admins_there_is_one(rig: &dyn AccessRig) {
    let scene = Scene::new(rig).await;
    for secret in ["one", "two"] {
        let digest = Digest::of(secret);
        scene.done(&AccountChange::Invite { digest, life: LONG }).await;
    }
    let begin = |secret: &str, name: String| AccountChange::Begin {
        digest: Digest::of(secret),
        user: new_user(&name),
    };
    assert_eq!(scene.change(&begin("three", "eve".into())).await, Changed::Refused);
    let doors = scene.doors().await;
    let begun = join_all(doors.iter().enumerate().map(|(number, door)| {
        let change = begin(["one", "two"][number % 2], format!("admin{number}"));
        let key = scene.key.clone();
        async move { door.change(&change, &by(), &key).await.unwrap() }
    }))
    .await;
    let done = |changed: &&Changed| matches!(changed, Changed::Done(_));
    assert_eq!(begun.iter().filter(done).count(), 1, "{begun:?}");
    assert_eq!(
        begun.iter().filter(|changed| **changed == Changed::Refused).count(),
        MANY - 1
    );
    assert_eq!(scene.store.users(None, 10).await.unwrap().len(), 1);
    let digest = Digest::of("four");
    let again = AccountChange::Invite { digest, life: LONG };
    assert_eq!(scene.change(&again).await, Changed::Same);
    assert_eq!(scene.change(&begin("two", "eve".into())).await, Changed::Refused);
    assert_eq!(scene.told().await, ["admin.invite", "admin.invite", "user.create"]);
}

/// An invitation is good for its time.
pub async fn an_invitation_ends(rig: &dyn AccessRig) {
    let scene = Scene::new(rig).await;
    let digest = Digest::of("one");
    scene.done(&AccountChange::Invite { digest, life: SHORT }).await;
    scene.place.pass(2 * SHORT).await;
    let user = new_user("ada");
    assert_eq!(
        scene.change(&AccountChange::Begin { digest, user }).await,
        Changed::Refused
    );
}

/// A user comes back as it was made and changed; of many of one name there is one.
pub async fn users_are_kept(rig: &dyn AccessRig) {
    let scene = Scene::new(rig).await;
    let doors = scene.doors().await;
    let key = &scene.key;
    let made = join_all(doors.iter().map(|door| async move {
        let change = AccountChange::AddUser(new_user("ada"));
        door.change(&change, &by(), key).await.unwrap()
    }))
    .await;
    assert_eq!(
        made.iter().filter(|made| **made == Changed::Taken).count(),
        MANY - 1,
        "{made:?}"
    );
    let ada = scene.store.user_named("ada").await.unwrap().unwrap();
    assert_eq!(ada.grants, [Grant::all(Role::Viewer)]);
    assert_eq!(
        (ada.disabled, ada.password.clone()),
        (false, Some(Secret::new("a hash")))
    );
    assert_eq!(scene.store.user(ada.id).await.unwrap(), Some(ada.clone()));
    let grants = vec![Grant::of(Role::Admin, "shop"), Grant::of(Role::Operator, "c \"r\" m")];
    let (user, hash) = (ada.id, Secret::new("another hash"));
    scene
        .done(&AccountChange::SetGrants {
            user,
            grants: grants.clone(),
        })
        .await;
    scene
        .done(&AccountChange::SetPassword {
            user,
            hash: hash.clone(),
        })
        .await;
    scene.done(&AccountChange::SetDisabled { user, disabled: true }).await;
    let changed = scene.store.user(user).await.unwrap().unwrap();
    assert_eq!((changed.grants, changed.disabled), (grants, true));
    assert_eq!((changed.password, changed.created_at), (Some(hash), ada.created_at));
    for name in ["bob", "a-b", "eve", "a.b"] {
        scene.user(name).await;
    }
    let names = async |after: Option<&str>, limit| {
        let users = scene.store.users(after, limit).await.unwrap();
        users.into_iter().map(|user| user.name).collect::<Vec<_>>()
    };
    assert_eq!(names(None, 3).await, ["a-b", "a.b", "ada"]);
    assert_eq!(names(Some("ada"), 3).await, ["bob", "eve"]);
    let nobody = UserId(Uuid::new_v4());
    let disable = AccountChange::SetDisabled {
        user: nobody,
        disabled: true,
    };
    assert_eq!(scene.change(&disable).await, Changed::Missing);
}

/// A user for whom a provider vouches is found by both names of it; of many who come for the first time at once there is one.
pub async fn a_provider_s_user_is_one(rig: &dyn AccessRig) {
    let scene = Scene::new(rig).await;
    scene.user("ada").await;
    let identity = |issuer: &str, subject: &str| Identity {
        issuer: issuer.into(),
        subject: subject.into(),
    };
    let vouched = |name: &str, identity: &Identity| {
        AccountChange::Identify(NewUser {
            password: None,
            identity: Some(identity.clone()),
            ..new_user(name)
        })
    };
    let here = identity("https://id.example", "17");
    assert_eq!(scene.change(&vouched("ada", &here)).await, Changed::Taken);
    let (doors, key) = (scene.doors().await, &scene.key);
    let come = join_all(doors.iter().enumerate().map(|(number, door)| {
        let change = vouched(&format!("ada{number}"), &here);
        async move { door.change(&change, &by(), key).await.unwrap() }
    }))
    .await;
    assert_eq!(
        come.iter().filter(|come| **come == Changed::Same).count(),
        MANY - 1,
        "{come:?}"
    );
    for other in [
        identity("https://id.example", "18"),
        identity("https://other.example", "17"),
    ] {
        assert_eq!(scene.store.user_identified(&other).await.unwrap(), None);
        scene.done(&vouched(&format!("other{}", other.subject), &other)).await;
    }
    let known = scene.store.user_identified(&here).await.unwrap().unwrap();
    assert_eq!((known.identity.as_ref(), known.password.as_ref()), (Some(&here), None));
    assert_eq!(scene.store.user(known.id).await.unwrap(), Some(known));
}

/// A session ends by itself, by its user, and with whatever its user is not any more.
pub async fn sessions_end(rig: &dyn AccessRig) {
    let scene = Scene::new(rig).await;
    let ada = scene.user("ada").await;
    let bob = scene.user("bob").await;
    let others = scene.session(bob, "bob's", LONG).await;
    let closed = scene.session(ada, "closed", LONG).await;
    scene.done(&AccountChange::Close(closed)).await;
    let ended = scene.session(ada, "ended", SHORT).await;
    let unused = scene.session(ada, "unused", LONG).await;
    scene.place.pass(2 * SHORT).await;
    assert!(!scene.is_open(&closed).await && !scene.is_open(&ended).await);
    assert!(scene.is_open(&unused).await);
    assert!(scene.store.session(&unused, SHORT).await.unwrap().is_none());
    scene.store.session_used(&unused, LONG).await.unwrap();
    assert!(
        scene.store.session(&unused, SHORT).await.unwrap().is_none(),
        "that was told a while ago"
    );
    scene.store.session_used(&unused, Duration::ZERO).await.unwrap();
    assert!(scene.store.session(&unused, LONG).await.unwrap().is_some());
    let (user, hash) = (ada, Secret::new("a newer hash"));
    scene
        .done(&AccountChange::SetPassword {
            user,
            hash: hash.clone(),
        })
        .await;
    assert!(!scene.is_open(&unused).await);
    let late = NewSession {
        digest: Digest::of("late"),
        user,
        password: Some(Secret::new("a hash")),
        life: LONG,
    };
    assert_eq!(
        scene.change(&AccountChange::Open(late.clone())).await,
        Changed::Refused,
        "the password is another one"
    );
    let newer = NewSession {
        password: Some(hash),
        ..late
    };
    scene.done(&AccountChange::Open(newer.clone())).await;
    assert!(scene.is_open(&newer.digest).await);
    scene.done(&AccountChange::SetDisabled { user, disabled: true }).await;
    assert!(!scene.is_open(&newer.digest).await);
    assert_eq!(scene.change(&AccountChange::Open(newer)).await, Changed::Refused);
    assert!(scene.is_open(&others).await);
}

/// Once somebody is disabled no session of theirs is good, however close the two were.
pub async fn no_session_passes_a_disabling(rig: &dyn AccessRig) {
    let scene = Scene::new(rig).await;
    let doors = scene.doors().await;
    let key = &scene.key;
    for round in 0..5 {
        let user = scene.user(&format!("user{round}")).await;
        let secrets: Vec<_> = (1..doors.len()).map(|door| format!("{round}/{door}")).collect();
        let opened = doors[1..].iter().zip(&secrets).map(|(door, secret)| {
            let open = AccountChange::Open(NewSession {
                digest: Digest::of(secret),
                user,
                password: Some(Secret::new("a hash")),
                life: LONG,
            });
            async move { door.change(&open, &by(), key).await.unwrap() }
        });
        let disable = AccountChange::SetDisabled { user, disabled: true };
        let (disabled, opened) = join(scene.change(&disable), join_all(opened)).await;
        assert!(matches!(disabled, Changed::Done(_)));
        for (secret, opened) in secrets.iter().zip(opened) {
            assert!(!scene.is_open(&Digest::of(secret)).await, "{opened:?}");
        }
    }
}

/// A token comes with its owner, ends by itself and by hand, and its last use is told at most once in a while.
pub async fn tokens_end(rig: &dyn AccessRig) {
    let scene = Scene::new(rig).await;
    let ada = scene.user("ada").await;
    let lasting = new_token("lasting", Some(ada), None);
    let short = new_token("short", None, Some(SHORT));
    for token in [&lasting, &short] {
        scene.done(&AccountChange::AddToken(token.clone())).await;
    }
    scene.place.pass(2 * SHORT).await;
    assert_eq!(scene.store.token(&short.digest).await.unwrap(), None);
    assert_eq!(scene.store.token(&Digest::of("other")).await.unwrap(), None);
    let (token, owner) = scene.store.token(&lasting.digest).await.unwrap().unwrap();
    let user = scene.store.user(ada).await.unwrap();
    assert_eq!(owner, user);
    let ApiToken {
        name,
        grant,
        expires_at,
        last_used_at,
        ..
    } = token.clone();
    assert_eq!((name, grant), ("ci".to_owned(), Grant::of(Role::Editor, "shop")));
    assert_eq!((expires_at, last_used_at), (None, None));
    let used = async || {
        scene.store.token_used(lasting.id, LONG).await.unwrap();
        scene.store.token_of(lasting.id).await.unwrap().unwrap().last_used_at
    };
    let first = used().await;
    assert!(first.is_some());
    assert_eq!(used().await, first, "that was told a while ago");
    let mut listed = [lasting.id, short.id];
    listed.sort();
    let page = async |after| {
        let tokens = scene.store.tokens(after, 1).await.unwrap();
        tokens.into_iter().map(|token| token.id).collect::<Vec<_>>()
    };
    assert_eq!(page(None).await, listed[..1]);
    assert_eq!(page(Some(listed[0])).await, listed[1..]);
    scene.done(&AccountChange::RevokeToken(lasting.id)).await;
    assert_eq!(scene.store.token(&lasting.digest).await.unwrap(), None);
    assert_eq!(
        scene.change(&AccountChange::RevokeToken(lasting.id)).await,
        Changed::Missing
    );
    scene
        .done(&AccountChange::SetDisabled {
            user: ada,
            disabled: true,
        })
        .await;
    let late = AccountChange::AddToken(new_token("late", Some(ada), None));
    assert_eq!(scene.change(&late).await, Changed::Refused);
}
