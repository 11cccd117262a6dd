//! Users of an agent.

use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use syncapp_model::{Code, Error, Result, Secret};
use uuid::Uuid;

use super::{Grant, Identity};

/// The fewest characters of a password.
const SHORTEST: usize = 12;
/// The longest password, in bytes.
const LONGEST: usize = 512;

/// A user's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UserId(pub Uuid);

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A user. It is never removed, so that its name means the same for as long as the audit log is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its number.
    pub id: UserId,
    /// What it signs in by: [`user_name`].
    pub name: String,
    /// What it may.
    pub grants: Vec<Grant>,
    /// Whether it may not sign in, and nothing of it is good any more.
    pub disabled: bool,
    /// Since when it is there.
    pub created_at: SystemTime,
    /// The hash of its password; none where a provider vouches for it.
    pub password: Option<Secret>,
    /// What the provider that vouches for it calls it.
    pub identity: Option<Identity>,
}

/// A user to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// Its number.
    pub id: UserId,
    /// What it signs in by: [`user_name`].
    pub name: String,
    /// What it may.
    pub grants: Vec<Grant>,
    /// The hash of its password; none where a provider vouches for it.
    pub password: Option<Secret>,
    /// What the provider that vouches for it calls it.
    pub identity: Option<Identity>,
}

/// The name as it is kept: small letters, so that two users are never told apart by case only.
pub fn user_name(text: &str) -> Result<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-+@".contains(c);
    if (1..=100).contains(&text.len()) && text.chars().all(fits) {
        return Ok(text.to_ascii_lowercase());
    }
    Err(Error::new(Code::InvalidValue, "this cannot be the name of a user")
        .help("give 1 to 100 of the letters a to z, digits, and `.`, `_`, `-`, `+`, `@`"))
}

/// Whether a password may be taken. It is not asked for signs of some kind; it has to be long, and not what everybody tries first.
pub fn password_fits(password: &Secret, name: &str) -> Result<()> {
    let text = password.reveal();
    let refused = |why: &str| {
        Err(Error::new(Code::InvalidValue, format!("the password {why}"))
            .help("give 12 characters or more: four words by chance are easy to keep in mind"))
    };
    if text.chars().count() < SHORTEST {
        return refused("is too short");
    }
    if text.len() > LONGEST {
        return refused("is too long");
    }
    let plain: String = text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    let first = plain.chars().next();
    let same = plain.chars().all(|c| Some(c) == first);
    let rest = [
        "password",
        "syncapp",
        "admin",
        "qwertyuiop",
        "1234567890",
        &name.to_lowercase(),
    ]
    .iter()
    .filter(|known| !known.is_empty())
    .fold(plain.clone(), |rest, known| rest.replace(*known, ""));
    if same || rest.chars().count() < 6 {
        return refused("could be guessed");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(user_name("Ada.L@example.org").unwrap(), "ada.l@example.org");
        for name in ["", "a b", "ä", "a/b", "a\n", &"x".repeat(101)] {
            assert!(user_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn passwords() {
        for (text, fits) in [
            ("correct horse battery", true),
            ("tausend süße Birnen", true),
            ("short", false),
            ("aaaaaaaaaaaaaaaa", false),
            ("Password1234567890", false),
            ("adalexample.org1", true),
        ] {
            assert_eq!(
                password_fits(&Secret::new(text), "ada.l@example.org").is_ok(),
                fits,
                "{text}"
            );
        }
        assert!(password_fits(&Secret::new("x y".repeat(200)), "a").is_err());
    }
}
