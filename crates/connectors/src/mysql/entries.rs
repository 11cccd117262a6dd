//! The table `_syncapp_undo` beside the checkpoints: a row a load that can be taken back.

use syncapp_connector::Keep;
use syncapp_model::{Result, StreamKey, StreamName};

use super::checkpoint::{self, Checkpoints, of};
use super::client::{Client, number, optional, text};
use super::sql;
use crate::journal::Entry;

/// The table `_syncapp_undo` of one database.
pub(super) struct Entries {
    name: StreamName,
    table: String,
}

/// A row of it.
pub(super) struct Row {
    pub(super) seq: i64,
    pub(super) key: StreamKey,
    pub(super) entry: Entry,
}

impl Entries {
    /// Its name without its database.
    pub(super) const TABLE: &'static str = "_syncapp_undo";

    pub(super) fn beside(checkpoints: &Checkpoints) -> Self {
        let name = StreamName::within(checkpoints.database(), Self::TABLE);
        Self {
            table: sql::table(&name),
            name,
        }
    }

    /// Makes it where it is not there. Ends any transaction.
    pub(super) async fn prepare(&self, client: &mut Client) -> Result<()> {
        let create = format!(
            "create table if not exists {} (`seq` bigint not null auto_increment primary key, \
             `project` varchar(250) not null, `sync` varchar(250) not null, `stream` varchar(250) not null, \
             `run_id` varchar(100) not null, `until` bigint not null, `entry` longtext not null) \
             engine = InnoDB default charset = utf8mb4 collate utf8mb4_bin",
            self.table
        );
        client.run(&create).await
    }

    pub(super) async fn add(&self, client: &mut Client, key: &StreamKey, keep: &Keep, entry: &Entry) -> Result<()> {
        let texts = [&key.project, &key.sync, &key.stream, &keep.run_id].map(|text| sql::text(text));
        let insert = format!(
            "insert into {} (`project`, `sync`, `stream`, `run_id`, `until`, `entry`) values ({}, {}, {})",
            self.table,
            texts.join(", "),
            keep.until,
            sql::text(&entry.spell()?)
        );
        client.run(&insert).await
    }

    /// Forgets a stream's journals that are older than they were to become; the tables that are to be dropped when the
    /// transaction has ended.
    pub(super) async fn expire(&self, client: &mut Client, key: &StreamKey, now: i64) -> Result<Vec<StreamName>> {
        if !checkpoint::exists(client, &self.name).await? {
            return Ok(Vec::new());
        }
        let rows = self.read(client, &format!("{} and `until` < {now}", of(key))).await?;
        let seqs: Vec<i64> = rows.iter().map(|row| row.seq).collect();
        self.forget(client, &seqs).await?;
        Ok(rows.into_iter().filter_map(|row| row.entry.journal).collect())
    }

    /// The loads of a run, the last one first.
    pub(super) async fn of_run(&self, client: &mut Client, run_id: &str) -> Result<Vec<Row>> {
        self.read(client, &format!("`run_id` = {}", sql::text(run_id))).await
    }

    /// The tables that a stream's journals are.
    pub(super) async fn tables(&self, client: &mut Client, key: &StreamKey) -> Result<Vec<String>> {
        if !checkpoint::exists(client, &self.name).await? {
            return Ok(Vec::new());
        }
        let rows = self.read(client, &of(key)).await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| Some(row.entry.journal?.name))
            .collect())
    }

    async fn read(&self, client: &mut Client, condition: &str) -> Result<Vec<Row>> {
        let query = format!(
            "select `seq`, `project`, `sync`, `stream`, `entry` from {} where {condition} order by `seq` desc",
            self.table
        );
        let rows = client.rows(&query).await?;
        let read = rows.iter().map(|row| {
            Ok(Row {
                seq: number(row, 0),
                key: StreamKey {
                    project: text(row, 1),
                    sync: text(row, 2),
                    stream: text(row, 3),
                },
                entry: Entry::read(&optional(row, 4).unwrap_or_default())?,
            })
        });
        read.collect()
    }

    /// Runs of a stream whose loads came after one, the newest first.
    pub(super) async fn later(&self, client: &mut Client, row: &Row, run_id: &str) -> Result<Vec<String>> {
        let query = format!(
            "select `run_id` from {} where {} and `seq` > {} and `run_id` <> {} group by `run_id` order by max(`seq`) desc",
            self.table,
            of(&row.key),
            row.seq,
            sql::text(run_id)
        );
        Ok(client.rows(&query).await?.iter().map(|row| text(row, 0)).collect())
    }

    /// Forgets loads, in the caller's transaction.
    pub(super) async fn forget(&self, client: &mut Client, seqs: &[i64]) -> Result<()> {
        for seq in seqs {
            client
                .run(&format!("delete from {} where `seq` = {seq}", self.table))
                .await?;
        }
        Ok(())
    }
}

/// Drops tables that nothing names any more; what is left is dropped by the next claim.
pub(super) async fn drop_tables(client: &mut Client, tables: &[StreamName]) {
    for table in tables {
        if let Err(error) = client.run(&format!("drop table if exists {}", sql::table(table))).await {
            tracing::debug!(%error, "a journal table stays");
        }
    }
}
