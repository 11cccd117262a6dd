//! Callers that are remembered: two agents, each with a door of its own to the cache, over one store of accounts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use futures_util::FutureExt as _;
use syncapp_model::{Result, Secret};

use super::access::{by, new_user};
use super::away::Away;
use super::memory::People;
use super::{CachePlace, CacheRig};
use crate::access::{
    AccountChange, Accounts, AuditKey, Caller, Changed, Credentials, Digest, Entered, Grant, Identity, LoginLimits,
    NewUser, Permission, Remembered, Role, SessionPolicy, Shown, Target, TokenId, UserId, Who,
};
use crate::{Cache, Clock, MemoryCache};

/// An entry is good for this long, and no longer.
const LIFE: Duration = Duration::from_secs(5);

/// A clock that stands still unless somebody sleeps: milliseconds.
#[derive(Default)]
struct Still(AtomicU64);

#[async_trait]
impl Clock for Still {
    fn wall(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_hours(500_000) + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst))
    }

    async fn sleep(&self, time: Duration) {
        self.0.fetch_add(time.as_millis() as u64, Ordering::SeqCst);
    }
}

/// Numbers that do not come twice, and one password.
struct Counted(AtomicU64);

#[async_trait]
impl Credentials for Counted {
    fn draw(&self) -> [u8; 32] {
        Digest::of(&self.0.fetch_add(1, Ordering::SeqCst).to_string()).0
    }

    async fn hash(&self, _: &Secret) -> Result<Secret> {
        Ok(Secret::new("another hash"))
    }

    async fn matches(&self, _: &Secret, hash: Option<&Secret>) -> Result<bool> {
        Ok(hash.is_some())
    }
}

struct Scene {
    place: Box<dyn CachePlace>,
    clock: Arc<Still>,
    people: Arc<People>,
    chance: Arc<Counted>,
}

impl Scene {
    async fn new(rig: &dyn CacheRig) -> Self {
        let clock = Arc::new(Still::default());
        Self {
            place: rig.fresh().await,
            people: Arc::new(People::new(clock.clone())),
            clock,
            chance: Arc::new(Counted(AtomicU64::new(0))),
        }
    }

    /// Another agent.
    async fn agent(&self) -> Accounts {
        self.agent_with(self.place.cache().await)
    }

    fn agent_with(&self, cache: Arc<dyn Cache>) -> Accounts {
        let own: Arc<dyn Cache> = Arc::new(MemoryCache::new(self.clock.clone()));
        Accounts {
            store: self.people.clone(),
            credentials: self.chance.clone(),
            limits: LoginLimits {
                shared: own.clone(),
                own,
            },
            remembered: Some(Remembered {
                cache,
                clock: self.clock.clone(),
            }),
            key: AuditKey::of("the key of the suite"),
            agent: Digest::of("the agent's own"),
            sessions: SessionPolicy {
                idle: Duration::from_hours(1),
                life: Duration::from_hours(2),
            },
            sign_on: None,
        }
    }
}

async fn user(agent: &Accounts, name: &str) -> UserId {
    let user = NewUser {
        identity: Some(identity(name)),
        ..new_user(name)
    };
    let id = user.id;
    done(agent, AccountChange::AddUser(user)).await;
    id
}

fn identity(name: &str) -> Identity {
    Identity {
        issuer: "https://id.example".into(),
        subject: name.into(),
    }
}

async fn session(agent: &Accounts, name: &str) -> Shown {
    let entered = agent.enter(name, &Secret::new("any"), "192.0.2.1").await.unwrap();
    match entered {
        Entered::Session(secret) => Shown::Session(secret),
        other => panic!("{other:?}"),
    }
}

/// A token of this user's, and its number.
async fn token(agent: &Accounts, owner: UserId, life: Option<Duration>) -> (Shown, TokenId) {
    let caller = Caller::new(Who::User(owner, String::new()), vec![]);
    let by = by();
    let made = agent.add_token("ci", Grant::all(Role::Admin), life, &caller, &by);
    let (id, text, _) = made.await.unwrap();
    (Shown::Token(text), id)
}

async fn done(agent: &Accounts, change: AccountChange) {
    let changed = agent.change(&change, &by()).await.unwrap();
    assert!(matches!(changed, Changed::Done(_)), "{change:?}: {changed:?}");
}

