//! How often somebody may try to sign in.
//!
//! A guess is counted before it is looked at, so that guesses at once are counted as well; a window ends by itself, and nothing
//! locks anybody out for longer. One who guesses at an account from one address does not lock its owner out at another: only what all
//! addresses together may is the account's.

use std::sync::Arc;
use std::time::Duration;

use syncapp_model::Result;

use super::Digest;
use super::digest::hex;
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
    /// Counts a try; after how long there may be another one, where this one is too many.
    pub async fn try_again_in(&self, account: &str, address: &str) -> Result<Option<Duration>> {
        let account = hex(&Digest::of(account).0[..16]);
        for (key, limit) in [
            (format!("login/address/{address}"), ADDRESS),
            (format!("login/both/{account}/{address}"), ACCOUNT_AND_ADDRESS),
            (format!("login/account/{account}"), ACCOUNT),
        ] {
            let allowance = self.count(&key, limit).await?;
            if !allowance.allowed {
                return Ok(Some(allowance.resets_in));
            }
        }
        Ok(None)
    }

    async fn count(&self, key: &str, limit: u64) -> Result<Allowance> {
        match self.shared.count(key, limit, WINDOW).await {
            Err(_) => self.own.count(key, limit, WINDOW).await,
            counted => counted,
        }
    }
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

    #[test]
    fn tries_are_counted_also_without_a_server_and_windows_end() {
        let time = Arc::new(Time::default());
        let own = || Arc::new(MemoryCache::new(time.clone()));
        let (first, second): (Arc<dyn Cache>, Arc<dyn Cache>) = (own(), Arc::new(Away));
        for shared in [first, second] {
            let limits = LoginLimits { shared, own: own() };
            let tries =
                |account: &str, address: &str| limits.try_again_in(account, address).now_or_never().unwrap().unwrap();
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
}
