//! Use cases: who a caller is.

use std::time::{Duration, SystemTime};

use syncapp_model::{Result, Secret};

use super::digest::hex;
use super::remembered::{LIFE, Place};
use super::{Accounts, Caller, Digest, TOKEN_PREFIX, Who};

/// How exactly the last use of a token or session is known.
const FRESH: Duration = Duration::from_mins(1);

/// What a caller shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// The agent's own token, or an API token.
    Token(Secret),
    /// What a browser keeps of a session.
    Session(Secret),
}

/// Somebody, and until when that is so at most.
type Found = (Caller, Option<SystemTime>);

impl Accounts {
    /// Who shows this; `None` where it is good for nothing (any more).
    pub async fn recognise(&self, shown: &Shown) -> Result<Option<Caller>> {
        let (kind, secret) = match shown {
            Shown::Token(secret) => ("token", secret),
            Shown::Session(secret) => ("session", secret),
        };
        // Digests of secrets that cannot be guessed: how long comparing them takes tells nothing that could be used.
        let digest = Digest::of(secret.reveal());
        if matches!(shown, Shown::Token(_)) {
            if digest == self.agent {
                return Ok(Some(Caller::agent()));
            }
            if !secret.reveal().starts_with(TOKEN_PREFIX) {
                return Ok(None);
            }
        }
        let place = Place::of(kind, &digest, self.key.for_callers());
        let caller = self.remembered_or_found(shown, &digest, &place).await?;
        if let Some(caller) = &caller {
            self.used(caller, &digest).await?;
        }
        Ok(caller)
    }

    async fn remembered_or_found(&self, shown: &Shown, digest: &Digest, place: &Place) -> Result<Option<Caller>> {
        let Some(remembered) = &self.remembered else {
            return Ok(self.found(shown, digest).await?.map(|(caller, _)| caller));
        };
        let (era, caller) = remembered.look(place, || self.credentials.draw()).await;
        if caller.is_some() {
            return Ok(caller);
        }
        let Some((caller, until)) = self.found(shown, digest).await? else {
            return Ok(None);
        };
        if let Some(era) = era {
            let life = LIFE.min(self.fresh());
            remembered.keep(place, &era, &caller, life, until).await;
        }
        Ok(Some(caller))
    }

    /// Who the store says it is.
    async fn found(&self, shown: &Shown, digest: &Digest) -> Result<Option<Found>> {
        if let Shown::Session(_) = shown {
            let session = self.store.session(digest, self.sessions.idle).await?;
            return Ok(session.map(|(session, user)| {
                let caller = Caller::new(Who::User(user.id, user.name), user.grants);
                (caller, Some(session.expires_at))
            }));
        }
        let Some((token, owner)) = self.store.token(digest).await? else {
            return Ok(None);
        };
        let grants = match (token.owner, owner) {
            (None, _) => vec![token.grant.clone()],
            (Some(_), Some(owner)) if !owner.disabled => owner.grants,
            (Some(_), _) => return Ok(None),
        };
        let caller = Caller::new(Who::Token(token.id, token.name), grants);
        Ok(Some((caller.within(token.grant), token.expires_at)))
    }

    /// Writes down that it was used, of many times in a while once.
    async fn used(&self, caller: &Caller, digest: &Digest) -> Result<()> {
        match caller.who {
            Who::Token(id, _) if self.first_in_a_while(&id.to_string()).await => self.store.token_used(id, FRESH).await,
            Who::User(..) => {
                let fresh = self.fresh();
                if fresh < FRESH || self.first_in_a_while(&hex(&digest.0)).await {
                    self.store.session_used(digest, fresh).await?;
                }
                Ok(())
            }
            Who::Token(..) | Who::Agent | Who::Local => Ok(()),
        }
    }

    /// How exactly the last use has to be known for sessions to end in their time.
    fn fresh(&self) -> Duration {
        FRESH.min(self.sessions.idle / 4)
    }

    /// Whether this process, of many calls in a minute, is the first: only that one writes.
    async fn first_in_a_while(&self, what: &str) -> bool {
        let counted = self.limits.own.count(&format!("used/{what}"), 1, FRESH).await;
        counted.is_ok_and(|counted| counted.allowed)
    }
}
