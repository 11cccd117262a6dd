//! Mail.
//!
//! Passwords and news go encrypted: by TLS from the start (`smtps://`) or asked for (`smtp://`), but to a server on this machine.

use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, MessageBuilder};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use reqwest::Url;
use syncapp_connector::Network;
use syncapp_control::Message;
use syncapp_model::{Code, Error, ErrorKind, Result, Secret, Side};

use super::text;

const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Email {
    host: String,
    port: u16,
    /// Whether TLS is there from the start.
    wrapped: bool,
    credentials: Option<Credentials>,
    from: Mailbox,
    to: Vec<Mailbox>,
    network: Network,
}

impl Email {
    pub(super) fn new(server: &Secret, from: &str, to: &[String], network: Network) -> Result<Self> {
        let wrong = || {
            Error::new(
                Code::InvalidValue,
                "the mail server of a notification cannot be understood",
            )
            .help("write it as `smtp://user:password@host:587` or `smtps://…`, odd characters as `%40`")
        };
        let url = Url::parse(server.reveal()).map_err(|_| wrong())?;
        let wrapped = match url.scheme() {
            "smtp" => false,
            "smtps" => true,
            _ => return Err(wrong()),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
        let decoded = |text: &str| {
            let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
            decoded.map(std::borrow::Cow::into_owned).map_err(|_| wrong())
        };
        let credentials = match url.password() {
            Some(password) => Some(Credentials::new(decoded(url.username())?, decoded(password)?)),
            None => None,
        };
        let mailbox = |address: &str| address.parse().map_err(|_| wrong());
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(if wrapped { 465 } else { 587 }),
            wrapped,
            credentials,
            from: mailbox(from)?,
            to: to.iter().map(|address| mailbox(address)).collect::<Result<_>>()?,
            network,
        })
    }

    pub(super) async fn tell(&self, message: &Message) -> Result<()> {
        let failed = |problem: &dyn std::fmt::Display| {
            Error::new(Code::Unreachable(Side::Destination), "a mail cannot be sent")
                .help("check the `email` of the notification, and the mail server")
                .kind(ErrorKind::Transient)
                .driver(problem)
        };
        let addresses = self.network.addresses(&self.host, self.port).await;
        let addresses = addresses.map_err(|problem| problem.error(&self.host, self.port, Side::Destination))?;
        let mut builder = MessageBuilder::new()
            .from(self.from.clone())
            .subject(text::subject(message))
            .header(ContentType::TEXT_PLAIN)
            // A mail that comes twice is known by it.
            .message_id(Some(format!("<{}@syncapp>", message.id.replace('/', "."))));
        for to in &self.to {
            builder = builder.to(to.clone());
        }
        let mail = builder.body(text::body(message)).map_err(|problem| failed(&problem))?;
        let mut last = None;
        for address in addresses {
            // The name stays what TLS verifies.
            let tls = TlsParameters::new(self.host.clone()).map_err(|problem| failed(&problem))?;
            let tls = if self.wrapped {
                Tls::Wrapper(tls)
            } else if address.ip().is_loopback() {
                Tls::Opportunistic(tls)
            } else {
                Tls::Required(tls)
            };
            let mut server = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.ip().to_string())
                .port(self.port)
                .tls(tls)
                .timeout(Some(PATIENCE));
            if let Some(credentials) = &self.credentials {
                server = server.credentials(credentials.clone());
            }
            match server.build().send(mail.clone()).await {
                Ok(_) => return Ok(()),
                Err(problem) => last = Some(problem),
            }
        }
        Err(last.map_or_else(|| failed(&"the server has no address"), |problem| failed(&problem)))
    }
}
