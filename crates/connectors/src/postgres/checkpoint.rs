//! The checkpoints that a target keeps beside its tables, and their fence.
//!
//! `_syncapp_checkpoint` has a row a stream. Its `epoch` is raised by every claim and asserted by every commit;
//! `position` is NULL before the first commit; `relation` is the number of the table that SyncApp made for the stream.
//! `_syncapp_boundary` has the rows that landed at or above the position's cursor, as hashes with their multiplicity.

use std::time::{Duration, SystemTime};

use syncapp_connector::{Claim, State};
use syncapp_model::{Checkpoint, Code, Epoch, Error, Position, Result, StreamKey, StreamName};
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::client::Client;
use super::sql;
use crate::journal::{Kept, Mark};

const TABLE: &str = "_syncapp_checkpoint";
const BOUNDARY: &str = "_syncapp_boundary";

/// The checkpoint tables of one schema.
pub(super) struct Checkpoints {
    schema: String,
    table: String,
    boundary: String,
}

impl Checkpoints {
    pub(super) fn within(schema: &str) -> Self {
        let full = |name: &str| sql::table(&StreamName::within(schema, name));
        Self {
            schema: schema.into(),
            table: full(TABLE),
            boundary: full(BOUNDARY),
        }
    }

    /// Where they lie.
    pub(super) fn schema(&self) -> &str {
        &self.schema
    }

    /// The table of rejected rows beside them.
    pub(super) fn rejects(&self) -> StreamName {
        StreamName::within(self.schema.as_str(), "_syncapp_rejects")
    }

    /// Their names.
    pub(super) fn tables(&self) -> [StreamName; 2] {
        [TABLE, BOUNDARY].map(|name| StreamName::within(self.schema.as_str(), name))
    }

    /// Whether they are there.
    pub(super) async fn exist(&self, client: &Client) -> Result<bool> {
        let query = format!("select to_regclass({}) is not null", sql::text(&self.boundary));
        let look = async {
            client
                .inner
                .query_typed_one(&query, &[])
                .await
                .map_err(|error| client.error(&error))
        };
        Ok(client.granted(look).await?.get(0))
    }

    /// Makes them where they are not there. Two claims at once wait for each other.
    async fn create(&self, client: &Client) -> Result<()> {
        let Self {
            schema,
            table,
            boundary,
        } = self;
        let lock = sql::text(&format!("syncapp:{schema}"));
        client
            .run(&format!(
                "begin; select pg_advisory_xact_lock(hashtext({lock})); \
                 create table if not exists {table} (project text, sync text, stream text, epoch bigint not null, \
                 position text, rows bigint not null default 0, relation oid, \
                 updated_at timestamptz not null default now(), primary key (project, sync, stream)); \
                 create table if not exists {boundary} (project text, sync text, stream text, hash text, \
                 n bigint not null, primary key (project, sync, stream, hash)); commit"
            ))
            .await
    }

    /// Raises the fence of a stream, and reads how far it has come.
    pub(super) async fn claim(&self, client: &Client, key: &StreamKey) -> Result<Claim> {
        if !self.exist(client).await? {
            self.create(client).await?;
        }
        let Self { table, .. } = self;
        let raise = format!(
            "insert into {table} as c (project, sync, stream, epoch) values ($1, $2, $3, 1) \
             on conflict (project, sync, stream) do update set epoch = c.epoch + 1 returning epoch, position, rows"
        );
        let row = client
            .inner
            .query_typed_one(&raise, &names(key))
            .await
            .map_err(|error| client.error(&error))?;
        let landed = match row.get::<_, Option<&str>>(1) {
            Some(position) if position != "null" => self.landed(client, key).await?,
            _ => Vec::new(),
        };
        Ok(Claim {
            epoch: Epoch(row.get(0)),
            checkpoint: checkpoint(row.get(1), row.get(2), landed)?,
        })
    }

    /// Whether a claim is the last one.
    pub(super) async fn stands(&self, client: &Client, key: &StreamKey, epoch: Epoch) -> Result<()> {
        let query = format!(
            "select epoch from {} where project = $1 and sync = $2 and stream = $3",
            self.table
        );
        let rows = client.inner.query_typed(&query, &names(key)).await;
        match rows.map_err(|error| client.error(&error))?.first() {
            Some(row) if row.get::<_, i64>(0) == epoch.0 => Ok(()),
            _ => Err(fenced(key)),
        }
    }

    async fn landed(&self, client: &Client, key: &StreamKey) -> Result<Vec<(u128, u64)>> {
        let query = format!(
            "select hash, n from {} where project = $1 and sync = $2 and stream = $3",
            self.boundary
        );
        let rows = client
            .inner
            .query_typed(&query, &names(key))
            .await
            .map_err(|error| client.error(&error))?;
        let read = |row: &Row| {
            let hash = u128::from_str_radix(row.get::<_, &str>(0), 16).map_err(|_| damaged(key))?;
            Ok((hash, row.get::<_, i64>(1) as u64))
        };
        rows.iter().map(read).collect()
    }

