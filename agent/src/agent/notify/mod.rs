//! How people are told how runs end.
//!
//! Invariants:
//! - What is told names the sync, the run, the cause and the remedy, and no row of anybody's data and no secret.
//! - Each way goes where the operator's rules allow ([`Network`]); a name is resolved once, redirects are not followed.
//! - A message that is told again has the same id.

mod email;
mod http;
mod text;

use std::collections::BTreeMap;

use async_trait::async_trait;
use syncapp_connector::Network;
use syncapp_control::{Message, Messenger};
use syncapp_model::{Error, Result};

use super::settings::{Notification, Way};
use email::Email;
use http::Http;

/// Those who are told, by their channels.
pub(super) struct People {
    ways: BTreeMap<String, Told>,
}

enum Told {
    Email(Email),
    Http(Http),
}

impl People {
    /// Reads the ways, and opens none yet.
    pub(super) fn new(notifications: &[Notification], network: &Network) -> Result<Self> {
        let told = |one: &Notification| {
            let way = match &one.way {
                Way::Email { server, from, to } => Told::Email(Email::new(server, from, to, network.clone())?),
                Way::Webhook { url, key } => Told::Http(Http::webhook(url, key, network)?),
                Way::Slack { url } => Told::Http(Http::slack(url, network)?),
            };
            Ok((one.channel.name.clone(), way))
        };
        Ok(Self {
            ways: notifications.iter().map(told).collect::<Result<_>>()?,
        })
    }
}

#[async_trait]
impl Messenger for People {
    async fn tell(&self, channel: &str, message: &Message) -> Result<()> {
        match self.ways.get(channel) {
            Some(Told::Email(email)) => email.tell(message).await,
            Some(Told::Http(http)) => http.tell(message).await,
            None => Err(Error::internal(format!("nobody is told by `{channel}`"))),
        }
    }
}
