//! How often somebody may try to sign in.
//!
//! A guess is counted before it is looked at, so that guesses at once are counted as well; a window ends by itself, and nothing
//! locks anybody out for longer. One who guesses at an account from one address does not lock its owner out at another: only what all
//! addresses together may is the account's.
//!
//! What cannot be guessed has no account to protect: an invitation, and what a provider gives. There only addresses are counted, so
//! that nobody uses the tries of others up; and of those who come back from a provider only whom it does not vouch for: a whole
//! office signs in from one address.
//!
//! An address is its [`site`].

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use syncapp_model::Result;

use super::digest::hex;
use super::{Digest, site};
use crate::{Allowance, Cache};

/// How often, and in what time.
const WINDOW: Duration = Duration::from_mins(15);
/// At one account from one address.
const ACCOUNT_AND_ADDRESS: u64 = 10;
/// From one address.
const ADDRESS: u64 = 50;
/// At one account.
const ACCOUNT: u64 = 100;

/// Counts in what all processes share, and in this process alone where that does not answer.
#[derive(Clone)]
pub struct LoginLimits {
    /// What all processes share.
    pub shared: Arc<dyn Cache>,
    /// This process's own.
    pub own: Arc<dyn Cache>,
}

impl LoginLimits {
    /// Counts a try at an account; after how long there may be another one, where this one is too many.
    pub async fn try_again_in(&self, account: &str, origin: &str) -> Result<Option<Duration>> {
        let account = hex(&Digest::of(account).0[..16]);
        let from = counted(origin);
        for (key, limit) in [
            (format!("login/address/{from}"), ADDRESS),
            (format!("login/both/{account}/{from}"), ACCOUNT_AND_ADDRESS),
            (format!("login/account/{account}"), ACCOUNT),
        ] {
            if let Some(wait) = too_many(self.count(&key, limit).await?) {
                return Ok(Some(wait));
            }
        }
        Ok(None)
    }

    /// The same of a try that is at no account.
    pub async fn show_again_in(&self, origin: &str) -> Result<Option<Duration>> {
        let key = format!("login/address/{}", counted(origin));
        Ok(too_many(self.count(&key, ADDRESS).await?))
    }

    /// After how long somebody may come back from a provider to this address, where too many were refused there.
    pub async fn come_back_in(&self, origin: &str) -> Result<Option<Duration>> {
        let from = counted(origin);
        let closed = closed(&from);
        let is_closed = match self.shared.get(&closed).await {
            Err(_) => self.own.get(&closed).await?,
            Ok(closed) => closed,
        };
        if is_closed.is_none() {
            return Ok(None);
        }
        Ok(too_many(self.count(&refused(&from), ADDRESS).await?))
    }

    /// Counts somebody who came back from a provider, and was refused.
    pub async fn was_refused(&self, origin: &str) -> Result<()> {
        let from = counted(origin);
        let allowance = self.count(&refused(&from), ADDRESS).await?;
        if allowance.remaining > 0 {
            return Ok(());
        }
        let (closed, life) = (closed(&from), allowance.resets_in);
        match self.shared.put(&closed, b"closed", life).await {
            Err(_) => self.own.put(&closed, b"closed", life).await,
            Ok(()) => Ok(()),
        }
    }

    async fn count(&self, key: &str, limit: u64) -> Result<Allowance> {
        match self.shared.count(key, limit, WINDOW).await {
            Err(_) => self.own.count(key, limit, WINDOW).await,
            counted => counted,
        }
    }
}

/// Who is counted for an origin: an address, or this process.
fn counted(origin: &str) -> String {
    match origin.parse::<IpAddr>() {
        Ok(address) => site(address).to_string(),
        Err(_) => origin.to_owned(),
    }
}

/// Where those are counted who came back from a provider, and were refused.
fn refused(from: &str) -> String {
    format!("login/refused/{from}")
}

/// What is kept while nobody may come back there.
fn closed(from: &str) -> String {
    format!("login/closed/{from}")
}

