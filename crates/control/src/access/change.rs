//! What a change does to accounts: one pure function, [`decide`], that every store asks.

use std::time::{Duration, SystemTime};

use serde_json::{Value as Json, json};
use syncapp_model::Secret;

use super::{ApiToken, By, Digest, Grant, Identity, NewEntry, NewSession, NewToken, NewUser, TokenId, User, UserId};

/// Something that is done to accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountChange {
    /// While there is no user, whoever shows the secret of this digest may make the first one, for so long.
    Invite {
        /// What is kept of it.
        digest: Digest,
        /// For how long it is good.
        life: Duration,
    },
    /// The first user, by an invitation. All invitations are dead afterwards.
    Begin {
        /// What is kept of the invitation.
        digest: Digest,
        /// The first user.
        user: NewUser,
    },
    /// Another user.
    AddUser(NewUser),
    /// A user for whom a provider vouches: it is there from now on, or may something else.
    Identify(NewUser),
    /// A user's password is another one; its sessions end.
    SetPassword {
        /// Whose.
        user: UserId,
        /// The hash of the new one.
        hash: Secret,
    },
    /// A user may something else from now on.
    SetGrants {
        /// Who.
        user: UserId,
        /// What it may.
        grants: Vec<Grant>,
    },
    /// A user may not sign in any more, and its sessions end; or may again.
    SetDisabled {
        /// Who.
        user: UserId,
        /// Whether it may not.
        disabled: bool,
    },
    /// Another API token.
    AddToken(NewToken),
    /// An API token is not good any more.
    RevokeToken(TokenId),
    /// A user has signed in.
    Open(NewSession),
    /// A user signs out.
    Close(Digest),
}

/// What a change looks at.
#[derive(Debug, Clone, Default)]
pub struct Ground {
    /// Whether there is any user.
    pub peopled: bool,
    /// Whether the invitation is there and good.
    pub invited: bool,
    /// The user whom the change names by number.
    pub user: Option<User>,
    /// The user who has the name of the user to be.
    pub named: Option<User>,
    /// The user for whom the same provider vouches by the same name.
    pub identified: Option<User>,
    /// The token that the change names.
    pub token: Option<ApiToken>,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// It is so now, and the audit log's head is this.
    Done(super::AuditHead),
    /// It was so already: nothing was written.
    Same,
    /// What it names is not there.
    Missing,
    /// The name has a user already.
    Taken,
    /// It may not be: an invitation that is not good, a user who is disabled.
    Refused,
}

/// What is to be written, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consequence {
    /// Rows.
    pub writes: Vec<Write>,
    /// What tells of it.
    pub entry: NewEntry,
}

/// A row that is written or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// An invitation, until then.
    Invitation(Digest, SystemTime),
    /// No invitation is there any more.
    NoInvitations,
    /// A user, in the place of what was there.
    User(User),
    /// A token.
    Token(ApiToken, Digest),
    /// A token is gone.
    NoToken(TokenId),
    /// A session, until then.
    Session(NewSession, SystemTime),
    /// A session is gone.
    NoSession(Digest),
    /// All sessions of a user are gone.
    NoSessions(UserId),
}

impl AccountChange {
    /// Whether somebody may be less after it than before.
    pub fn takes_away(&self) -> bool {
        match self {
            Self::Identify(_)
            | Self::SetPassword { .. }
            | Self::SetGrants { .. }
            | Self::SetDisabled { .. }
            | Self::RevokeToken(_)
            | Self::Close(_) => true,
            Self::Invite { .. } | Self::Begin { .. } | Self::AddUser(_) | Self::AddToken(_) | Self::Open(_) => false,
        }
    }

    /// The user that it names by number.
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::SetPassword { user, .. } | Self::SetGrants { user, .. } | Self::SetDisabled { user, .. } => {
                Some(*user)
            }
            Self::Open(session) => Some(session.user),
            Self::AddToken(token) => token.owner,
            _ => None,
        }
    }

    /// The name of the user to be.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Begin { user, .. } | Self::AddUser(user) | Self::Identify(user) => Some(&user.name),
            _ => None,
        }
    }

    /// The identity of the user to be.
    pub fn identity(&self) -> Option<&Identity> {
        match self {
            Self::Identify(user) => user.identity.as_ref(),
            _ => None,
        }
    }

    /// The token that it names.
    pub fn token(&self) -> Option<TokenId> {
        match self {
            Self::RevokeToken(id) => Some(*id),
            _ => None,
        }
    }

    /// The invitation that it names.
    pub fn invitation(&self) -> Option<&Digest> {
        match self {
            Self::Begin { digest, .. } => Some(digest),
            _ => None,
        }
    }
}

