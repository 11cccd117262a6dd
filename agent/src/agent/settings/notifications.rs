//! Whom an agent tells how runs end: `[[notifications]]`.

use std::collections::BTreeSet;

use syncapp_control::{Channel, When};
use syncapp_model::{Code, Error, Secret};

use super::named;
use super::reader::Reader;

/// Somebody who is told, and how.
#[derive(Debug, Clone)]
pub(crate) struct Notification {
    /// Who, and of what.
    pub(crate) channel: Channel,
    /// How.
    pub(crate) way: Way,
}

/// How somebody is told.
#[derive(Debug, Clone)]
pub(crate) enum Way {
    /// By e-mail.
    Email {
        /// `smtp://user:password@host:port`, or `smtps://…`.
        server: Secret,
        from: String,
        to: Vec<String>,
    },
    /// By a signed request.
    Webhook {
        url: Secret,
        /// What it is signed with.
        key: Secret,
    },
    /// By a message to Slack, or to what takes the same.
    Slack { url: Secret },
}

/// Reads them all.
pub(super) fn read(reader: &mut Reader<'_>) -> Vec<Notification> {
    let (mut names, mut all) = (BTreeSet::new(), Vec::new());
    for mut table in reader.tables("notifications", "write `[[notifications]]` before each") {
        let notification = one(&mut table);
        match notification {
            Ok(notification) if names.insert(notification.channel.name.clone()) => all.push(notification),
            Ok(_) => table.refuse_all("two notifications have one `name`", "give each a name of its own"),
            Err(Some(error)) => {
                table.refuse_all(&error.report().why, error.report().help.as_deref().unwrap_or_default());
            }
            // What is wrong with its keys is known.
            Err(None) => {}
        }
        reader.absorb(table);
    }
    all
}

fn one(table: &mut Reader<'_>) -> Result<Notification, Option<Error>> {
    let name = table.one("name", "give a name, such as `operators`", named);
    let when = table.one("on", "give `change`, `failure` or `end`", |text| match text {
        "change" => Some(When::Change),
        "failure" => Some(When::Failure),
        "end" => Some(When::End),
        _ => None,
    });
    let projects = table.list("projects", "give names of projects", named);
    let server = table.secret(
        "email.server",
        "give `smtp://user:password@host:587`, or `secret://NAME`",
        |_| true,
    );
    let from = table.one("email.from", "give an address", address);
    let to = table.list("email.to", "give addresses", address);
    let hook = table.secret("webhook.url", "give `https://…`, or `secret://NAME`", |_| true);
    let key = table.secret(
        "webhook.secret",
        "give `secret://NAME`, of 16 characters or more",
        |key| key.len() >= 16,
    );
    let slack = table.secret("slack.url", "give the webhook's address as `secret://NAME`", |_| true);
    if table.is_refused() {
        return Err(None);
    }
    let way = match (server, hook, slack) {
        (Some(server), None, None) => from.zip(to).map(|(from, to)| Way::Email { server, from, to }),
        (None, Some(url), None) => key.map(|key| Way::Webhook { url, key }),
        (None, None, Some(url)) => Some(Way::Slack { url }),
        _ => None,
    };
    let incomplete = || {
        Some(Error::new(Code::MissingKey, "a notification is not complete").help(
            "give a `name` and one of `email = { server, from, to }`, `webhook = { url, secret }`, `slack = { url }`",
        ))
    };
    let (name, way) = name.zip(way).ok_or_else(incomplete)?;
    Ok(Notification {
        channel: Channel {
            name,
            when: when.unwrap_or_default(),
            projects: projects.unwrap_or_default(),
        },
        way,
    })
}

fn address(text: &str) -> Option<String> {
    text.parse::<lettre::message::Mailbox>()
        .is_ok()
        .then(|| text.to_owned())
}
