//! Webhooks: a system elsewhere starts a run of one sync, and can do nothing else.
//!
//! Invariants:
//! - A request is signed with the sync's own key, and says when it was and a word that it says once. The key is derived from the
//!   agent's secret, so that all agents of a fleet know it, none keeps it, and another secret makes all of them worthless.
//! - The word is the run's own key in the store: as long as the signature is not too old the run that it has started is
//!   remembered, whatever the cache forgets and whichever process is asked.
//! - The body is signed, and nothing of it is used.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Serialize;
use sha2::Sha256;
use syncapp_control::access::By;
use syncapp_control::schedule::Overlap;
use syncapp_control::{ScheduleId, Submission, Submitted};
use syncapp_model::{Code, Error, Result, Secret};
use utoipa::ToSchema;

use crate::access::Origin;
use crate::extract::Names;
use crate::syncs::{Started, accepted, submit};
use crate::{Api, Problem};

/// How far the time of a signature may be from this machine's, to either side.
const WINDOW: Duration = Duration::from_mins(5);
/// For how long runs have to be remembered, so that none is started twice by one signature.
pub const SHORTEST_KEEP: Duration = Duration::from_mins(10);
/// The fewest characters of the secret.
const SHORTEST: usize = 32;
/// Where the signature stands.
const SIGNATURE: &str = "syncapp-signature";

/// What the keys of all syncs are derived from.
#[derive(Clone)]
pub struct Hooks(Hmac<Sha256>);

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Hooks {
    /// Takes the secret; one that could be guessed is refused.
    pub fn new(secret: &Secret) -> Result<Self> {
        let secret = secret.reveal();
        if secret.len() < SHORTEST {
            let why = "the secret of webhooks could be guessed";
            return Err(Error::new(Code::InvalidValue, why).help(format!(
                "make it of {SHORTEST} or more letters and digits by chance, for instance by `openssl rand -hex 32`"
            )));
        }
        keyed(secret.as_bytes()).map(Self)
    }

    /// The key of a sync. Names hold no control characters, so that no two syncs have one text.
    fn key(&self, sync: &ScheduleId) -> String {
        let mut mac = self.0.clone();
        mac.update(format!("hook\0{}\0{}", sync.project, sync.sync).as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }

    /// The word that is said once, where a signature holds.
    fn word(&self, sync: &ScheduleId, signature: &str, body: &[u8], now: SystemTime) -> Option<String> {
        let Signature { at, nonce, mac } = Signature::read(signature)?;
        let signed = UNIX_EPOCH.checked_add(Duration::from_secs(at))?;
        let away = now.duration_since(signed).unwrap_or_else(|early| early.duration());
        if away > WINDOW {
            return None;
        }
        let mut own = keyed(self.key(sync).as_bytes()).ok()?;
        own.update(format!("{at}.{nonce}.").as_bytes());
        own.update(body);
        own.verify_slice(&mac).ok()?;
        Some(nonce.to_owned())
    }
}

fn keyed(key: &[u8]) -> Result<Hmac<Sha256>> {
    Hmac::new_from_slice(key).map_err(|problem| Error::internal("a key cannot be used").driver(problem))
}

/// `t=SECONDS,n=WORD,v1=HEX`.
struct Signature<'a> {
    at: u64,
    nonce: &'a str,
    mac: Vec<u8>,
}

impl<'a> Signature<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.split(',');
        let mut part = |name: &str| parts.next()?.trim().strip_prefix(name);
        let (at, nonce, mac) = (part("t=")?, part("n=")?, part("v1=")?);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if parts.next().is_some() || !(16..=64).contains(&nonce.len()) || !nonce.bytes().all(plain) || mac.len() != 64 {
            return None;
        }
        let pairs = mac.as_bytes().chunks(2);
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        Some(Self {
            at: at.parse().ok()?,
            nonce,
            mac: pairs.map(byte).collect::<Option<_>>()?,
        })
    }
}

/// Starts a run by a webhook
///
/// Needs no token but a signature: `t=SECONDS,n=WORD,v1=HEX`, where `HEX` is the HMAC-SHA256 of `SECONDS.WORD.BODY` under the
/// sync's key, `SECONDS` the time since 1970, not five minutes away, and `WORD` 16 to 64 letters, digits, `-` and `_`, said once.
/// Nothing of the body is used.
#[utoipa::path(
    post,
    path = "/projects/{project}/syncs/{sync}/hook",
    operation_id = "call_hook",
    tag = "hooks",
    params(
        ("project" = String, Path, description = "The project's name."),
        ("sync" = String, Path, description = "The sync's name."),
        ("syncapp-signature" = String, Header, description = "The signature.")
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "Whatever is signed."),
    responses(
        (status = 202, description = "The run is durable: no fault loses it.", body = Started),
        (status = 401, description = "The signature does not hold, or there is nothing that it could hold for."),
        (status = 409, description = "The signature was used before."),
        (status = 413, description = "The body is longer than 64 KiB.")
    )
)]
pub(crate) async fn call(
    State(api): State<Api>,
    Extension(origin): Extension<Origin>,
    Names((project, sync)): Names<(String, String)>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Started>), Problem> {
    let body = body?;
    let id = ScheduleId { project, sync };
    let signature = headers.get(SIGNATURE).and_then(|text| text.to_str().ok());
    let word = api.hooks.as_ref().zip(signature).and_then(|(hooks, signature)| {
        let now = api.control.clock.wall();
        hooks.word(&id, signature, &body, now)
    });
    // Whoever cannot sign learns nothing of what is there.
    let word = word.ok_or_else(|| {
        let error = Error::new(Code::Unauthenticated, "the signature does not hold");
        let help = "sign `t.n.body` with the sync's key, with the time as it is now; docs/agent.md says how";
        Problem::new(StatusCode::UNAUTHORIZED, error.help(help))
    })?;
    let by = By {
        actor: "hook".into(),
        origin: origin.text(),
    };
    let submission = Submission {
        project: id.project,
        sync: id.sync,
        streams: Vec::new(),
        key: Some(format!("hook/{word}")),
        overlap: Overlap::Queue,
    };
    match submit(&api, &by, &submission).await? {
        Submitted::Known(run) => {
            let error = Error::new(
                Code::Conflict,
                format!("the signature was used before, and has started run {run}"),
            );
            Err(Problem::new(
                StatusCode::CONFLICT,
                error.help("sign each request anew, with a word of its own"),
            ))
        }
        submitted => accepted(submitted),
    }
}

