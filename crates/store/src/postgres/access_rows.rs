//! The steps of a transaction on accounts in PostgreSQL, and their rows.

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use sqlx::query;
use syncapp_control::access::{
    AccountChange, ApiToken, AuditEntry, AuditHead, By, Grant, Ground, Identity, NewEntry, TokenId, User, UserId, Write,
};
use syncapp_model::{Result, Secret};
use uuid::Uuid;

use super::PostgresRows;
use super::columns::{count, get, instant, optional_instant, stamp};
use crate::access_rows::AccessRows;
use crate::words;

/// The columns of a user.
macro_rules! user_columns {
    () => {
        "access_user.id, access_user.name, grants, disabled, access_user.created_at, password, issuer, subject"
    };
}

/// The columns of a token.
macro_rules! token_columns {
    () => {
        "access_token.id, access_token.name, role, project, owner, access_token.created_at, expires_at, last_used_at"
    };
}

/// The columns of an entry.
macro_rules! entry_columns {
    () => {
        "number, at, actor, origin, action, object, before, after, hash"
    };
}

pub(super) use {entry_columns, token_columns, user_columns};

/// One that locks nothing else: whoever comes first makes the row, and others wait for it.
const MAKE_HEAD: &str = "insert into audit_head values (1, -1, '', '') on conflict do nothing";
pub(super) const HEAD: &str = "select number, hash, mac from audit_head where number >= 0";

#[async_trait]
impl AccessRows for PostgresRows {
    async fn lock_audit(&mut self) -> Result<(Option<AuditHead>, u64)> {
        self.write(query(MAKE_HEAD)).await?;
        let lock = query("select number, hash, mac from audit_head for update");
        let head = self.one(lock, |row| {
            let none = get::<i64>(row, 0)? < 0;
            if none { Ok(None) } else { head(row).map(Some) }
        });
        let head = head.await?.flatten();
        let newest = query("select number from audit_entry order by number desc limit 1");
        let last = self.one(newest, |row| count(row, 0)).await?;
        Ok((head, last.unwrap_or_default()))
    }

