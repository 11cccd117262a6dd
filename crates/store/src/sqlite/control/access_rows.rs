//! The steps of a transaction on accounts in SQLite, and their rows.

use async_trait::async_trait;
use rusqlite::{OptionalExtension as _, Row, params};
use syncapp_control::access::{
    AccountChange, ApiToken, AuditEntry, AuditHead, By, Grant, Ground, Identity, NewEntry, TokenId, User, UserId, Write,
};
use syncapp_model::{Result, Secret};
use uuid::Uuid;

use super::columns::{first, instant, optional_instant, optional_micros, word};
use super::{NOW, SqliteRows};
use crate::access_rows::AccessRows;
use crate::words::{self, micros};

pub(super) const USER: &str = "access_user.id, access_user.name, grants, disabled, access_user.created_at, password, \
    issuer, subject";
/// The user of an identity; the index is named by its condition.
pub(super) const IDENTIFIED: &str = "issuer is not null and issuer = ? and subject = ?";
pub(super) const TOKEN: &str = "access_token.id, access_token.name, role, project, owner, access_token.created_at, \
    expires_at, last_used_at";
pub(super) const ENTRY: &str = "number, at, actor, origin, action, object, before, after, hash";

#[async_trait]
impl AccessRows for SqliteRows<'_> {
    async fn lock_audit(&mut self) -> Result<(Option<AuditHead>, u64)> {
        self.step(|c| {
            let head = c.prepare_cached(HEAD)?.query_row([], head).optional()?;
            let sql = "select number from audit_entry order by number desc limit 1";
            let last: Option<i64> = c.prepare_cached(sql)?.query_row([], first).optional()?;
            Ok((head, last.unwrap_or_default() as u64))
        })
    }

    async fn write_audit(&mut self, entries: &[AuditEntry], head: &AuditHead) -> Result<()> {
        self.step(|c| {
            let mut insert = c.prepare_cached("insert into audit_entry values (?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
            for AuditEntry { number, at, told, hash } in entries {
                insert.execute(params![
                    *number as i64,
                    micros(*at),
                    told.by.actor,
                    told.by.origin,
                    told.action,
                    told.object,
                    told.before,
                    told.after,
                    hash.as_slice()
                ])?;
            }
            c.prepare_cached("insert or replace into audit_head values (1, ?, ?, ?)")?
                .execute(params![head.number as i64, head.hash.as_slice(), head.mac.as_slice()])
                .map(drop)
        })
    }

    async fn ground(&mut self, change: &AccountChange) -> Result<Ground> {
        self.step(|c| {
            let one = format!("select {USER} from access_user where id = ?");
            let named = format!("select {USER} from access_user where name = ?");
            let identified = format!("select {USER} from access_user where {IDENTIFIED}");
            let token_of = format!("select {TOKEN} from access_token where id = ?");
            let invited = format!("select 1 from access_invitation where digest = ? and expires_at > {NOW}");
            Ok(Ground {
                peopled: c
                    .prepare_cached("select 1 from access_user order by id limit 1")?
                    .exists([])?,
                invited: match change.invitation() {
                    Some(digest) => c.prepare_cached(&invited)?.exists([digest.0.as_slice()])?,
                    None => false,
                },
                user: match change.user() {
                    Some(id) => c.prepare_cached(&one)?.query_row([id.0.as_bytes()], user).optional()?,
                    None => None,
                },
                named: match change.name() {
                    Some(name) => c.prepare_cached(&named)?.query_row([name], user).optional()?,
                    None => None,
                },
                identified: match change.identity() {
                    Some(Identity { issuer, subject }) => {
                        let mut read = c.prepare_cached(&identified)?;
                        read.query_row([issuer, subject], user).optional()?
                    }
                    None => None,
                },
                token: match change.token() {
                    Some(id) => {
                        let id = id.0.as_bytes();
                        c.prepare_cached(&token_of)?
                            .query_row([id], |row| token(row, 0))
                            .optional()?
                    }
                    None => None,
                },
            })
        })
    }

    async fn write_account(&mut self, write: &Write) -> Result<()> {
        let grants = match write {
            Write::User(user) => words::grants_to_text(&user.grants)?,
            _ => String::new(),
        };
        self.step(|c| {
            let done = match write {
                Write::Invitation(digest, until) => {
                    c.execute(&format!("delete from access_invitation where expires_at <= {NOW}"), [])?;
                    let sql = "insert into access_invitation values (?, ?)";
                    c.execute(sql, params![digest.0.as_slice(), micros(*until)])
                }
                Write::NoInvitations => c.execute("delete from access_invitation", []),
                Write::User(user) => c.execute(
                    "insert into access_user values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do update
                       set grants = excluded.grants, disabled = excluded.disabled, password = excluded.password",
                    params![
                        user.id.0.as_bytes(),
                        user.name,
                        grants,
                        user.disabled,
                        micros(user.created_at),
                        user.password.as_ref().map(Secret::reveal),
                        user.identity.as_ref().map(|identity| &identity.issuer),
                        user.identity.as_ref().map(|identity| &identity.subject)
                    ],
                ),
                Write::Token(token, digest) => c.execute(
                    "insert into access_token values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    params![
                        token.id.0.as_bytes(),
                        digest.0.as_slice(),
                        token.name,
                        token.grant.role.name(),
                        token.grant.project,
                        token.owner.map(|owner| owner.0.into_bytes()),
                        micros(token.created_at),
                        optional_micros(token.expires_at),
                        optional_micros(token.last_used_at)
                    ],
                ),
                Write::NoToken(id) => c.execute("delete from access_token where id = ?", [id.0.as_bytes()]),
                Write::Session(session, until) => {
                    c.execute(&format!("delete from access_session where expires_at <= {NOW}"), [])?;
                    let sql = format!("insert into access_session values (?, ?, {NOW}, ?)");
                    let (digest, user) = (session.digest.0.as_slice(), session.user.0.as_bytes());
                    c.execute(&sql, params![digest, user, micros(*until)])
                }
                Write::NoSession(digest) => {
                    c.execute("delete from access_session where digest = ?", [digest.0.as_slice()])
                }
                Write::NoSessions(user) => c.execute("delete from access_session where user = ?", [user.0.as_bytes()]),
            };
            done.map(drop)
        })
    }
}

