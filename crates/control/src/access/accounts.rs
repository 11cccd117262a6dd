//! Use cases: what is done to accounts.

use std::sync::Arc;
use std::time::Duration;

use syncapp_model::{Code, Error, Result, Secret};
use uuid::Builder;

use super::digest::hex;
use super::token::token_text;
use super::{
    AccessStore, AccountChange, ApiToken, AuditHead, AuditKey, AuditLog, By, Caller, Changed, Credentials, Digest,
    Grant, LoginLimits, NewEntry, NewSession, NewToken, NewUser, Remembered, Role, SignOn, TokenId, User, UserId, Who,
    password_fits, user_name,
};

/// For how long an invitation of a first admin is good.
const INVITATION: Duration = Duration::from_hours(24);

/// How long sessions are good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionPolicy {
    /// Without use.
    pub idle: Duration,
    /// At most.
    pub life: Duration,
}

/// What came of a try to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entered {
    /// The session, for the browser to keep.
    Session(Secret),
    /// Name or password are wrong.
    Wrong,
    /// There were too many tries; there may be another one after this.
    TooOften(Duration),
}

/// Accounts, with all they need of the world.
#[derive(Clone)]
pub struct Accounts {
    /// The truth.
    pub store: Arc<dyn AccessStore>,
    /// Makes and checks what is shown.
    pub credentials: Arc<dyn Credentials>,
    /// How often somebody may try to sign in.
    pub limits: LoginLimits,
    /// Who was recognised a moment ago; none where somebody may change accounts without telling it.
    pub remembered: Option<Remembered>,
    /// What seals the audit log, and what is remembered.
    pub key: AuditKey,
    /// What is kept of the agent's own token: whoever shows it may everything.
    pub agent: Digest,
    /// How long sessions are good.
    pub sessions: SessionPolicy,
    /// Where people sign in for many programs at once, if there is such a place.
    pub sign_on: Option<SignOn>,
}

impl Accounts {
    /// What a page shows besides the session of its browser with whatever it changes: another site can make the browser send the one, and
    /// cannot know the other.
    pub fn page_token(session: &Secret) -> String {
        hex(&Digest::of(&format!("page token of {}", session.reveal())).0)
    }

    /// A secret by which the first admin can be made, if there is no user.
    pub async fn invite(&self) -> Result<Option<Secret>> {
        let secret = hex(&self.credentials.draw());
        let change = AccountChange::Invite {
            digest: Digest::of(&secret),
            life: INVITATION,
        };
        let by = Caller::agent().from("");
        Ok(match self.change(&change, &by).await? {
            Changed::Done(_) => Some(Secret::new(secret)),
            _ => None,
        })
    }

    /// Makes the first admin, by an invitation. `None` where that is good for nothing (any more).
    pub async fn begin(
        &self,
        invitation: &Secret,
        name: &str,
        password: &Secret,
        origin: &str,
    ) -> Result<Option<UserId>> {
        let user = self.new_user(name, password, vec![Grant::all(Role::Admin)]).await?;
        let id = user.id;
        let by = By {
            actor: format!("user {}", user.name),
            origin: origin.to_owned(),
        };
        let digest = Digest::of(invitation.reveal());
        Ok(match self.change(&AccountChange::Begin { digest, user }, &by).await? {
            Changed::Done(_) => Some(id),
            _ => None,
        })
    }

    /// Signs somebody in.
    pub async fn enter(&self, name: &str, password: &Secret, origin: &str) -> Result<Entered> {
        let name = user_name(name).ok();
        let known = name.as_deref().unwrap_or_default();
        if let Some(wait) = self.limits.try_again_in(known, origin).await? {
            return Ok(Entered::TooOften(wait));
        }
        let user = match &name {
            Some(name) => self.store.user_named(name).await?,
            None => None,
        };
        // One that is disabled or unknown takes as long.
        let good = user.as_ref().filter(|user| !user.disabled);
        let known_hash = good.and_then(|user| user.password.as_ref());
        let matches = self.credentials.matches(password, known_hash).await?;
        let Some(user) = good.filter(|_| matches) else {
            let by = By {
                actor: "nobody".into(),
                origin: origin.to_owned(),
            };
            self.audit(&by, "session.refused", &format!("user {known}"), None, None)
                .await?;
            return Ok(Entered::Wrong);
        };
        self.open(user, origin).await
    }

    pub(super) async fn open(&self, user: &User, origin: &str) -> Result<Entered> {
        let secret = hex(&self.credentials.draw());
        let session = NewSession {
            digest: Digest::of(&secret),
            user: user.id,
            password: user.password.clone(),
            life: self.sessions.life,
        };
        let by = By {
            actor: format!("user {}", user.name),
            origin: origin.to_owned(),
        };
        Ok(match self.change(&AccountChange::Open(session), &by).await? {
            Changed::Done(_) => Entered::Session(Secret::new(secret)),
            _ => Entered::Wrong,
        })
    }