/// The key of a sync's webhook.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HookKey {
    /// What requests are signed with: whoever knows it may start runs of this sync, and nothing else.
    key: String,
}

/// Tells the key of a sync's webhook
///
/// The same until the agent's `hooks` is another one. The sync has to be there.
#[utoipa::path(
    post,
    path = "/projects/{project}/syncs/{sync}/hook/key",
    operation_id = "tell_hook_key",
    tag = "hooks",
    params(
        ("project" = String, Path, description = "The project's name."),
        ("sync" = String, Path, description = "The sync's name.")
    ),
    responses(
        (status = 200, description = "The key.", body = HookKey),
        (status = 409, description = "The agent takes no webhooks: it has no secret for them.")
    )
)]
pub(crate) async fn key(
    State(api): State<Api>,
    Names((project, sync)): Names<(String, String)>,
) -> Result<Json<HookKey>, Problem> {
    let id = ScheduleId { project, sync };
    let newest = api.control.store.newest(&id.project).await?;
    let known = newest.is_some_and(|version| version.sync(&id.sync).is_some());
    match (known, &api.hooks) {
        (false, _) => Err(Problem::missing("sync", &id)),
        (true, Some(hooks)) => Ok(Json(HookKey { key: hooks.key(&id) })),
        (true, None) => {
            let error = Error::new(Code::Conflict, "this agent takes no webhooks");
            let help = "give it a secret by `hooks` of agent.toml, or SYNCAPP_HOOKS";
            Err(Problem::new(StatusCode::CONFLICT, error.help(help)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hooks() -> Hooks {
        Hooks::new(&Secret::new("s".repeat(32))).unwrap()
    }

    fn sync(project: &str, sync: &str) -> ScheduleId {
        ScheduleId {
            project: project.into(),
            sync: sync.into(),
        }
    }

    fn signed(key: &str, at: u64, nonce: &str, body: &str) -> String {
        let mut mac = keyed(key.as_bytes()).unwrap();
        mac.update(format!("{at}.{nonce}.{body}").as_bytes());
        format!("t={at},n={nonce},v1={}", hex::encode(mac.finalize().into_bytes()))
    }

    #[test]
    fn only_a_signature_of_the_sync_itself_and_of_now_holds() {
        let (hooks, shop) = (hooks(), sync("shop", "copy"));
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000);
        let key = hooks.key(&shop);
        let nonce = "0123456789abcdef";
        let good = signed(&key, 1_000_000, nonce, "body");
        let holds = |signature: &str, body: &str| hooks.word(&shop, signature, body.as_bytes(), now).is_some();
        assert!(holds(&good, "body"));
        assert!(holds(&signed(&key, 1_000_300, nonce, ""), ""));
        for (signature, why) in [
            (signed(&key, 999_699, nonce, "body"), "too old"),
            (signed(&key, 1_000_301, nonce, "body"), "of a time to come"),
            (
                signed(&hooks.key(&sync("shop", "other")), 1_000_000, nonce, "body"),
                "of another sync",
            ),
            (
                signed(&hooks.key(&sync("shopcopy", "")), 1_000_000, nonce, "body"),
                "of names that run together",
            ),
            (signed(&key, 1_000_000, "short", "body"), "a word that could come twice"),
            (signed(&key, 1_000_000, nonce, "other"), "of another body"),
            (good.replace("n=0", "n=1"), "another word"),
            (good.replace("t=1000000", "t=1000001"), "another time"),
            (good.replace("v1=", "v2="), "another form"),
            (format!("{good},v1="), "more than that"),
            (format!("t={},n={nonce},v1={}", u64::MAX, "0".repeat(64)), "no time"),
            (String::new(), "nothing"),
        ] {
            assert!(!holds(&signature, "body"), "{why}: {signature}");
        }
        let other = Hooks::new(&Secret::new("t".repeat(32))).unwrap();
        assert!(other.word(&shop, &good, b"body", now).is_none());
        assert!(Hooks::new(&Secret::new("short")).is_err());
        assert!(!format!("{hooks:?}").contains('s'));
    }
}