/// Whether it is known, and may look at the agent.
async fn may(agent: &Accounts, shown: &Shown) -> Option<bool> {
    let caller = agent.recognise(shown).await.unwrap()?;
    Some(caller.may(Permission::View, Target::Agent))
}

fn digest(shown: &Shown) -> Digest {
    let (Shown::Session(secret) | Shown::Token(secret)) = shown;
    Digest::of(secret.reveal())
}

/// Of many requests at any agent one asks the store; the next one does when the entry is over, or somebody's time.
pub async fn who_was_recognised_is_not_looked_up_again(rig: &dyn CacheRig) {
    let scene = Scene::new(rig).await;
    let (one, other) = (scene.agent().await, scene.agent().await);
    let ada = user(&one, "ada").await;
    let signed_in = session(&one, "ada").await;
    let (program, _) = token(&one, ada, None).await;
    let (short, _) = token(&one, ada, Some(Duration::from_secs(1))).await;
    for (shown, looked) in [(&signed_in, 1), (&program, 1), (&short, 1)] {
        for agent in [&one, &other, &one, &other] {
            assert_eq!(may(agent, shown).await, Some(true));
        }
        assert_eq!(scene.people.looked(), looked);
    }
    let whole = one.recognise(&program).await.unwrap();
    assert_eq!(whole, other.recognise(&program).await.unwrap());
    scene.clock.sleep(Duration::from_secs(1)).await;
    assert_eq!(may(&other, &short).await, None, "its time is over");
    assert_eq!((may(&other, &program).await, scene.people.looked()), (Some(true), 1));
    scene.clock.sleep(LIFE).await;
    assert_eq!((may(&other, &program).await, scene.people.looked()), (Some(true), 1));
    // What shows a session is no token, and the other way round.
    let (Shown::Session(session), Shown::Token(token)) = (&signed_in, &program) else {
        unreachable!()
    };
    assert_eq!(may(&one, &Shown::Token(session.clone())).await, None);
    assert_eq!(may(&one, &Shown::Session(token.clone())).await, None);
}

/// Whatever is taken away at one agent is gone at the other with the next request.
pub async fn what_is_taken_away_is_gone_everywhere(rig: &dyn CacheRig) {
    let scene = Scene::new(rig).await;
    let (one, other) = (scene.agent().await, scene.agent().await);
    let ada = user(&one, "ada").await;
    let hash = Secret::new("another hash");
    let identified = NewUser {
        grants: vec![],
        identity: Some(identity("ada")),
        ..new_user("ada")
    };
    let grants = |grants| AccountChange::SetGrants { user: ada, grants };
    let disabled = |disabled| AccountChange::SetDisabled { user: ada, disabled };
    let all = || vec![Grant::all(Role::Viewer)];
    // What is done, what becomes of a session and of a token, and what makes it good again.
    for (change, of_session, of_token, undo) in [
        (disabled(true), None, None, Some(disabled(false))),
        (grants(vec![]), Some(false), Some(false), Some(grants(all()))),
        (
            AccountChange::Identify(identified),
            Some(false),
            Some(false),
            Some(grants(all())),
        ),
        (AccountChange::SetPassword { user: ada, hash }, None, Some(true), None),
    ] {
        let signed_in = session(&one, "ada").await;
        let (program, _) = token(&one, ada, None).await;
        for shown in [&signed_in, &program] {
            assert_eq!(
                (may(&one, shown).await, may(&other, shown).await),
                (Some(true), Some(true))
            );
        }
        done(&one, change.clone()).await;
        for agent in [&other, &one] {
            assert_eq!(may(agent, &signed_in).await, of_session, "{change:?}");
            assert_eq!(may(agent, &program).await, of_token, "{change:?}");
        }
        if let Some(undo) = undo {
            done(&other, undo).await;
            assert_eq!(may(&one, &program).await, Some(true));
        }
    }
    let signed_in = session(&one, "ada").await;
    let (program, id) = token(&one, ada, None).await;
    assert_eq!(
        (may(&other, &signed_in).await, may(&other, &program).await),
        (Some(true), Some(true))
    );
    done(&one, AccountChange::Close(digest(&signed_in))).await;
    assert_eq!(
        (may(&other, &signed_in).await, may(&other, &program).await),
        (None, Some(true))
    );
    done(&one, AccountChange::RevokeToken(id)).await;
    assert_eq!(may(&other, &program).await, None);
}

