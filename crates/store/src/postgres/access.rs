//! Accounts and the audit log in PostgreSQL.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use sqlx::query;
use syncapp_control::access::{
    AccessStore, AccountChange, ApiToken, AuditEntry, AuditHead, AuditKey, By, Changed, Digest, Identity, NewEntry,
    Session, TokenId, User, UserId,
};
use syncapp_model::Result;
use uuid::Uuid;

use super::access_rows::{HEAD, entry, entry_columns, head, token, token_columns, user, user_columns};
use super::columns::{instant, interval};
use super::errors::failed;
use super::rows::Statement;
use super::{PostgresStore, timely};
use crate::steps;
use crate::words;

#[async_trait]
impl AccessStore for PostgresStore {
    async fn change(&self, change: &AccountChange, by: &By, key: &AuditKey) -> Result<Changed> {
        timely(async {
            let mut rows = self.begin().await?;
            let changed = steps::change(&mut rows, change, by, key).await?;
            rows.commit(changed).await
        })
        .await
    }

    async fn audit(&self, entry: &NewEntry, key: &AuditKey) -> Result<AuditHead> {
        timely(async {
            let mut rows = self.begin().await?;
            let head = steps::audit(&mut rows, entry, key).await?;
            rows.commit(head).await
        })
        .await
    }

    async fn user(&self, id: UserId) -> Result<Option<User>> {
        let sql = concat!("select ", user_columns!(), " from access_user where id = $1");
        self.one(query(sql).bind(id.0), |row| user(row, 0)).await
    }

    async fn user_named(&self, name: &str) -> Result<Option<User>> {
        let sql = concat!("select ", user_columns!(), " from access_user where name = $1");
        self.one(query(sql).bind(name), |row| user(row, 0)).await
    }

    async fn user_identified(&self, identity: &Identity) -> Result<Option<User>> {
        let sql = concat!(
            "select ",
            user_columns!(),
            " from access_user where issuer = $1 and subject = $2"
        );
        let read = query(sql).bind(&identity.issuer).bind(&identity.subject);
        self.one(read, |row| user(row, 0)).await
    }

    async fn users(&self, after: Option<&str>, limit: usize) -> Result<Vec<User>> {
        let sql = concat!(
            "select ",
            user_columns!(),
            " from access_user where name > $1 order by name limit $2"
        );
        let read = query(sql).bind(after.unwrap_or_default()).bind(words::limit(limit));
        self.all(read, |row| user(row, 0)).await
    }

    async fn token(&self, digest: &Digest) -> Result<Option<(ApiToken, Option<User>)>> {
        let sql = concat!(
            "select ",
            token_columns!(),
            ", ",
            user_columns!(),
            " from access_token left join access_user on access_user.id = owner
             where digest = $1 and (expires_at is null or expires_at > now())"
        );
        self.one(query(sql).bind(digest.0.as_slice()), |row| {
            let token = token(row, 0)?;
            let owner = token.owner.map(|_| user(row, 8)).transpose()?;
            Ok((token, owner))
        })
        .await
    }

    async fn token_of(&self, id: TokenId) -> Result<Option<ApiToken>> {
        let sql = concat!("select ", token_columns!(), " from access_token where id = $1");
        self.one(query(sql).bind(id.0), |row| token(row, 0)).await
    }

    async fn tokens(&self, after: Option<TokenId>, limit: usize) -> Result<Vec<ApiToken>> {
        let sql = concat!(
            "select ",
            token_columns!(),
            " from access_token where id > $1 order by id limit $2"
        );
        let after = after.map_or(Uuid::nil(), |id| id.0);
        let read = query(sql).bind(after).bind(words::limit(limit));
        self.all(read, |row| token(row, 0)).await
    }

    async fn token_used(&self, id: TokenId, fresh: Duration) -> Result<()> {
        let sql = "update access_token set last_used_at = now() \
             where id = $1 and (last_used_at is null or last_used_at <= now() - $2)";
        self.write(query(sql).bind(id.0).bind(interval(fresh))).await
    }

    async fn session(&self, digest: &Digest, idle: Duration) -> Result<Option<(Session, User)>> {
        let sql = concat!(
            "select expires_at, ",
            user_columns!(),
            " from access_session join access_user on access_user.id = user_id
             where digest = $1 and expires_at > now() and used_at > now() - $2 and not disabled"
        );
        self.one(query(sql).bind(digest.0.as_slice()).bind(interval(idle)), |row| {
            let user = user(row, 1)?;
            let session = Session {
                user: user.id,
                expires_at: instant(row, 0)?,
            };
            Ok((session, user))
        })
        .await
    }

    async fn session_used(&self, digest: &Digest, fresh: Duration) -> Result<()> {
        let sql = "update access_session set used_at = now() where digest = $1 and used_at <= now() - $2";
        self.write(query(sql).bind(digest.0.as_slice()).bind(interval(fresh)))
            .await
    }

    async fn entries(&self, after: u64, limit: usize) -> Result<Vec<AuditEntry>> {
        let sql = concat!(
            "select ",
            entry_columns!(),
            " from audit_entry where number > $1 order by number limit $2"
        );
        self.all(query(sql).bind(after as i64).bind(words::limit(limit)), entry)
            .await
    }

    async fn newest_entries(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditEntry>> {
        let sql = concat!(
            "select ",
            entry_columns!(),
            " from audit_entry where number < $1 order by number desc limit $2"
        );
        let before = before.map_or(i64::MAX, |before| before as i64);
        self.all(query(sql).bind(before).bind(words::limit(limit)), entry).await
    }

    async fn audit_head(&self) -> Result<Option<AuditHead>> {
        self.one(query(HEAD), head).await
    }
}

impl PostgresStore {
    async fn one<T>(
        &self,
        statement: Statement<'_>,
        read: impl FnOnce(&PgRow) -> Result<T> + Send,
    ) -> Result<Option<T>> {
        timely(async {
            let row = statement.fetch_optional(&self.pool).await.map_err(failed)?;
            row.as_ref().map(read).transpose()
        })
        .await
    }

    async fn all<T: Send>(
        &self,
        statement: Statement<'_>,
        read: impl Fn(&PgRow) -> Result<T> + Send,
    ) -> Result<Vec<T>> {
        timely(async {
            let rows = statement.fetch_all(&self.pool).await.map_err(failed)?;
            rows.iter().map(read).collect()
        })
        .await
    }

    async fn write(&self, statement: Statement<'_>) -> Result<()> {
        timely(async { statement.execute(&self.pool).await.map(drop).map_err(failed) }).await
    }
}
