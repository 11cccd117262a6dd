//! Users that an identity provider vouches for.
//!
//! Who somebody is says the provider's name for them, never a name or an address of e-mail: those change hands.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use syncapp_model::{Result, Secret};

use super::digest::hex;
use super::{AccountChange, Accounts, By, Changed, Digest, Entered, Grant, NewUser, UserId, user_name};

/// What a provider calls somebody, for good.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// The provider (`iss`).
    pub issuer: String,
    /// Its name for them (`sub`).
    pub subject: String,
}

/// What a provider says of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identified {
    /// Who it is.
    pub identity: Identity,
    /// What they are called there.
    pub name: Option<String>,
    /// The groups that they are in.
    pub groups: Vec<String>,
}

/// Where people sign in for many programs at once.
#[async_trait]
pub trait IdentityProvider: Send + Sync {
    /// The address to which a browser goes. `challenge` is the SHA-256 of the verifier, in URL-safe base64.
    async fn address(&self, state: &str, nonce: &str, challenge: &str) -> Result<String>;

    /// Who has come back with this. An error where the provider or what it says is not to be trusted.
    async fn identify(&self, brought: &Brought, verifier: &str, nonce: &str) -> Result<Identified>;
}

/// What a browser brings back from a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brought {
    /// What it left with.
    pub state: String,
    /// What the provider gives a token for.
    pub code: Secret,
    /// The provider that sends it back (`iss`, RFC 9207).
    pub issuer: Option<String>,
}

/// Sign-on by a provider.
#[derive(Clone)]
pub struct SignOn {
    /// The provider.
    pub provider: Arc<dyn IdentityProvider>,
    /// What its groups may here.
    pub roles: Vec<GroupRole>,
}

/// What a group of the provider's may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRole {
    /// The group; `*` is everybody whom the provider knows.
    pub group: String,
    /// What it may.
    pub grant: Grant,
}

/// What holds a way to the provider and back together. All of it follows from one secret that the browser keeps, so that no
/// process has to remember anything, and what comes back in another browser fits nothing.
pub(super) struct Trip {
    /// Comes back with the code.
    pub(super) state: String,
    /// Comes back inside what the provider signs.
    pub(super) nonce: String,
    /// Shows the provider that who has the code is who has left.
    pub(super) verifier: String,
}

impl Trip {
    pub(super) fn of(secret: &Secret) -> Self {
        let part = |part: &str| hex(&Digest::of(&format!("sign-on {part} {}", secret.reveal())).0);
        Self {
            state: part("state"),
            nonce: part("nonce"),
            verifier: part("verifier"),
        }
    }

    /// The verifier, as the provider is told it before.
    pub(super) fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Digest::of(&self.verifier).0)
    }
}

/// The way to a provider, and back from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    /// Where the browser goes.
    pub address: String,
    /// What it keeps meanwhile, and nobody else sees.
    pub secret: Secret,
}

impl Accounts {
    /// Sends somebody to the provider; `None` where there is none.
    pub async fn leave_for_provider(&self) -> Result<Option<Door>> {
        let Some(sign_on) = &self.sign_on else { return Ok(None) };
        let secret = Secret::new(hex(&self.credentials.draw()));
        let trip = Trip::of(&secret);
        let address = sign_on
            .provider
            .address(&trip.state, &trip.nonce, &trip.challenge())
            .await?;
        Ok(Some(Door { address, secret }))
    }

    /// Signs somebody in who comes back from the provider, in the browser that left with this secret.
    pub async fn come_from_provider(&self, secret: &Secret, brought: &Brought, origin: &str) -> Result<Entered> {
        let Some(sign_on) = &self.sign_on else {
            return Ok(Entered::Wrong);
        };
        let trip = Trip::of(secret);
        if trip.state != brought.state {
            return Ok(Entered::Wrong);
        }
        let by = |actor: String| By {
            actor,
            origin: origin.to_owned(),
        };
        let refused = async |object: &str| {
            let by = by("nobody".into());
            self.audit(&by, "session.refused", object, None, None).await
        };
        let identified = match sign_on.provider.identify(brought, &trip.verifier, &trip.nonce).await {
            Ok(identified) => identified,
            Err(error) => {
                tracing::warn!(%error, "a sign-on was refused");
                refused("sign-on").await?;
                return Ok(Entered::Wrong);
            }
        };
        let Identified { identity, name, groups } = identified;
        let object = format!("sign-on {} of {}", identity.subject, identity.issuer);
        let grants = sign_on.grants(&groups);
        if grants.is_empty() {
            refused(&object).await?;
            return Ok(Entered::Wrong);
        }
        let mut new = NewUser {
            id: UserId(self.number()),
            name: name
                .and_then(|name| user_name(&name).ok())
                .unwrap_or_else(|| "user".into()),
            grants,
            password: None,
            identity: Some(identity.clone()),
        };
        let by = by(object.clone());
        let mut changed = self.change(&AccountChange::Identify(new.clone()), &by).await?;
        if changed == Changed::Taken {
            // Somebody else is called that here: it is told apart, for good.
            new.name = format!("{}-{}", new.name, Digest::of(&object).fingerprint());
            changed = self.change(&AccountChange::Identify(new), &by).await?;
        }
        if !matches!(changed, Changed::Done(_) | Changed::Same) {
            refused(&object).await?;
            return Ok(Entered::Wrong);
        }
        match self.store.user_identified(&identity).await? {
            Some(user) => self.open(&user, origin).await,
            None => Ok(Entered::Wrong),
        }
    }
}

impl GroupRole {
    /// Of `GROUP=ROLE` or `GROUP=ROLE:PROJECT`.
    pub fn parse(text: &str) -> Option<Self> {
        let (group, role) = text.rsplit_once('=')?;
        let (role, project) = match role.split_once(':') {
            Some((role, project)) => (role, Some(project.trim())),
            None => (role, None),
        };
        let group = group.trim();
        if group.is_empty() || project == Some("") {
            return None;
        }
        Some(Self {
            group: group.to_owned(),
            grant: Grant {
                role: super::Role::from_name(role.trim())?,
                project: project.map(str::to_owned),
            },
        })
    }
}

impl SignOn {
    /// What somebody in these groups may.
    pub(super) fn grants(&self, groups: &[String]) -> Vec<Grant> {
        let mine = |role: &&GroupRole| role.group == "*" || groups.contains(&role.group);
        let mut grants: Vec<Grant> = self.roles.iter().filter(mine).map(|role| role.grant.clone()).collect();
        grants.sort();
        grants.dedup();
        grants
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Role;

    #[test]
    fn groups_are_given_roles() {
        for (text, expected) in [
            ("staff=viewer", Some(("staff", Grant::all(Role::Viewer)))),
            (
                "cn=ops,dc=x = editor:shop",
                Some(("cn=ops,dc=x", Grant::of(Role::Editor, "shop"))),
            ),
            ("*=viewer", Some(("*", Grant::all(Role::Viewer)))),
            ("staff", None),
            ("=viewer", None),
            ("staff=owner", None),
            ("staff=viewer:", None),
        ] {
            let expected = expected.map(|(group, grant)| GroupRole {
                group: group.to_owned(),
                grant,
            });
            assert_eq!(GroupRole::parse(text), expected, "{text}");
        }
    }
}
