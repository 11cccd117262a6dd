//! Accounts and the audit log in SQLite.

use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{OptionalExtension as _, params};
use syncapp_control::access::{
    AccessStore, AccountChange, ApiToken, AuditEntry, AuditHead, AuditKey, By, Changed, Digest, Identity, NewEntry,
    Session, TokenId, User, UserId,
};
use syncapp_model::Result;
use uuid::Uuid;

use super::access_rows::{ENTRY, HEAD, IDENTIFIED, TOKEN, USER, entry, head, token, user, user_at};
use super::columns::instant;
use super::{NOW, SqliteStore, at_once};
use crate::steps;
use crate::words::{self, duration_micros};

#[async_trait]
impl AccessStore for SqliteStore {
    async fn change(&self, change: &AccountChange, by: &By, key: &AuditKey) -> Result<Changed> {
        let (change, by, key) = (change.clone(), by.clone(), key.clone());
        self.transaction(move |rows| at_once(steps::change(rows, &change, &by, &key)))
            .await
    }

    async fn audit(&self, entry: &NewEntry, key: &AuditKey) -> Result<AuditHead> {
        let (entry, key) = (entry.clone(), key.clone());
        self.transaction(move |rows| at_once(steps::audit(rows, &entry, &key)))
            .await
    }

    async fn user(&self, id: UserId) -> Result<Option<User>> {
        let sql = format!("select {USER} from access_user where id = ?");
        self.read(move |c| c.prepare_cached(&sql)?.query_row([id.0.as_bytes()], user).optional())
            .await
    }

    async fn user_named(&self, name: &str) -> Result<Option<User>> {
        let name = name.to_owned();
        let sql = format!("select {USER} from access_user where name = ?");
        self.read(move |c| c.prepare_cached(&sql)?.query_row([name], user).optional())
            .await
    }

    async fn user_identified(&self, identity: &Identity) -> Result<Option<User>> {
        let Identity { issuer, subject } = identity.clone();
        let sql = format!("select {USER} from access_user where {IDENTIFIED}");
        self.read(move |c| c.prepare_cached(&sql)?.query_row([issuer, subject], user).optional())
            .await
    }

    async fn users(&self, after: Option<&str>, limit: usize) -> Result<Vec<User>> {
        let after = after.unwrap_or_default().to_owned();
        let sql = format!("select {USER} from access_user where name > ? order by name limit ?");
        self.read(move |c| {
            c.prepare_cached(&sql)?
                .query_map(params![after, words::limit(limit)], user)?
                .collect()
        })
        .await
    }

    async fn token(&self, digest: &Digest) -> Result<Option<(ApiToken, Option<User>)>> {
        let digest = *digest;
        let sql = format!(
            "select {TOKEN}, {USER} from access_token left join access_user on access_user.id = owner
             where digest = ? and (expires_at is null or expires_at > {NOW})"
        );
        self.read(move |c| {
            c.prepare_cached(&sql)?
                .query_row([digest.0.as_slice()], |row| {
                    let token = token(row, 0)?;
                    let owner = token.owner.map(|_| user_at(row, 8)).transpose()?;
                    Ok((token, owner))
                })
                .optional()
        })
        .await
    }

    async fn token_of(&self, id: TokenId) -> Result<Option<ApiToken>> {
        let sql = format!("select {TOKEN} from access_token where id = ?");
        self.read(move |c| {
            let mut read = c.prepare_cached(&sql)?;
            read.query_row([id.0.as_bytes()], |row| token(row, 0)).optional()
        })
        .await
    }

    async fn tokens(&self, after: Option<TokenId>, limit: usize) -> Result<Vec<ApiToken>> {
        let after = after.map_or(Uuid::nil(), |id| id.0);
        let sql = format!("select {TOKEN} from access_token where id > ? order by id limit ?");
        self.read(move |c| {
            c.prepare_cached(&sql)?
                .query_map(params![after.as_bytes(), words::limit(limit)], |row| token(row, 0))?
                .collect()
        })
        .await
    }

    async fn token_used(&self, id: TokenId, fresh: Duration) -> Result<()> {
        let sql = format!(
            "update access_token set last_used_at = {NOW} where id = ? and (last_used_at is null or last_used_at <= {NOW} - ?)"
        );
        self.with(move |c, _| {
            c.execute(&sql, params![id.0.as_bytes(), duration_micros(fresh)])
                .map(drop)
        })
        .await
    }

    async fn session(&self, digest: &Digest, idle: Duration) -> Result<Option<(Session, User)>> {
        let digest = *digest;
        let sql = format!(
            "select expires_at, {USER} from access_session join access_user on access_user.id = user
             where digest = ? and expires_at > {NOW} and used_at > {NOW} - ? and not disabled"
        );
        self.read(move |c| {
            c.prepare_cached(&sql)?
                .query_row(params![digest.0.as_slice(), duration_micros(idle)], |row| {
                    let user = user_at(row, 1)?;
                    let session = Session {
                        user: user.id,
                        expires_at: instant(row, 0)?,
                    };
                    Ok((session, user))
                })
                .optional()
        })
        .await
    }

    async fn session_used(&self, digest: &Digest, fresh: Duration) -> Result<()> {
        let digest = *digest;
        let sql = format!("update access_session set used_at = {NOW} where digest = ? and used_at <= {NOW} - ?");
        self.with(move |c, _| {
            c.execute(&sql, params![digest.0.as_slice(), duration_micros(fresh)])
                .map(drop)
        })
        .await
    }

    async fn entries(&self, after: u64, limit: usize) -> Result<Vec<AuditEntry>> {
        let sql = format!("select {ENTRY} from audit_entry where number > ? order by number limit ?");
        self.read(move |c| {
            c.prepare_cached(&sql)?
                .query_map(params![after as i64, words::limit(limit)], entry)?
                .collect()
        })
        .await
    }

    async fn newest_entries(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditEntry>> {
        let before = before.map_or(i64::MAX, |before| before as i64);
        let sql = format!("select {ENTRY} from audit_entry where number < ? order by number desc limit ?");
        self.read(move |c| {
            c.prepare_cached(&sql)?
                .query_map(params![before, words::limit(limit)], entry)?
                .collect()
        })
        .await
    }

    async fn audit_head(&self) -> Result<Option<AuditHead>> {
        self.read(|c| c.prepare_cached(HEAD)?.query_row([], head).optional())
            .await
    }
}
