//! The checkpoints that a target keeps beside its tables, and their fence.
//!
//! `_syncapp_checkpoint` has a row a stream. Its `epoch` is raised by every claim and asserted by every commit;
//! `position` is NULL before the first commit; `intent` is a swap of tables that has begun and is not recorded as done.
//! `_syncapp_boundary` has the rows that landed at or above the position's cursor, as hashes with their multiplicity.

use std::time::{Duration, SystemTime};

use mysql_async::Row;
use syncapp_connector::State;
use syncapp_model::{Checkpoint, Code, Epoch, Error, Position, Result, StreamKey, StreamName};

use super::client::{Client, number, optional, text};
use super::errors::{damaged, fenced, unknown};
use super::intent::Intent;
use super::sql;
use crate::journal::{Kept as Before, Mark};

const TABLE: &str = "_syncapp_checkpoint";
const BOUNDARY: &str = "_syncapp_boundary";
/// Rows of one statement.
const AT_ONCE: usize = 1000;

/// What a row of `_syncapp_checkpoint` says.
pub(super) struct Kept {
    pub(super) epoch: Epoch,
    pub(super) checkpoint: Option<Checkpoint>,
    pub(super) intent: Option<Intent>,
}

/// The checkpoint tables of one database.
pub(super) struct Checkpoints {
    database: String,
    table: String,
    boundary: String,
}

impl Checkpoints {
    pub(super) fn within(database: &str) -> Self {
        let full = |name: &str| sql::table(&StreamName::within(database, name));
        Self {
            database: database.into(),
            table: full(TABLE),
            boundary: full(BOUNDARY),
        }
    }

    /// Where they lie.
    pub(super) fn database(&self) -> &str {
        &self.database
    }

    /// The one of states, quoted.
    pub(super) fn table(&self) -> &str {
        &self.table
    }

    /// Their names.
    pub(super) fn tables(&self) -> [StreamName; 2] {
        [TABLE, BOUNDARY].map(|name| StreamName::within(self.database.as_str(), name))
    }

    /// The table of rejected rows beside them.
    pub(super) fn rejects(&self) -> StreamName {
        StreamName::within(self.database.as_str(), "_syncapp_rejects")
    }

    /// Whether they are there.
    pub(super) async fn exist(&self, client: &mut Client) -> Result<bool> {
        exists(client, &StreamName::within(self.database.as_str(), BOUNDARY)).await
    }

    async fn create(&self, client: &mut Client) -> Result<()> {
        let names = "`project` varchar(250), `sync` varchar(250), `stream` varchar(250)";
        let made = "engine = InnoDB default charset = utf8mb4 collate utf8mb4_bin";
        client
            .run(&format!(
                "create table if not exists {} ({names}, `epoch` bigint not null, `position` longtext, \
                 `rows` bigint not null default 0, `intent` longtext, `updated_at` datetime(6) not null, \
                 primary key (`project`, `sync`, `stream`)) {made}",
                self.table
            ))
            .await?;
        client
            .run(&format!(
                "create table if not exists {} ({names}, `hash` char(32) character set ascii, `n` bigint not null, \
                 primary key (`project`, `sync`, `stream`, `hash`)) {made}",
                self.boundary
            ))
            .await
    }

    /// Raises the fence of a stream, and reads what is kept of it.
    pub(super) async fn claim(&self, client: &mut Client, key: &StreamKey) -> Result<Kept> {
        if !self.exist(client).await? {
            self.create(client).await?;
        }
        let (project, sync, stream) = (sql::text(&key.project), sql::text(&key.sync), sql::text(&key.stream));
        client.run("start transaction").await?;
        client
            .run(&format!(
                "insert into {} (`project`, `sync`, `stream`, `epoch`, `updated_at`) \
                 values ({project}, {sync}, {stream}, 1, now(6)) on duplicate key update `epoch` = `epoch` + 1",
                self.table
            ))
            .await?;
        let kept = self.read(client, key).await?;
        client.run("commit").await?;
        kept.ok_or_else(|| unknown(key, &self.database))
    }

    async fn read(&self, client: &mut Client, key: &StreamKey) -> Result<Option<Kept>> {
        let query = format!(
            "select `epoch`, `position`, `rows`, `intent` from {} where {}",
            self.table,
            of(key)
        );
        let rows = client.rows(&query).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let intent =
            optional(row, 3).map(|text| serde_json::from_str(&text).map_err(|problem| damaged("intent", problem)));
        let landed = match optional(row, 1) {
            Some(position) if position != "null" => self.landed(client, key).await?,
            _ => Vec::new(),
        };
        Ok(Some(Kept {
            epoch: Epoch(number(row, 0)),
            checkpoint: checkpoint(row, 1, 2, landed)?,
            intent: intent.transpose()?,
        }))
    }

