//! Who may ask: whoever shows the agent's token.

use std::fmt;

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use syncapp_model::{Code, Error, Result, Secret};

use crate::Api;
use crate::problem::unauthenticated;

/// The fewest characters of a token: 128 bits as hexadecimal digits.
const SHORTEST: usize = 32;

/// What is kept of the token that a caller has to show: its hash.
#[derive(Clone)]
pub struct Token([u8; 32]);

impl Token {
    /// Takes a token; one that could be guessed is refused.
    pub fn new(token: &Secret) -> Result<Self> {
        let token = token.reveal();
        if token.len() < SHORTEST || token.chars().any(|c| !c.is_ascii_graphic()) {
            return Err(
                Error::new(Code::InvalidValue, "the agent's token could be guessed").help(format!(
                    "make it of {SHORTEST} or more letters and digits by chance, for instance by `openssl rand -hex 32`"
                )),
            );
        }
        Ok(Self(Sha256::digest(token).into()))
    }

    fn is(&self, shown: &str) -> bool {
        self.0.ct_eq(&Sha256::digest(shown)[..]).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

pub(crate) async fn authenticated(State(api): State<Api>, request: Request, next: Next) -> Response {
    let header = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|header| header.to_str().ok());
    let shown = header
        .and_then(|header| header.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    match shown {
        Some((_, token)) if api.token.is(token) => next.run(request).await,
        _ => unauthenticated().into_response(),
    }
}