    /// Makes a user.
    pub async fn add_user(
        &self,
        name: &str,
        password: &Secret,
        grants: Vec<Grant>,
        by: &By,
    ) -> Result<(UserId, Changed)> {
        let user = self.new_user(name, password, grants).await?;
        Ok((user.id, self.change(&AccountChange::AddUser(user), by).await?))
    }

    async fn new_user(&self, name: &str, password: &Secret, grants: Vec<Grant>) -> Result<NewUser> {
        let name = user_name(name)?;
        password_fits(password, &name)?;
        Ok(NewUser {
            id: UserId(self.number()),
            name,
            grants,
            password: Some(self.credentials.hash(password).await?),
            identity: None,
        })
    }

    /// Gives a user another password. What it was signed in to ends.
    pub async fn set_password(&self, id: UserId, password: &Secret, by: &By) -> Result<Changed> {
        let Some(user) = self.store.user(id).await? else {
            return Ok(Changed::Missing);
        };
        password_fits(password, &user.name)?;
        let hash = self.credentials.hash(password).await?;
        self.change(&AccountChange::SetPassword { user: id, hash }, by).await
    }

    /// Whether this is the password of a user who asks to change it; counted as a try to sign in.
    pub async fn confirms(&self, id: UserId, password: &Secret, origin: &str) -> Result<Entered> {
        let Some(user) = self.store.user(id).await? else {
            return Ok(Entered::Wrong);
        };
        if let Some(wait) = self.limits.try_again_in(&user.name, origin).await? {
            return Ok(Entered::TooOften(wait));
        }
        Ok(if self.credentials.matches(password, user.password.as_ref()).await? {
            Entered::Session(password.clone())
        } else {
            Entered::Wrong
        })
    }

    /// Makes a token; its text is told this once.
    pub async fn add_token(
        &self,
        name: &str,
        grant: Grant,
        life: Option<Duration>,
        caller: &Caller,
        by: &By,
    ) -> Result<(TokenId, Secret, Changed)> {
        if !(1..=100).contains(&name.chars().count()) || name.chars().any(char::is_control) {
            return Err(Error::new(Code::InvalidValue, "this cannot be the name of a token")
                .help("give 1 to 100 characters that can be printed"));
        }
        let text = token_text(self.credentials.draw());
        let token = NewToken {
            id: TokenId(self.number()),
            digest: Digest::of(text.reveal()),
            name: name.to_owned(),
            grant,
            owner: self.owner(caller).await?,
            life,
        };
        let id = token.id;
        Ok((id, text, self.change(&AccountChange::AddToken(token), by).await?))
    }

    /// Whose a token is that this caller makes: its own, or that of whose token it shows.
    async fn owner(&self, caller: &Caller) -> Result<Option<UserId>> {
        match caller.who {
            Who::Agent | Who::Local => Ok(None),
            Who::User(id, _) => Ok(Some(id)),
            Who::Token(id, _) => Ok(self.store.token_of(id).await?.and_then(|token: ApiToken| token.owner)),
        }
    }

    /// Changes accounts, and tells the log's new head to whoever reads this process's own log.
    pub async fn change(&self, change: &AccountChange, by: &By) -> Result<Changed> {
        let changed = self.store.change(change, by, &self.key).await;
        // Also where nobody knows what became of it.
        if let Some(remembered) = &self.remembered
            && change.takes_away()
            && !matches!(changed, Ok(Changed::Same))
        {
            remembered.begin(self.credentials.draw()).await;
        }
        let changed = changed?;
        if let Changed::Done(head) = &changed {
            export(head);
        }
        Ok(changed)
    }

    /// Writes down what somebody is about to do.
    pub async fn audit(
        &self,
        by: &By,
        action: &str,
        object: &str,
        before: Option<String>,
        after: Option<String>,
    ) -> Result<()> {
        let entry = NewEntry {
            by: by.clone(),
            action: action.to_owned(),
            object: object.to_owned(),
            before,
            after,
        };
        self.log().write(&entry).await
    }

    /// The log, for what tells more than one entry's words.
    pub fn log(&self) -> AuditLog {
        AuditLog {
            store: self.store.clone(),
            key: self.key.clone(),
        }
    }

    /// A number by chance.
    pub(super) fn number(&self) -> uuid::Uuid {
        let chance = self.credentials.draw();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&chance[..16]);
        Builder::from_random_bytes(bytes).into_uuid()
    }
}

/// Whoever gathers logs has the log's head elsewhere as well: a store that was put back to an earlier state does not hold it.
pub(super) fn export(head: &AuditHead) {
    tracing::info!(target: "syncapp::audit", %head, "the audit log has grown");
}
