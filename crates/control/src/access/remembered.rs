//! Who was recognised a moment ago, in the cache: of many requests one asks the store.
//!
//! Invariants:
//! - An entry is good in the *era* in which it was looked up, and in no other. Whatever takes something away begins a new era before it
//!   is answered; where the cache cannot be told of one, it is answered when all entries are over. The era is read before the store is,
//!   so that whoever looks while something changes keeps nothing of before.
//! - An entry is sealed by a key that the cache does not hold, with its place, its era and its end: what was forged, moved, put back
//!   later or kept by another fleet is not there.
//! - Nothing that somebody could show is in it: its place is the digest of that.
//! - A cache that is away, or has forgotten, means the store is asked.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::future::join;
use serde::{Deserialize, Serialize};
use syncapp_model::Result;

use super::digest::hex;
use super::{Caller, Digest, SealingKey};
use crate::{Cache, Clock};

/// How long an entry is good at most.
pub(super) const LIFE: Duration = Duration::from_secs(5);
/// How long an era is known: whoever finds none begins one.
const ERA: Duration = Duration::from_hours(24);
/// Where the era is.
const ERA_PLACE: &str = "known/era";

/// Remembers who was recognised, with all agents that change accounts of the same store.
#[derive(Clone)]
pub struct Remembered {
    /// What they share.
    pub cache: Arc<dyn Cache>,
    /// This process's time.
    pub clock: Arc<dyn Clock>,
}

/// A stretch of time in which nothing was taken from anybody. A number by chance, so that none comes twice.
pub(super) type Era = [u8; 32];

/// Where somebody is remembered, and what seals what is there.
pub(super) struct Place {
    at: String,
    key: SealingKey,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    caller: Caller,
    /// Milliseconds since 1970.
    until: u64,
}

impl Place {
    /// For what somebody shows, which is of this kind.
    pub(super) fn of(kind: &str, digest: &Digest, key: SealingKey) -> Self {
        let at = format!("known/{kind}/{}", hex(&digest.0));
        Self { at, key }
    }

    fn seal(&self, era: &Era, entry: &[u8]) -> Vec<u8> {
        let seal = self.key.mac(&self.parts(era, entry));
        [&seal[..], entry].concat()
    }

    fn open<'a>(&self, era: &Era, sealed: &'a [u8]) -> Option<&'a [u8]> {
        let (seal, entry) = sealed.split_first_chunk()?;
        self.key.fits(seal, &self.parts(era, entry)).then_some(entry)
    }

    /// An era, a place and an entry are never taken for others: a place ends before the first `{`.
    fn parts<'a>(&'a self, era: &'a Era, entry: &'a [u8]) -> [&'a [u8]; 3] {
        [era, self.at.as_bytes(), entry]
    }
}

impl Remembered {
    /// Who is remembered there; and the era, in which whoever is looked up after this may be kept.
    pub(super) async fn look(&self, place: &Place, draw: impl Fn() -> Era) -> (Option<Era>, Option<Caller>) {
        match join(self.era(draw), self.cache.get(&place.at)).await {
            (Ok(Some(era)), Ok(sealed)) => {
                let caller = sealed.and_then(|sealed| self.read(place.open(&era, &sealed)?));
                (Some(era), caller)
            }
            (Ok(None), Ok(_)) => (None, None),
            (Err(error), _) | (_, Err(error)) => {
                tracing::debug!(%error, "the cache does not say who was recognised, and the store is asked");
                (None, None)
            }
        }
    }

    async fn era(&self, draw: impl Fn() -> Era) -> Result<Option<Era>> {
        if let Some(era) = self.known_era().await? {
            return Ok(Some(era));
        }
        self.cache.put(ERA_PLACE, &draw(), ERA).await?;
        // Somebody else may have begun another one.
        self.known_era().await
    }

    async fn known_era(&self) -> Result<Option<Era>> {
        let era = self.cache.get(ERA_PLACE).await?;
        Ok(era.and_then(|era| era.try_into().ok()))
    }

    fn read(&self, entry: &[u8]) -> Option<Caller> {
        let Entry { caller, until } = serde_json::from_slice(entry).ok()?;
        (millis(self.clock.wall()) < until).then_some(caller)
    }

    /// Remembers somebody for so long, and not longer than until then.
    pub(super) async fn keep(
        &self,
        place: &Place,
        era: &Era,
        caller: &Caller,
        life: Duration,
        until: Option<SystemTime>,
    ) {
        let end = self.clock.wall() + life;
        let entry = Entry {
            caller: caller.clone(),
            until: millis(until.map_or(end, |until| until.min(end))),
        };
        // Names and roles always have a form.
        let entry = serde_json::to_vec(&entry).unwrap_or_default();
        if let Err(error) = self.cache.put(&place.at, &place.seal(era, &entry), life).await {
            tracing::debug!(%error, "who was recognised is not remembered");
        }
    }

    /// Something was taken away from somebody: nobody is remembered any more when this ends.
    pub(super) async fn begin(&self, era: Era) {
        if let Err(error) = self.cache.put(ERA_PLACE, &era, ERA).await {
            tracing::warn!(%error, "the cache cannot be told that an account has changed: what it holds is waited for to end");
            self.clock.sleep(LIFE).await;
        }
    }
}

fn millis(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64
}