    /// How far a stream has come.
    pub(super) async fn current(&self, client: &mut Client, key: &StreamKey) -> Result<Option<Checkpoint>> {
        Ok(self.read(client, key).await?.and_then(|kept| kept.checkpoint))
    }

    async fn landed(&self, client: &mut Client, key: &StreamKey) -> Result<Vec<(u128, u64)>> {
        let query = format!("select `hash`, `n` from {} where {}", self.boundary, of(key));
        let rows = client.rows(&query).await?;
        let read = |row: &Row| {
            let hash = u128::from_str_radix(&text(row, 0), 16).map_err(|problem| damaged("boundary", problem))?;
            Ok((hash, number(row, 1) as u64))
        };
        rows.iter().map(read).collect()
    }

    /// Writes a checkpoint under the fence, inside the caller's transaction. From here until its end no other claim
    /// gets through.
    pub(super) async fn put(
        &self,
        client: &mut Client,
        key: &StreamKey,
        epoch: Epoch,
        checkpoint: &Checkpoint,
    ) -> Result<()> {
        let position = spell(checkpoint)?;
        let update = format!(
            "update {} set `position` = {}, `rows` = {}, `intent` = null, `updated_at` = now(6) \
             where {} and `epoch` = {}",
            self.table,
            sql::text(&position),
            checkpoint.rows,
            of(key),
            epoch.0
        );
        if client.execute(&update).await? != 1 {
            return Err(fenced(key));
        }
        let landed = checkpoint
            .position
            .as_ref()
            .map_or(&[][..], |position| &position.landed);
        self.put_landed(client, key, landed).await
    }

    /// Writes what a swap is about to do, under the fence, inside the caller's transaction.
    pub(super) async fn intend(
        &self,
        client: &mut Client,
        key: &StreamKey,
        epoch: Epoch,
        intent: Option<&Intent>,
    ) -> Result<()> {
        let spelled = intent.map(serde_json::to_string).transpose();
        let spelled = spelled.map_err(|problem| Error::internal(problem.to_string()))?;
        let update = format!(
            "update {} set `intent` = {} where {} and `epoch` = {}",
            self.table,
            sql::optional(spelled.as_deref()),
            of(key),
            epoch.0
        );
        match client.execute(&update).await? {
            1 => Ok(()),
            _ => Err(fenced(key)),
        }
    }

    /// Whether a claim is the last one.
    pub(super) async fn stands(&self, client: &mut Client, key: &StreamKey, epoch: Epoch) -> Result<()> {
        match self.read(client, key).await? {
            Some(kept) if kept.epoch == epoch => Ok(()),
            _ => Err(fenced(key)),
        }
    }

    async fn put_landed(&self, client: &mut Client, key: &StreamKey, landed: &[(u128, u64)]) -> Result<()> {
        client
            .run(&format!("delete from {} where {}", self.boundary, of(key)))
            .await?;
        let names = [&key.project, &key.sync, &key.stream]
            .map(|name| sql::text(name))
            .join(", ");
        for some in landed.chunks(AT_ONCE) {
            let rows: Vec<String> = some
                .iter()
                .map(|(hash, n)| format!("({names}, '{hash:032x}', {n})"))
                .collect();
            client
                .run(&format!("insert into {} values {}", self.boundary, rows.join(", ")))
                .await?;
        }
        Ok(())
    }

    /// A stream's row and its boundary as they are, for the undo of what changes them.
    pub(super) async fn kept(&self, client: &mut Client, key: &StreamKey) -> Result<Before> {
        let mark = self.mark(client, key).await?;
        let landed = self.landed(client, key).await?;
        Ok(Before {
            mark,
            landed: landed.iter().map(|(hash, n)| (format!("{hash:032x}"), *n)).collect(),
            ..Before::default()
        })
    }

    async fn mark(&self, client: &mut Client, key: &StreamKey) -> Result<Mark> {
        let query = format!("select `position`, `rows` from {} where {}", self.table, of(key));
        let rows = client.rows(&query).await?;
        Ok(rows.first().map_or_else(Mark::default, |row| Mark {
            position: optional(row, 0),
            rows: Some(number(row, 1)),
        }))
    }

