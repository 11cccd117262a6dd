//! Requests: a signed webhook, or a message to Slack and what takes the same.
//!
//! A webhook is signed as `x-syncapp-signature: t=SECONDS,v1=HEX`: the HMAC-SHA256 of `SECONDS.BODY` under its secret, so that whoever
//! gets it knows who said it, and when. `x-syncapp-delivery` is the same when it is told again.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;
use sha2::Sha256;
use syncapp_connector::Network;
use syncapp_control::Message;
use syncapp_model::{Code, Error, ErrorKind, Result, Secret, Side};

use super::text;
use crate::agent::requests::{Requests, is_safe};

const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Http {
    url: Url,
    /// What it is signed with; Slack is not.
    key: Option<Secret>,
    requests: Requests,
}

impl Http {
    pub(super) fn webhook(url: &Secret, key: &Secret, network: &Network) -> Result<Self> {
        Self::new(url, Some(key.clone()), network)
    }

    pub(super) fn slack(url: &Secret, network: &Network) -> Result<Self> {
        Self::new(url, None, network)
    }

    fn new(url: &Secret, key: Option<Secret>, network: &Network) -> Result<Self> {
        let wrong = || {
            Error::new(Code::InvalidValue, "the address of a notification cannot be understood")
                .help("write it as `https://…`; `http://` is for this machine only")
        };
        let url = Url::parse(url.reveal()).map_err(|_| wrong())?;
        if !is_safe(&url) || url.host_str().is_none() {
            return Err(wrong());
        }
        Ok(Self {
            url,
            key,
            requests: Requests::within(network, PATIENCE)?,
        })
    }

    pub(super) async fn tell(&self, message: &Message) -> Result<()> {
        let failed = |problem: &dyn std::fmt::Display| {
            Error::new(Code::Unreachable(Side::Destination), "a notification cannot be sent")
                .help("check its address, and whoever answers there")
                .kind(ErrorKind::Transient)
                .driver(problem)
        };
        let body = match &self.key {
            Some(_) => text::json(message),
            None => json!({ "text": slack(&text::body(message)) }),
        };
        let body = body.to_string();
        let client = self.requests.to(&self.url, Side::Destination).await?;
        let mut request = client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("x-syncapp-delivery", &message.id);
        if let Some(key) = &self.key {
            request = request.header("x-syncapp-signature", signature(key, SystemTime::now(), &body)?);
        }
        let answer = request.body(body).send().await;
        let answer = answer.map_err(|problem| failed(&problem.without_url()))?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(failed(&answer.status()))
    }
}

fn signature(key: &Secret, at: SystemTime, body: &str) -> Result<String> {
    let seconds = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mac = Hmac::<Sha256>::new_from_slice(key.reveal().as_bytes());
    let mut mac = mac.map_err(|problem| Error::internal("nothing can be signed").driver(problem))?;
    mac.update(format!("{seconds}.{body}").as_bytes());
    let signature = hex::encode(mac.finalize().into_bytes());
    Ok(format!("t={seconds},v1={signature}"))
}

/// Text that Slack takes for nothing but text.
fn slack(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_of_the_time_and_the_body() {
        // As `printf '1700000000.{}' | openssl dgst -sha256 -hmac 0123456789abcdef` says.
        let at = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let key = Secret::new("0123456789abcdef");
        let signed = signature(&key, at, "{}").unwrap();
        assert_eq!(
            signed,
            "t=1700000000,v1=e4f8e2ecae2295b2ddb2f0b5584c8275e226c0ebe9b3b819e70156bb67122e3e"
        );
        assert_ne!(signature(&key, at, "{ }").unwrap(), signed);
    }

    #[test]
    fn slack_is_given_no_links() {
        assert_eq!(
            slack("<!channel> & <http://x|y>"),
            "&lt;!channel&gt; &amp; &lt;http://x|y&gt;"
        );
    }
}