/// Whoever was looked up before something is taken away is not kept after it.
pub async fn whoever_looks_meanwhile_keeps_nothing_old(rig: &dyn CacheRig) {
    let scene = Scene::new(rig).await;
    let (one, other) = (scene.agent().await, scene.agent().await);
    let ada = user(&one, "ada").await;
    let (program, id) = token(&one, ada, None).await;
    scene.people.meanwhile(
        async move {
            done(&one, AccountChange::RevokeToken(id)).await;
        }
        .boxed(),
    );
    assert_eq!(
        may(&other, &program).await,
        Some(true),
        "it was good when it was looked up"
    );
    assert_eq!(may(&other, &program).await, None);
}

/// An agent that cannot tell the cache waits until nobody remembers; one that cannot ask it asks the store.
pub async fn a_cache_that_is_away_is_waited_for(rig: &dyn CacheRig) {
    let scene = Scene::new(rig).await;
    let (one, other) = (scene.agent().await, scene.agent_with(Arc::new(Away)));
    let ada = user(&one, "ada").await;
    let (program, id) = token(&one, ada, None).await;
    for agent in [&one, &other, &one, &other] {
        assert_eq!(may(agent, &program).await, Some(true));
    }
    assert_eq!(scene.people.looked(), 3);
    done(&other, AccountChange::RevokeToken(id)).await;
    assert_eq!((may(&one, &program).await, may(&other, &program).await), (None, None));
}

/// What lies in the cache is believed where it was put by an agent of this fleet, for this caller, in this era.
pub async fn what_was_forged_is_not_believed(rig: &dyn CacheRig) {
    let scene = Scene::new(rig).await;
    let (one, cache) = (scene.agent().await, scene.place.cache().await);
    let stranger = Accounts {
        key: AuditKey::of("the key of another fleet"),
        ..scene.agent().await
    };
    let (ada, eve) = (user(&one, "ada").await, user(&one, "eve").await);
    let ((ada, id), (eve, _)) = (token(&one, ada, None).await, token(&one, eve, None).await);
    let at = |shown: &Shown| {
        let digest = digest(shown).0.into_iter();
        digest.fold(String::from("known/token/"), |place, byte| format!("{place}{byte:02x}"))
    };
    let entry = async |shown: &Shown| cache.get(&at(shown)).await.unwrap().expect("it is remembered");
    for shown in [&ada, &eve] {
        assert_eq!(may(&one, shown).await, Some(true));
        let (kept, Shown::Session(secret) | Shown::Token(secret)) = (entry(shown).await, shown);
        let kept = String::from_utf8_lossy(&kept).into_owned();
        assert!(kept.contains("\"ci\"") && !kept.contains(secret.reveal()), "{kept}");
    }
    let mut changed = entry(&eve).await;
    let length = changed.len();
    changed[length - 2] ^= 1;
    scene.people.looked();
    for forged in [entry(&ada).await, changed, b"short".to_vec(), vec![0; 300]] {
        cache.put(&at(&eve), &forged, LIFE).await.unwrap();
        assert_eq!(
            one.recognise(&eve).await.unwrap().map(|caller| caller.grants().len()),
            Some(1)
        );
        assert_eq!(scene.people.looked(), 1);
    }
    assert_eq!((may(&stranger, &eve).await, scene.people.looked()), (Some(true), 1));
    // What was good once is put back: in another era, and, with its era, after its end.
    let (good, era) = (entry(&ada).await, cache.get("known/era").await.unwrap().unwrap());
    done(&one, AccountChange::RevokeToken(id)).await;
    cache.put(&at(&ada), &good, LIFE).await.unwrap();
    assert_eq!(may(&one, &ada).await, None);
    scene.clock.sleep(LIFE).await;
    cache.put(&at(&ada), &good, LIFE).await.unwrap();
    cache.put("known/era", &era, LIFE).await.unwrap();
    assert_eq!(may(&one, &ada).await, None);
}
