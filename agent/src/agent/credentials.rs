//! Passwords and chance: Argon2id apart from the asynchronous threads, a few at a time.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use async_trait::async_trait;
use syncapp_control::access::Credentials;
use syncapp_model::{Code, Error, ErrorKind, Result, Secret};
use tokio::sync::Semaphore;

use super::chance::drawn;

/// OWASP's choice for Argon2id: 19 MiB, two passes, one lane.
const MEMORY: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// How many passwords are looked at at once: each takes a core and [`MEMORY`].
const AT_ONCE: usize = 2;
/// How long somebody waits for that.
const PATIENCE: Duration = Duration::from_secs(10);

/// Argon2id, and the operating system's chance.
pub(super) struct Argon2Credentials {
    turns: Arc<Semaphore>,
    /// A hash of a password that nobody knows: what one is compared with where there is no user.
    nobody: Secret,
}

impl Argon2Credentials {
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            nobody: hash(&drawn::<32>())?,
        })
    }

    /// Runs `work` when its turn comes.
    async fn apart<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            return Err(Error::new(Code::TooManyRequests, "too many sign in at once")
                .kind(ErrorKind::Transient)
                .help("try again in a while"));
        };
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        let ended = |problem| Error::internal("a password was not looked at").driver(problem);
        done.await.map_err(ended)?
    }
}

#[async_trait]
impl Credentials for Argon2Credentials {
    fn draw(&self) -> [u8; 32] {
        drawn()
    }

    async fn hash(&self, password: &Secret) -> Result<Secret> {
        let password = password.clone();
        self.apart(move || hash(password.reveal().as_bytes())).await
    }

    async fn matches(&self, password: &Secret, known: Option<&Secret>) -> Result<bool> {
        let is_known = known.is_some();
        let (password, hash) = (password.clone(), known.unwrap_or(&self.nobody).clone());
        let matches = self.apart(move || {
            let parsed =
                PasswordHash::new(hash.reveal()).map_err(|_| Error::internal("a password's hash is damaged"))?;
            Ok(argon2()?.verify_password(password.reveal().as_bytes(), &parsed).is_ok())
        });
        Ok(matches.await? && is_known)
    }
}

fn argon2() -> Result<Argon2<'static>> {
    let params =
        Params::new(MEMORY, PASSES, LANES, None).map_err(|_| Error::internal("these are no numbers of Argon2"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &[u8]) -> Result<Secret> {
    let hash = argon2()?.hash_password_with_salt(password, &drawn::<16>());
    let hash = hash.map_err(|_| Error::internal("a password cannot be hashed"))?;
    Ok(Secret::new(hash.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_hashed_as_owasp_says_and_known_again() {
        let credentials = Argon2Credentials::new().unwrap();
        let password = Secret::new("correct horse battery");
        let hash = credentials.hash(&password).await.unwrap();
        assert!(
            hash.reveal().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{}",
            hash.reveal()
        );
        assert_ne!(credentials.hash(&password).await.unwrap(), hash);
        assert!(credentials.matches(&password, Some(&hash)).await.unwrap());
        assert!(!credentials.matches(&Secret::new("another"), Some(&hash)).await.unwrap());
        assert!(!credentials.matches(&password, None).await.unwrap());
        assert_ne!(credentials.draw(), credentials.draw());
    }
}
