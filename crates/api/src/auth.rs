//! The agent's own token: whoever shows it may everything.

use std::collections::BTreeSet;
use std::fmt;

use syncapp_control::access::Digest;
use syncapp_model::{Code, Error, Result, Secret};

/// The fewest characters of a token: 128 bits as hexadecimal digits.
const SHORTEST: usize = 32;
/// The fewest characters of a token that are not the same: by chance, of 32 hexadecimal digits, less than once in a billion.
const DISTINCT: usize = 7;
/// What a token by chance has not in it.
const WORDS: [&str; 6] = ["token", "secret", "password", "changeme", "example", "syncapp"];

/// What is kept of the token that a caller has to show: its hash.
#[derive(Clone)]
pub struct Token(Digest);

impl Token {
    /// Takes a token; one that could be guessed is refused.
    pub fn new(token: &Secret) -> Result<Self> {
        let token = token.reveal();
        let plain = token.to_ascii_lowercase();
        let distinct: BTreeSet<char> = plain.chars().collect();
        let guessed = distinct.len() < DISTINCT
            || plain.contains("0123456789abcdef")
            || WORDS.iter().any(|word| plain.contains(word));
        if token.len() < SHORTEST || token.chars().any(|c| !c.is_ascii_graphic()) || guessed {
            return Err(
                Error::new(Code::InvalidValue, "the agent's token could be guessed").help(format!(
                    "make it of {SHORTEST} or more letters and digits by chance, for instance by `openssl rand -hex 32`"
                )),
            );
        }
        Ok(Self(Digest::of(token)))
    }

    /// What is kept of it.
    pub fn digest(&self) -> Digest {
        self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_guessed_is_refused() {
        for (token, good) in [
            ("b1f7c2f08c39d6b4a8e90d35f2c7e614", true),
            ("b1f7c2f08c39d6b4a8e90d35f2c7e61", false),
            ("b1f7c2f08c39d6b4a8e90d35f2c7e61 ", false),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
            ("1212121212121212121212121212121212121212", false),
            ("0123456789abcdef0123456789abcdef", false),
            ("changeme-changeme-changeme-changeme", false),
            ("my-very-long-secret-of-the-agent-no-1", false),
        ] {
            assert_eq!(Token::new(&Secret::new(token)).is_ok(), good, "{token}");
        }
    }
}