pub(super) const HEAD: &str = "select number, hash, mac from audit_head";

/// A head from [`HEAD`].
pub(super) fn head(row: &Row<'_>) -> rusqlite::Result<AuditHead> {
    Ok(AuditHead {
        number: row.get::<_, i64>(0)? as u64,
        hash: hash(row, 1)?,
        mac: hash(row, 2)?,
    })
}

/// An entry from [`ENTRY`].
pub(super) fn entry(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        number: row.get::<_, i64>(0)? as u64,
        at: instant(row, 1)?,
        told: NewEntry {
            by: By {
                actor: row.get(2)?,
                origin: row.get(3)?,
            },
            action: row.get(4)?,
            object: row.get(5)?,
            before: row.get(6)?,
            after: row.get(7)?,
        },
        hash: hash(row, 8)?,
    })
}

/// A user from [`USER`].
pub(super) fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    user_at(row, 0)
}

/// A user from [`USER`], from a column on.
pub(super) fn user_at(row: &Row<'_>, at: usize) -> rusqlite::Result<User> {
    let grants: String = row.get(at + 2)?;
    Ok(User {
        id: UserId(Uuid::from_bytes(row.get(at)?)),
        name: row.get(at + 1)?,
        grants: word(words::grants_from_text(&grants))?,
        disabled: row.get(at + 3)?,
        created_at: instant(row, at + 4)?,
        password: row.get::<_, Option<String>>(at + 5)?.map(Secret::new),
        identity: words::identity(row.get(at + 6)?, row.get(at + 7)?),
    })
}

/// A token from [`TOKEN`], from a column on.
pub(super) fn token(row: &Row<'_>, at: usize) -> rusqlite::Result<ApiToken> {
    let role: String = row.get(at + 2)?;
    Ok(ApiToken {
        id: TokenId(Uuid::from_bytes(row.get(at)?)),
        name: row.get(at + 1)?,
        grant: Grant {
            role: word(words::role(&role))?,
            project: row.get(at + 3)?,
        },
        owner: row
            .get::<_, Option<[u8; 16]>>(at + 4)?
            .map(|id| UserId(Uuid::from_bytes(id))),
        created_at: instant(row, at + 5)?,
        expires_at: optional_instant(row, at + 6)?,
        last_used_at: optional_instant(row, at + 7)?,
    })
}

fn hash(row: &Row<'_>, at: usize) -> rusqlite::Result<[u8; 32]> {
    let bytes: Vec<u8> = row.get(at)?;
    word(words::hash(&bytes))
}