fn too_many(allowance: Allowance) -> Option<Duration> {
    (!allowance.allowed).then_some(allowance.resets_in)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Away;
    use crate::{Clock, MemoryCache};
    use async_trait::async_trait;
    use futures_util::FutureExt as _;
    use std::sync::Mutex;
    use std::time::SystemTime;

    #[derive(Default)]
    struct Time(Mutex<Duration>);

    #[async_trait]
    impl Clock for Time {
        fn wall(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH
        }

        fn monotonic(&self) -> Duration {
            *self.0.lock().unwrap()
        }

        async fn sleep(&self, _: Duration) {}
    }

    /// Limits with a server, and without.
    fn both(time: &Arc<Time>) -> [LoginLimits; 2] {
        let own = || Arc::new(MemoryCache::new(time.clone()));
        let shared: [Arc<dyn Cache>; 2] = [own(), Arc::new(Away)];
        shared.map(|shared| LoginLimits { shared, own: own() })
    }

    fn now<T>(asked: impl Future<Output = Result<T>>) -> T {
        asked.now_or_never().unwrap().unwrap()
    }

    #[test]
    fn tries_are_counted_also_without_a_server_and_windows_end() {
        let time = Arc::new(Time::default());
        for limits in both(&time) {
            let tries = |account: &str, address: &str| now(limits.try_again_in(account, address));
            for _ in 0..ACCOUNT_AND_ADDRESS {
                assert_eq!(tries("ada", "192.0.2.1"), None);
            }
            assert_eq!(tries("ada", "192.0.2.1"), Some(WINDOW));
            assert_eq!(tries("bob", "192.0.2.1"), None, "another account");
            assert_eq!(tries("ada", "192.0.2.2"), None, "from elsewhere");
            let elsewhere = (0..1000)
                .take_while(|number| tries("ada", &format!("198.51.100.{number}")).is_none())
                .count();
            assert!((80..100).contains(&elsewhere), "{elsewhere}");
            let names = (0..1000)
                .take_while(|number| tries(&format!("user {number}"), "192.0.2.9").is_none())
                .count();
            assert_eq!(names as u64, ADDRESS);
            *time.0.lock().unwrap() += WINDOW;
            assert_eq!(tries("ada", "192.0.2.1"), None, "nobody is locked out for longer");
        }
    }

    #[test]
    fn a_host_of_ipv6_has_one_address() {
        let time = Arc::new(Time::default());
        for limits in both(&time) {
            let host = |number: u64| format!("2001:db8:1:2::{number:x}");
            let allowed = |asked: &dyn Fn(&str) -> Option<Duration>| {
                let tries = 1..1000;
                tries.take_while(|number| asked(&host(*number)).is_none()).count() as u64
            };
            let tries = |origin: &str| now(limits.try_again_in("ada", origin));
            assert_eq!(allowed(&tries), ACCOUNT_AND_ADDRESS);
            assert_eq!(tries("2001:db8:1:3::1"), None, "another network");
            let shows = |origin: &str| now(limits.show_again_in(origin));
            assert!(allowed(&shows) < ADDRESS, "the tries before are counted as well");
            let comes = |origin: &str| {
                let wait = now(limits.come_back_in(origin));
                now(limits.was_refused(origin));
                wait
            };
            assert_eq!(allowed(&comes), ADDRESS);
        }
    }

    #[test]
    fn only_who_is_refused_is_counted_behind_a_provider_and_only_there() {
        let time = Arc::new(Time::default());
        for limits in both(&time) {
            let comes = |origin: &str| now(limits.come_back_in(origin));
            for _ in 0..1000 {
                assert_eq!(comes("192.0.2.1"), None, "nobody was refused");
            }
            for number in 0..1000 {
                now(limits.was_refused(&format!("198.51.100.{}", number % 200)));
            }
            for _ in 0..ADDRESS {
                assert_eq!(comes("192.0.2.1"), None);
                now(limits.was_refused("192.0.2.1"));
            }
            assert_eq!(comes("192.0.2.1"), Some(WINDOW));
            assert_eq!(comes("192.0.2.2"), None, "elsewhere");
            assert_eq!(
                now(limits.try_again_in("ada", "192.0.2.1")),
                None,
                "a password is no provider"
            );
            *time.0.lock().unwrap() += WINDOW;
            assert_eq!(comes("192.0.2.1"), None, "nobody is kept out for longer");
        }
    }
}