    /// The table that SyncApp made for the stream, by its number.
    pub(super) async fn relation(&self, client: &Client, key: &StreamKey) -> Result<Option<u32>> {
        let query = format!(
            "select relation from {} where project = $1 and sync = $2 and stream = $3",
            self.table
        );
        let row = client
            .inner
            .query_typed_opt(&query, &names(key))
            .await
            .map_err(|error| client.error(&error))?;
        Ok(row.and_then(|row| row.get(0)))
    }

    /// Writes a checkpoint under the fence, inside the caller's transaction. From here until its end no other claim
    /// gets through.
    pub(super) async fn put(
        &self,
        client: &Client,
        key: &StreamKey,
        epoch: Epoch,
        checkpoint: &Checkpoint,
    ) -> Result<()> {
        let position = spell(checkpoint)?;
        let rows = checkpoint.rows as i64;
        let query = format!(
            "update {} set position = $4, rows = $5, updated_at = clock_timestamp() \
             where project = $1 and sync = $2 and stream = $3 and epoch = $6",
            self.table
        );
        let mut values = names(key).to_vec();
        values.extend([
            (&position as &(dyn ToSql + Sync), Type::TEXT),
            (&rows, Type::INT8),
            (&epoch.0, Type::INT8),
        ]);
        let updated = client
            .inner
            .execute_typed(&query, &values)
            .await
            .map_err(|error| client.error(&error))?;
        if updated != 1 {
            return Err(fenced(key));
        }
        let landed = checkpoint
            .position
            .as_ref()
            .map_or(&[][..], |position| &position.landed);
        self.put_landed(client, key, landed).await
    }

    async fn put_landed(&self, client: &Client, key: &StreamKey, landed: &[(u128, u64)]) -> Result<()> {
        let hashes: Vec<String> = landed.iter().map(|(hash, _)| format!("{hash:032x}")).collect();
        let counts: Vec<i64> = landed.iter().map(|(_, count)| *count as i64).collect();
        let query = format!(
            "with gone as (delete from {0} g where project = $1 and sync = $2 and stream = $3 \
               and not exists (select from unnest($4) as u(hash) where u.hash = g.hash)) \
             insert into {0} as b select $1, $2, $3, hash, n from unnest($4, $5) as u(hash, n) \
             on conflict (project, sync, stream, hash) do update set n = excluded.n where b.n <> excluded.n",
            self.boundary
        );
        let mut values = names(key).to_vec();
        values.extend([
            (&hashes as &(dyn ToSql + Sync), Type::TEXT_ARRAY),
            (&counts, Type::INT8_ARRAY),
        ]);
        client
            .inner
            .execute_typed(&query, &values)
            .await
            .map_err(|error| client.error(&error))?;
        Ok(())
    }

    /// Remembers that SyncApp made the table, inside the caller's transaction.
    pub(super) async fn remember(&self, client: &Client, key: &StreamKey, table: &StreamName) -> Result<()> {
        let query = format!(
            "update {} set relation = {}::regclass where project = $1 and sync = $2 and stream = $3",
            self.table,
            sql::text(&sql::table(table))
        );
        client
            .inner
            .execute_typed(&query, &names(key))
            .await
            .map(drop)
            .map_err(|error| client.error(&error))
    }

    /// A stream's row and its boundary as they are, for the undo of what changes them.
    pub(super) async fn kept(&self, client: &Client, key: &StreamKey) -> Result<Kept> {
        let query = format!(
            "select position, rows, relation::text from {} where project = $1 and sync = $2 and stream = $3",
            self.table
        );
        let row = client.inner.query_typed_opt(&query, &names(key)).await;
        let row = row.map_err(|error| client.error(&error))?.ok_or_else(|| fenced(key))?;
        let landed = self.landed(client, key).await?;
        Ok(Kept {
            mark: Mark {
                position: row.get(0),
                rows: row.get(1),
            },
            relation: row.get(2),
            made: None,
            landed: landed.iter().map(|(hash, n)| (format!("{hash:032x}"), *n)).collect(),
        })
    }

    /// Raises the fence in the caller's transaction; how far the stream has come.
    pub(super) async fn raise(&self, client: &Client, key: &StreamKey) -> Result<Mark> {
        let raise = format!(
            "update {} set epoch = epoch + 1 where project = $1 and sync = $2 and stream = $3 returning position, rows",
            self.table
        );
        let row = client.inner.query_typed_opt(&raise, &names(key)).await;
        let row = row.map_err(|error| client.error(&error))?;
        Ok(row.map_or_else(Mark::default, |row| Mark {
            position: row.get(0),
            rows: row.get(1),
        }))
    }