    /// Raises the fence in the caller's transaction; the new one, and how far the stream has come.
    pub(super) async fn raise(&self, client: &mut Client, key: &StreamKey) -> Result<(Epoch, Mark)> {
        let raise = format!("update {} set `epoch` = `epoch` + 1 where {}", self.table, of(key));
        client.run(&raise).await?;
        let kept = self
            .read(client, key)
            .await?
            .ok_or_else(|| unknown(key, &self.database))?;
        if kept.intent.is_some() {
            let why = format!("a run of {key} ended in the middle of a swap");
            return Err(Error::new(Code::Conflict, why).help("run the sync once: it ends or forgets the swap"));
        }
        Ok((kept.epoch, self.mark(client, key).await?))
    }

    /// Puts back what was kept, in the caller's transaction.
    pub(super) async fn put_back(&self, client: &mut Client, key: &StreamKey, kept: &Before) -> Result<()> {
        let update = format!(
            "update {} set `position` = {}, `rows` = {}, `intent` = null, `updated_at` = now(6) where {}",
            self.table,
            sql::optional(kept.mark.position.as_deref()),
            kept.mark.rows.unwrap_or(0),
            of(key)
        );
        client.run(&update).await?;
        let hash = |text: &str| u128::from_str_radix(text, 16).map_err(|problem| damaged("boundary", problem));
        let landed = kept.landed.iter().map(|(text, n)| Ok((hash(text)?, *n)));
        self.put_landed(client, key, &landed.collect::<Result<Vec<_>>>()?).await
    }

    /// All states of this database.
    pub(super) async fn all(&self, client: &mut Client) -> Result<Vec<State>> {
        if !self.exist(client).await? {
            return Ok(Vec::new());
        }
        let query = format!(
            "select `project`, `sync`, `stream`, `epoch`, `position`, `rows`, \
             cast(unix_timestamp(`updated_at`) * 1000000 as signed) from {} order by 1, 2, 3",
            self.table
        );
        let mut states = Vec::new();
        for row in client.rows(&query).await? {
            let key = StreamKey {
                project: text(&row, 0),
                sync: text(&row, 1),
                stream: text(&row, 2),
            };
            let landed = self.landed(client, &key).await?;
            states.push(State {
                checkpoint: checkpoint(&row, 4, 5, landed)?,
                key,
                epoch: Epoch(number(&row, 3)),
                updated_at: SystemTime::UNIX_EPOCH + Duration::from_micros(number(&row, 6).max(0) as u64),
            });
        }
        Ok(states)
    }

    /// Puts or forgets a checkpoint and raises the fence, in the caller's transaction.
    pub(super) async fn set(
        &self,
        client: &mut Client,
        key: &StreamKey,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<()> {
        let raise = format!(
            "update {} set `epoch` = `epoch` + 1, `position` = null, `rows` = 0, `intent` = null, \
             `updated_at` = now(6) where {}",
            self.table,
            of(key)
        );
        if client.execute(&raise).await? != 1 {
            return Err(unknown(key, &self.database));
        }
        let Some(checkpoint) = checkpoint else {
            return self.put_landed(client, key, &[]).await;
        };
        let kept = self
            .read(client, key)
            .await?
            .ok_or_else(|| unknown(key, &self.database))?;
        self.put(client, key, kept.epoch, checkpoint).await
    }
}

/// A position as the table has it.
pub(super) fn spell(checkpoint: &Checkpoint) -> Result<String> {
    serde_json::to_string(&checkpoint.position).map_err(|problem| Error::internal(problem.to_string()))
}

/// Whether there is such a table.
pub(super) async fn exists(client: &mut Client, name: &StreamName) -> Result<bool> {
    let query = format!(
        "select 1 from information_schema.tables where table_schema = {} and table_name = {}",
        sql::text(name.namespace.as_deref().unwrap_or_default()),
        sql::text(&name.name)
    );
    client.any(&query).await
}

/// The condition for a stream's rows.
pub(super) fn of(key: &StreamKey) -> String {
    let is = |column: &str, value: &str| format!("`{column}` = {}", sql::text(value));
    [
        is("project", &key.project),
        is("sync", &key.sync),
        is("stream", &key.stream),
    ]
    .join(" and ")
}

fn checkpoint(row: &Row, position: usize, rows: usize, landed: Vec<(u128, u64)>) -> Result<Option<Checkpoint>> {
    let Some(text) = optional(row, position) else {
        return Ok(None);
    };
    let mut position: Option<Position> = serde_json::from_str(&text).map_err(|problem| damaged("position", problem))?;
    if let Some(position) = &mut position {
        position.landed = landed;
    }
    Ok(Some(Checkpoint {
        position,
        rows: number(row, rows).max(0) as u64,
    }))
}