/// What a change comes to where things are so; or why it does not happen.
pub fn decide(change: &AccountChange, ground: &Ground, by: &By, now: SystemTime) -> Result<Consequence, Changed> {
    let told = |action: &str, object: String, before: Option<Json>, after: Option<Json>| NewEntry {
        by: by.clone(),
        action: action.to_owned(),
        object,
        before: before.map(|json| json.to_string()),
        after: after.map(|json| json.to_string()),
    };
    let user = || ground.user.clone().ok_or(Changed::Missing);
    let granted = |before: User, grants: &[Grant]| {
        if before.grants == grants {
            return Err(Changed::Same);
        }
        let after = User {
            grants: grants.into(),
            ..before.clone()
        };
        let entry = told("user.roles", object(&before), Some(shown(&before)), Some(shown(&after)));
        Ok((vec![Write::User(after)], entry))
    };
    let (writes, entry) = match change {
        AccountChange::Invite { .. } if ground.peopled => return Err(Changed::Same),
        AccountChange::Invite { digest, life } => (
            vec![Write::Invitation(*digest, now + *life)],
            told("admin.invite", "first admin".into(), None, None),
        ),
        AccountChange::Begin { .. } if ground.peopled || !ground.invited => return Err(Changed::Refused),
        AccountChange::Identify(new) if ground.identified.is_some() => {
            let before = ground.identified.clone().filter(|user| !user.disabled);
            granted(before.ok_or(Changed::Refused)?, &new.grants)?
        }
        AccountChange::AddUser(_) | AccountChange::Identify(_) if ground.named.is_some() => return Err(Changed::Taken),
        AccountChange::Begin { user: new, .. } | AccountChange::AddUser(new) | AccountChange::Identify(new) => {
            let first = matches!(change, AccountChange::Begin { .. });
            let user = made(new, now);
            let entry = told("user.create", object(&user), None, Some(shown(&user)));
            let invitations = first.then_some(Write::NoInvitations);
            (invitations.into_iter().chain([Write::User(user)]).collect(), entry)
        }
        AccountChange::SetPassword { hash, .. } => {
            let before = user()?;
            if before.password.is_none() {
                return Err(Changed::Refused);
            }
            let after = User {
                password: Some(hash.clone()),
                ..before.clone()
            };
            // Of the salted hash.
            let print = |user: &User| {
                let print = user
                    .password
                    .as_ref()
                    .map(|hash| Digest::of(hash.reveal()).fingerprint());
                Some(json!({ "password": print }))
            };
            let entry = told("user.password", object(&before), print(&before), print(&after));
            (vec![Write::NoSessions(after.id), Write::User(after)], entry)
        }
        AccountChange::SetGrants { grants, .. } => granted(user()?, grants)?,
        AccountChange::SetDisabled { disabled, .. } => {
            let before = user()?;
            if before.disabled == *disabled {
                return Err(Changed::Same);
            }
            let after = User {
                disabled: *disabled,
                ..before.clone()
            };
            let action = if *disabled { "user.disable" } else { "user.enable" };
            let entry = told(action, object(&before), Some(shown(&before)), Some(shown(&after)));
            (vec![Write::NoSessions(after.id), Write::User(after)], entry)
        }
        AccountChange::AddToken(new) => {
            if new.owner.is_some() && user()?.disabled {
                return Err(Changed::Refused);
            }
            let token = ApiToken {
                id: new.id,
                name: new.name.clone(),
                grant: new.grant.clone(),
                owner: new.owner,
                created_at: now,
                expires_at: new.life.map(|life| now + life),
                last_used_at: None,
            };
            let entry = told(
                "token.create",
                token_object(&token),
                None,
                Some(json!({ "may": token.grant })),
            );
            (vec![Write::Token(token, new.digest)], entry)
        }
        AccountChange::RevokeToken(id) => {
            let token = ground.token.as_ref().ok_or(Changed::Missing)?;
            let entry = told(
                "token.revoke",
                token_object(token),
                Some(json!({ "may": token.grant })),
                None,
            );
            (vec![Write::NoToken(*id)], entry)
        }
        AccountChange::Open(session) => {
            let user = user()?;
            if user.disabled || user.password != session.password {
                return Err(Changed::Refused);
            }
            let entry = told("session.open", object(&user), None, None);
            (vec![Write::Session(session.clone(), now + session.life)], entry)
        }
        AccountChange::Close(digest) => (
            vec![Write::NoSession(*digest)],
            told("session.close", by.actor.clone(), None, None),
        ),
    };
    Ok(Consequence { writes, entry })
}

fn made(new: &NewUser, now: SystemTime) -> User {
    User {
        id: new.id,
        name: new.name.clone(),
        grants: new.grants.clone(),
        disabled: false,
        created_at: now,
        password: new.password.clone(),
        identity: new.identity.clone(),
    }
}

fn object(user: &User) -> String {
    format!("user {}", user.name)
}

fn token_object(token: &ApiToken) -> String {
    format!("token {} ({})", token.id, token.name)
}

fn shown(user: &User) -> Json {
    match &user.identity {
        None => json!({ "may": user.grants, "disabled": user.disabled }),
        Some(Identity { issuer, subject }) => {
            json!({ "may": user.grants, "disabled": user.disabled, "issuer": issuer, "subject": subject })
        }
    }
}

#[cfg(test)]
mod tests;