    /// Puts back what was kept, in the caller's transaction.
    pub(super) async fn put_back(&self, client: &Client, key: &StreamKey, kept: &Kept) -> Result<()> {
        let update = format!(
            "update {} set position = $4, rows = $5, relation = $6::oid, updated_at = clock_timestamp() \
             where project = $1 and sync = $2 and stream = $3",
            self.table
        );
        let (rows, relation) = (kept.mark.rows.unwrap_or(0), kept.relation.as_ref());
        let mut values = names(key).to_vec();
        values.extend([
            (&kept.mark.position as &(dyn ToSql + Sync), Type::TEXT),
            (&rows, Type::INT8),
            (&relation, Type::TEXT),
        ]);
        let updated = client.inner.execute_typed(&update, &values).await;
        updated.map_err(|error| client.error(&error))?;
        let landed = kept.landed.iter().map(|(hash, n)| {
            let hash = u128::from_str_radix(hash, 16).map_err(|_| damaged(key))?;
            Ok((hash, *n))
        });
        self.put_landed(client, key, &landed.collect::<Result<Vec<_>>>()?).await
    }

    /// All states of this schema.
    pub(super) async fn all(&self, client: &Client) -> Result<Vec<State>> {
        if !self.exist(client).await? {
            return Ok(Vec::new());
        }
        let query = format!(
            "select project, sync, stream, epoch, position, rows, (extract(epoch from updated_at) * 1000000)::int8 \
             from {} order by 1, 2, 3",
            self.table
        );
        let rows = client
            .inner
            .query_typed(&query, &[])
            .await
            .map_err(|error| client.error(&error))?;
        let mut states = Vec::with_capacity(rows.len());
        for row in rows {
            let key = StreamKey {
                project: row.get(0),
                sync: row.get(1),
                stream: row.get(2),
            };
            let landed = self.landed(client, &key).await?;
            states.push(State {
                checkpoint: checkpoint(row.get(4), row.get(5), landed)?,
                key,
                epoch: Epoch(row.get(3)),
                updated_at: SystemTime::UNIX_EPOCH + Duration::from_micros(row.get::<_, i64>(6).max(0) as u64),
            });
        }
        Ok(states)
    }

    /// Puts or forgets a checkpoint and raises the fence, in the caller's transaction.
    pub(super) async fn set(&self, client: &Client, key: &StreamKey, checkpoint: Option<&Checkpoint>) -> Result<()> {
        let raise = format!(
            "update {} set epoch = epoch + 1, position = null, rows = 0, updated_at = clock_timestamp() \
             where project = $1 and sync = $2 and stream = $3 returning epoch",
            self.table
        );
        let row = client
            .inner
            .query_typed_opt(&raise, &names(key))
            .await
            .map_err(|error| client.error(&error))?;
        let Some(row) = row else {
            return Err(Error::new(
                Code::UnknownName,
                format!("no state of {key} is kept in schema {}", self.schema),
            )
            .help("`state show` lists what is kept"));
        };
        match checkpoint {
            Some(checkpoint) => self.put(client, key, Epoch(row.get(0)), checkpoint).await,
            None => self.put_landed(client, key, &[]).await,
        }
    }
}

/// A position as the table has it.
pub(super) fn spell(checkpoint: &Checkpoint) -> Result<String> {
    serde_json::to_string(&checkpoint.position).map_err(|problem| Error::internal(problem.to_string()))
}

fn names(key: &StreamKey) -> [(&(dyn ToSql + Sync), Type); 3] {
    [
        (&key.project, Type::TEXT),
        (&key.sync, Type::TEXT),
        (&key.stream, Type::TEXT),
    ]
}

fn checkpoint(position: Option<&str>, rows: i64, landed: Vec<(u128, u64)>) -> Result<Option<Checkpoint>> {
    let Some(text) = position else { return Ok(None) };
    let mut position: Option<Position> = serde_json::from_str(text).map_err(|problem| {
        Error::new(
            Code::Failed(syncapp_model::Side::Destination),
            "the position in _syncapp_checkpoint cannot be read",
        )
        .help("it was written by another version or by hand: `state reset` forgets it")
        .driver(problem)
    })?;
    if let Some(position) = &mut position {
        position.landed = landed;
    }
    Ok(Some(Checkpoint {
        position,
        rows: rows.max(0) as u64,
    }))
}

fn fenced(key: &StreamKey) -> Error {
    Error::new(
        Code::Fenced,
        format!("another run took {key} over, and this one changed nothing"),
    )
    .help("let one run of a stream end before the next begins")
}

fn damaged(key: &StreamKey) -> Error {
    Error::new(
        Code::Failed(syncapp_model::Side::Destination),
        format!("_syncapp_boundary of {key} holds what is no hash"),
    )
    .help("`state reset` forgets it")
}
