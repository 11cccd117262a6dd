//! Accounts in memory, without their log: what a cache is held to beside them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use syncapp_model::Result;

use crate::Clock;
use crate::access::{
    AccessStore, AccountChange, ApiToken, AuditEntry, AuditHead, AuditKey, By, Changed, Digest, Ground, Identity,
    NewEntry, Session, TokenId, User, UserId, Write, decide,
};

/// Users, tokens and sessions.
pub(in crate::testkit) struct People {
    clock: Arc<dyn Clock>,
    rows: Mutex<Rows>,
    looked: AtomicU64,
    meanwhile: Mutex<Option<BoxFuture<'static, ()>>>,
}

#[derive(Default)]
struct Rows {
    users: BTreeMap<UserId, User>,
    tokens: BTreeMap<Digest, ApiToken>,
    sessions: BTreeMap<Digest, Session>,
}

impl Rows {
    fn user(&self, so: impl Fn(&&User) -> bool) -> Option<User> {
        self.users.values().find(so).cloned()
    }

    fn token(&self, id: TokenId) -> Option<ApiToken> {
        self.tokens.values().find(|token| token.id == id).cloned()
    }

    fn write(&mut self, write: Write) {
        match write {
            Write::User(user) => drop(self.users.insert(user.id, user)),
            Write::Token(token, digest) => drop(self.tokens.insert(digest, token)),
            Write::NoToken(id) => self.tokens.retain(|_, token| token.id != id),
            Write::Session(new, expires_at) => {
                let user = new.user;
                self.sessions.insert(new.digest, Session { user, expires_at });
            }
            Write::NoSession(digest) => drop(self.sessions.remove(&digest)),
            Write::NoSessions(user) => self.sessions.retain(|_, session| session.user != user),
            Write::Invitation(..) | Write::NoInvitations => {}
        }
    }
}

impl People {
    /// Nobody yet.
    pub(in crate::testkit) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            rows: Mutex::default(),
            looked: AtomicU64::new(0),
            meanwhile: Mutex::new(None),
        }
    }

    /// How often it was asked who somebody is since it was asked this.
    pub(in crate::testkit) fn looked(&self) -> u64 {
        self.looked.swap(0, Ordering::SeqCst)
    }

    /// What happens while the next one who is looked up is on the way back.
    pub(in crate::testkit) fn meanwhile(&self, happens: BoxFuture<'static, ()>) {
        *lock(&self.meanwhile) = Some(happens);
    }

    /// What was read is on its way.
    async fn on_the_way<T>(&self, read: T) -> T {
        self.looked.fetch_add(1, Ordering::SeqCst);
        let happens = lock(&self.meanwhile).take();
        if let Some(happens) = happens {
            happens.await;
        }
        read
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl AccessStore for People {
    async fn change(&self, change: &AccountChange, by: &By, key: &AuditKey) -> Result<Changed> {
        let mut rows = lock(&self.rows);
        let ground = Ground {
            peopled: !rows.users.is_empty(),
            invited: false,
            user: change.user().and_then(|id| rows.users.get(&id).cloned()),
            named: rows.user(|user| Some(user.name.as_str()) == change.name()),
            identified: change
                .identity()
                .and_then(|identity| rows.user(|user| user.identity.as_ref() == Some(identity))),
            token: change.token().and_then(|id| rows.token(id)),
        };
        Ok(match decide(change, &ground, by, self.clock.wall()) {
            Ok(consequence) => {
                consequence.writes.into_iter().for_each(|write| rows.write(write));
                Changed::Done(key.append(None, 0, &consequence.entry, self.clock.wall()).1)
            }
            Err(changed) => changed,
        })
    }

    async fn audit(&self, entry: &NewEntry, key: &AuditKey) -> Result<AuditHead> {
        Ok(key.append(None, 0, entry, self.clock.wall()).1)
    }

    async fn user(&self, id: UserId) -> Result<Option<User>> {
        Ok(lock(&self.rows).users.get(&id).cloned())
    }

    async fn user_named(&self, name: &str) -> Result<Option<User>> {
        Ok(lock(&self.rows).user(|user| user.name == name))
    }

    async fn user_identified(&self, identity: &Identity) -> Result<Option<User>> {
        Ok(lock(&self.rows).user(|user| user.identity.as_ref() == Some(identity)))
    }

    async fn users(&self, _: Option<&str>, _: usize) -> Result<Vec<User>> {
        Ok(lock(&self.rows).users.values().cloned().collect())
    }

    async fn token(&self, digest: &Digest) -> Result<Option<(ApiToken, Option<User>)>> {
        let now = self.clock.wall();
        let read = {
            let rows = lock(&self.rows);
            let token = rows
                .tokens
                .get(digest)
                .filter(|token| token.expires_at.is_none_or(|end| now < end));
            token.map(|token| (token.clone(), token.owner.and_then(|id| rows.users.get(&id).cloned())))
        };
        Ok(self.on_the_way(read).await)
    }

    async fn token_of(&self, id: TokenId) -> Result<Option<ApiToken>> {
        Ok(lock(&self.rows).token(id))
    }

    async fn tokens(&self, _: Option<TokenId>, _: usize) -> Result<Vec<ApiToken>> {
        Ok(lock(&self.rows).tokens.values().cloned().collect())
    }

    async fn token_used(&self, _: TokenId, _: Duration) -> Result<()> {
        Ok(())
    }

    async fn session(&self, digest: &Digest, _: Duration) -> Result<Option<(Session, User)>> {
        let now = self.clock.wall();
        let read = {
            let rows = lock(&self.rows);
            let session = rows.sessions.get(digest).filter(|session| now < session.expires_at);
            let user = session.and_then(|session| rows.users.get(&session.user));
            let good = session.copied().zip(user.cloned());
            good.filter(|(_, user)| !user.disabled)
        };
        Ok(self.on_the_way(read).await)
    }

    async fn session_used(&self, _: &Digest, _: Duration) -> Result<()> {
        Ok(())
    }

    async fn entries(&self, _: u64, _: usize) -> Result<Vec<AuditEntry>> {
        Ok(Vec::new())
    }

    async fn newest_entries(&self, _: Option<u64>, _: usize) -> Result<Vec<AuditEntry>> {
        Ok(Vec::new())
    }

    async fn audit_head(&self) -> Result<Option<AuditHead>> {
        Ok(None)
    }
}