    async fn write_audit(&mut self, entries: &[AuditEntry], head: &AuditHead) -> Result<()> {
        for AuditEntry { number, at, told, hash } in entries {
            let insert = query("insert into audit_entry values ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
                .bind(*number as i64)
                .bind(stamp(*at))
                .bind(&told.by.actor)
                .bind(&told.by.origin)
                .bind(&told.action)
                .bind(&told.object)
                .bind(&told.before)
                .bind(&told.after)
                .bind(hash.as_slice());
            self.write(insert).await?;
        }
        let update = query("update audit_head set number = $1, hash = $2, mac = $3")
            .bind(head.number as i64)
            .bind(head.hash.as_slice())
            .bind(head.mac.as_slice());
        self.write(update).await.map(drop)
    }

    async fn ground(&mut self, change: &AccountChange) -> Result<Ground> {
        let mut ground = Ground::default();
        let peopled = self
            .one(query("select 1 from access_user order by id limit 1"), |_| Ok(()))
            .await?;
        ground.peopled = peopled.is_some();
        if let Some(digest) = change.invitation() {
            let sql = "select 1 from access_invitation where digest = $1 and expires_at > clock_timestamp()";
            let invited = self.one(query(sql).bind(digest.0.as_slice()), |_| Ok(())).await?;
            ground.invited = invited.is_some();
        }
        if let Some(id) = change.user() {
            let sql = concat!("select ", user_columns!(), " from access_user where id = $1");
            ground.user = self.one(query(sql).bind(id.0), |row| user(row, 0)).await?;
        }
        if let Some(name) = change.name() {
            let sql = concat!("select ", user_columns!(), " from access_user where name = $1");
            ground.named = self.one(query(sql).bind(name), |row| user(row, 0)).await?;
        }
        if let Some(Identity { issuer, subject }) = change.identity() {
            let sql = concat!(
                "select ",
                user_columns!(),
                " from access_user where issuer = $1 and subject = $2"
            );
            let read = query(sql).bind(issuer).bind(subject);
            ground.identified = self.one(read, |row| user(row, 0)).await?;
        }
        if let Some(id) = change.token() {
            let sql = concat!("select ", token_columns!(), " from access_token where id = $1");
            ground.token = self.one(query(sql).bind(id.0), |row| token(row, 0)).await?;
        }
        Ok(ground)
    }

    async fn write_account(&mut self, write: &Write) -> Result<()> {
        let grants = match write {
            Write::User(user) => words::grants_to_text(&user.grants)?,
            _ => String::new(),
        };
        let statement = match write {
            Write::Invitation(digest, until) => {
                let old = query("delete from access_invitation where expires_at <= clock_timestamp()");
                self.write(old).await?;
                query("insert into access_invitation values ($1, $2)")
                    .bind(digest.0.as_slice())
                    .bind(stamp(*until))
            }
            Write::NoInvitations => query("delete from access_invitation"),
            Write::User(user) => query(
                "insert into access_user values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id) do update
                   set grants = excluded.grants, disabled = excluded.disabled, password = excluded.password",
            )
            .bind(user.id.0)
            .bind(&user.name)
            .bind(grants)
            .bind(user.disabled)
            .bind(stamp(user.created_at))
            .bind(user.password.as_ref().map(Secret::reveal))
            .bind(user.identity.as_ref().map(|identity| &identity.issuer))
            .bind(user.identity.as_ref().map(|identity| &identity.subject)),
            Write::Token(token, digest) => {
                query("insert into access_token values ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
                    .bind(token.id.0)
                    .bind(digest.0.as_slice())
                    .bind(&token.name)
                    .bind(token.grant.role.name())
                    .bind(&token.grant.project)
                    .bind(token.owner.map(|owner| owner.0))
                    .bind(stamp(token.created_at))
                    .bind(token.expires_at.map(stamp))
                    .bind(token.last_used_at.map(stamp))
            }
            Write::NoToken(id) => query("delete from access_token where id = $1").bind(id.0),
            Write::Session(session, until) => {
                let old = query("delete from access_session where expires_at <= now()");
                self.write(old).await?;
                query("insert into access_session values ($1, $2, clock_timestamp(), $3)")
                    .bind(session.digest.0.as_slice())
                    .bind(session.user.0)
                    .bind(stamp(*until))
            }
            Write::NoSession(digest) => query("delete from access_session where digest = $1").bind(digest.0.as_slice()),
            Write::NoSessions(user) => query("delete from access_session where user_id = $1").bind(user.0),
        };
        self.write(statement).await.map(drop)
    }
}

/// A head from [`HEAD`].
pub(super) fn head(row: &PgRow) -> Result<AuditHead> {
    Ok(AuditHead {
        number: count(row, 0)?,
        hash: words::hash(get(row, 1)?)?,
        mac: words::hash(get(row, 2)?)?,
    })
}

/// An entry from its columns.
pub(super) fn entry(row: &PgRow) -> Result<AuditEntry> {
    Ok(AuditEntry {
        number: count(row, 0)?,
        at: instant(row, 1)?,
        told: NewEntry {
            by: By {
                actor: get(row, 2)?,
                origin: get(row, 3)?,
            },
            action: get(row, 4)?,
            object: get(row, 5)?,
            before: get(row, 6)?,
            after: get(row, 7)?,
        },
        hash: words::hash(get(row, 8)?)?,
    })
}

/// A user from its columns, from one on.
pub(super) fn user(row: &PgRow, at: usize) -> Result<User> {
    Ok(User {
        id: UserId(get(row, at)?),
        name: get(row, at + 1)?,
        grants: words::grants_from_text(get(row, at + 2)?)?,
        disabled: get(row, at + 3)?,
        created_at: instant(row, at + 4)?,
        password: get::<Option<String>>(row, at + 5)?.map(Secret::new),
        identity: words::identity(get(row, at + 6)?, get(row, at + 7)?),
    })
}

/// A token from its columns, from one on.
pub(super) fn token(row: &PgRow, at: usize) -> Result<ApiToken> {
    Ok(ApiToken {
        id: TokenId(get(row, at)?),
        name: get(row, at + 1)?,
        grant: Grant {
            role: words::role(get(row, at + 2)?)?,
            project: get(row, at + 3)?,
        },
        owner: get::<Option<Uuid>>(row, at + 4)?.map(UserId),
        created_at: instant(row, at + 5)?,
        expires_at: optional_instant(row, at + 6)?,
        last_used_at: optional_instant(row, at + 7)?,
    })
}
