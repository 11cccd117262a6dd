//! Who may ask an agent: from where, for how long without signing in again, and who vouches for people.

use std::path::PathBuf;
use std::time::Duration;

use syncapp_api::{AddressRange, Callers};
use syncapp_control::access::{GroupRole, SessionPolicy};
use syncapp_model::{Code, Error};
use url::Url;

use super::reader::Reader;
use super::{named, path_of, secret, time};
use crate::agent::oidc::OidcSettings;
use crate::agent::requests::is_safe;

/// All of it.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    /// Where requests may come from.
    pub(crate) callers: Callers,
    /// How long browsers stay signed in.
    pub(crate) sessions: SessionPolicy,
    /// Where people sign in for many programs at once, and what its groups may here.
    pub(crate) oidc: Option<(OidcSettings, Vec<GroupRole>)>,
    /// The file with the key that seals the audit log; one is made where it is not given.
    pub(crate) audit_key_file: Option<PathBuf>,
}

pub(super) fn read(reader: &mut Reader<'_>) -> Result<Access, Error> {
    let ranges = "give addresses such as `192.0.2.7`, or ranges such as `10.0.0.0/8`";
    let allow = reader.list("allow", ranges, range);
    let proxies = reader.list("trusted_proxies", ranges, range);
    let idle = reader.one("session_idle", "give a time from 1s to 30d, such as `30m`", session);
    let life = reader.one("session_life", "give a time from 1s to 30d, such as `12h`", session);
    let audit_key_file = reader.one("audit_key_file", "give a file", path_of);
    Ok(Access {
        callers: Callers {
            allow: allow.unwrap_or_default(),
            proxies: proxies.unwrap_or_default(),
        },
        sessions: SessionPolicy {
            idle: idle.unwrap_or(Duration::from_mins(30)),
            life: life.unwrap_or(Duration::from_hours(12)),
        },
        oidc: oidc(reader)?,
        audit_key_file,
    })
}

/// What is said of the provider: all that is needed, or nothing.
fn oidc(reader: &mut Reader<'_>) -> Result<Option<(OidcSettings, Vec<GroupRole>)>, Error> {
    let safe = |text: &str| Url::parse(text).ok().filter(is_safe);
    let issuer = reader.one("oidc_issuer", "give an https:// address", safe);
    let client = reader.one("oidc_client", "give what the provider calls this agent", |text| {
        (!text.is_empty()).then(|| text.to_owned())
    });
    let given = reader.one("oidc_secret", "give what the provider knows this agent by", secret);
    let groups = reader.one("oidc_groups", "give the name of a claim", named);
    let help = "give `GROUP=ROLE` or `GROUP=ROLE:PROJECT`; the group `*` is everybody";
    let roles = reader.list("oidc_roles", help, GroupRole::parse);
    let url = reader.one(
        "public_url",
        "give the https:// address that browsers know the agent by",
        safe,
    );
    match (issuer, client, given, roles, url) {
        (Some(issuer), Some(client), Some(secret), Some(roles), Some(url)) => Ok(Some((
            OidcSettings {
                issuer,
                client,
                secret,
                redirect: format!("{}/api/v1/sign-on/callback", url.as_str().trim_end_matches('/')),
                groups: groups.unwrap_or_else(|| "groups".into()),
            },
            roles,
        ))),
        (None, None, None, None, _) if groups.is_none() => Ok(None),
        _ => Err(Error::new(Code::MissingKey, "a part of what is needed for a provider is missing").help(
            "give `oidc_issuer`, `oidc_client`, `oidc_secret`, `oidc_roles` and `public_url`, or none of the first four",
        )),
    }
}

fn range(text: &str) -> Option<AddressRange> {
    AddressRange::parse(text).ok()
}

fn session(text: &str) -> Option<Duration> {
    let range = Duration::from_secs(1)..=Duration::from_hours(24 * 30);
    time(text).filter(|time| range.contains(time))
}
