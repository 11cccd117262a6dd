//! What a load keeps so that its run can be taken back.
//!
//! `_syncapp_undo`, beside the checkpoints, has a row a load; see [`crate::journal`]. Journal tables lie beside their
//! targets. An old table that a new one replaces is its own journal: it stays under the journal's name.

use syncapp_connector::{DELETED_AT, Keep, Target, VALID_FROM, VALID_TO};
use syncapp_model::sync_file::DeleteRule;
use syncapp_model::{Epoch, Result, StreamKey, StreamName};
use tokio_postgres::types::{ToSql, Type};

use super::catalog;
use super::checkpoint::Checkpoints;
use super::client::Client;
use super::merge::Merge;
use super::sql;
use super::target::{Found, Way};
use crate::journal::{self, Entry, Journal, Kind, Staged, Vanished};

/// A journal that a load fills.
pub(super) struct Keeping {
    pub(super) entry: Entry,
    keep: Keep,
    name: StreamName,
    /// The journal table, where rows are kept one by one.
    journal: Option<Journal>,
}

impl Keeping {
    pub(super) fn new(entry: Entry, keep: &Keep, target: &Target, epoch: Epoch) -> Self {
        Self {
            name: journal::name(target, &entry.table, epoch),
            entry,
            keep: keep.clone(),
            journal: None,
        }
    }

    /// The name under which an old table stays.
    pub(super) fn name(&self) -> &StreamName {
        &self.name
    }

    /// Keeps what the load is about to change, once the table is locked and has its columns.
    pub(super) async fn before(
        &mut self,
        client: &Client,
        (target, found, way): (&Target, &Found, Way),
        merge: &Merge<'_>,
    ) -> Result<()> {
        self.entry.columns = writable(client, &found.name).await?;
        if matches!(way, Way::Merge | Way::History | Way::RefillByKey) {
            merge.settle_duplicates(client).await?;
            self.entry.key.clone_from(&target.primary_key);
            self.entry.identity.clone_from(&target.primary_key);
        }
        if way == Way::History {
            self.entry.identity.push(VALID_FROM.into());
        }
        let journal = journal(&self.entry, &self.name);
        let make = format!(
            "create table {} as select null::char(1) as {}, null::varchar(20) as {}, {} from {} with no data",
            journal.journal,
            journal::OPERATION,
            journal::LEFT,
            journal.columns.join(", "),
            journal.table
        );
        client.run(&make).await?;
        let staged = Staged {
            table: merge.stage,
            key: journal.key.clone(),
            meets: merge.same_key("t", "s"),
            differs: format!("{} *<> {}", merge.row("t"), merge.row("s")),
        };
        let (mark, to) = (sql::ident(DELETED_AT), sql::ident(VALID_TO));
        let statements = match way {
            Way::Merge => journal.before_merge(
                &staged,
                match target.deletes {
                    DeleteRule::Ignore => Vanished::Stay,
                    DeleteRule::Soft => Vanished::Marked(&mark),
                    DeleteRule::Hard => Vanished::Deleted,
                },
            ),
            Way::RefillByKey => journal.before_merge(&staged, Vanished::Deleted),
            Way::History => journal.before_history(&staged, &to, target.deletes != DeleteRule::Ignore),
            Way::Refill => vec![journal.before_refill()],
            _ => Vec::new(),
        };
        for statement in statements {
            client.execute(&statement).await?;
        }
        if !journal.key.is_empty() && any(client, &journal.ambiguous()).await? {
            return Err(journal::ambiguous(&found.name));
        }
        self.journal = Some(journal);
        Ok(())
    }

    /// The statement that inserts rows, told to keep them as they are in the table then.
    pub(super) fn inserting(&self, insert: &str) -> String {
        let Some(journal) = &self.journal else {
            return insert.to_owned();
        };
        let list = journal.columns.join(", ");
        format!(
            "with landed as ({insert} returning {list}) insert into {} ({}, {list}) select 'i', {list} from landed",
            journal.journal,
            journal::OPERATION
        )
    }

    /// Keeps what has changed.
    pub(super) async fn after(&self, client: &Client, way: Way) -> Result<()> {
        let Some(journal) = self.journal.as_ref().filter(|journal| !journal.key.is_empty()) else {
            return Ok(());
        };
        let to = sql::ident(VALID_TO);
        for statement in journal.after((way == Way::History).then_some(to.as_str())) {
            client.execute(&statement).await?;
        }
        Ok(())
    }

    /// Notes that the load made the table, and how it is now.
    pub(super) async fn made(&mut self, client: &Client, swapped: bool) -> Result<()> {
        self.entry.columns = writable(client, &self.entry.table).await?;
        if swapped {
            self.entry.kind = Kind::Swapped;
            self.entry.journal = Some(self.name.clone());
        } else {
            self.entry.kind = Kind::Made;
        }
        self.entry.fingerprint = Some(fingerprint(client, &self.entry).await?);
        Ok(())
    }

    /// Writes the entry, unless the load changed nothing.
    pub(super) async fn finish(mut self, client: &Client, undos: &Undos, key: &StreamKey) -> Result<()> {
        if let Some(journal) = &self.journal {
            if any(client, &journal.any()).await? {
                self.entry.journal = Some(self.name.clone());
            } else {
                client.run(&format!("drop table {}", journal.journal)).await?;
            }
        }
        if self.entry.says_nothing() {
            return Ok(());
        }
        undos.add(client, key, &self.keep, &self.entry).await
    }
}

/// The columns of a table that can be written.
async fn writable(client: &Client, name: &StreamName) -> Result<Vec<String>> {
    let relation = catalog::relation_of(client, name).await?;
    let columns = relation.into_iter().flat_map(|relation| {
        let generated = relation.generated;
        let names = relation.spec.columns.into_iter().map(|column| column.name);
        names.filter(move |name| !generated.contains(name))
    });
    Ok(columns.collect())
}

/// The journal of an entry in PostgreSQL's words.
pub(super) fn journal(entry: &Entry, name: &StreamName) -> Journal {
    let quoted = |names: &[String]| names.iter().map(|name| sql::ident(name)).collect::<Vec<_>>();
    let columns = quoted(&entry.columns);
    Journal {
        table: sql::table(&entry.table),
        journal: sql::table(name),
        key: quoted(&entry.key),
        identity: quoted(&entry.identity),
        image: Box::new(image(columns.clone())),
        columns,
        joins: false,
        overriding: "overriding system value",
    }
}

/// A row as text: of values that differ in any way the texts do, under the settings of a transaction.
fn image(columns: Vec<String>) -> impl Fn(&str) -> String {
    move |alias| {
        let columns: Vec<String> = columns.iter().map(|name| format!("{alias}.{name}")).collect();
        format!("row({})::text", columns.join(", "))
    }
}

/// All rows of a table as one value.
pub(super) async fn fingerprint(client: &Client, entry: &Entry) -> Result<String> {
    let image = image(entry.columns.iter().map(|name| sql::ident(name)).collect())("t");
    let query = format!(
        "select count(*) || ' ' || coalesce(sum(hashtextextended({image}, 0)::numeric), 0) || ' ' \
         || coalesce(sum(hashtextextended({image}, 1)::numeric), 0) from {} as t",
        sql::table(&entry.table)
    );
    let row = client.inner.query_typed_one(&query, &[]).await;
    row.map(|row| row.get(0)).map_err(|error| client.error(&error))
}

pub(super) async fn any(client: &Client, query: &str) -> Result<bool> {
    let row = client.inner.query_typed_opt(query, &[]).await;
    row.map(|row| row.is_some()).map_err(|error| client.error(&error))
}

/// The table `_syncapp_undo` of one schema.
pub(super) struct Undos {
    table: String,
}

/// A row of it.
pub(super) struct Kept {
    pub(super) seq: i64,
    pub(super) key: StreamKey,
    pub(super) entry: Entry,
}

impl Undos {
    /// Its name without its schema.
    pub(super) const TABLE: &'static str = "_syncapp_undo";

    pub(super) fn beside(checkpoints: &Checkpoints) -> Self {
        Self {
            table: sql::table(&StreamName::within(checkpoints.schema(), Self::TABLE)),
        }
    }

    async fn exist(&self, client: &Client) -> Result<bool> {
        let query = format!("select 1 where to_regclass({}) is not null", sql::text(&self.table));
        any(client, &query).await
    }

    /// Makes it where it is not there, before a load's transaction takes locks. Two at once wait for each other.
    pub(super) async fn prepare(&self, client: &Client) -> Result<()> {
        if self.exist(client).await? {
            return Ok(());
        }
        let Self { table } = self;
        let lock = sql::text(&format!("syncapp:{table}"));
        client
            .run(&format!(
                "select pg_advisory_xact_lock(hashtext({lock})); create table if not exists {table} \
                 (seq bigint generated always as identity primary key, project text not null, sync text not null, \
                 stream text not null, run_id text not null, until bigint not null, entry text not null)"
            ))
            .await
    }

    async fn add(&self, client: &Client, key: &StreamKey, keep: &Keep, entry: &Entry) -> Result<()> {
        let spelled = entry.spell()?;
        let insert = format!(
            "insert into {} (project, sync, stream, run_id, until, entry) values ($1, $2, $3, $4, $5, $6)",
            self.table
        );
        let values: [(&(dyn ToSql + Sync), Type); 6] = [
            (&key.project, Type::TEXT),
            (&key.sync, Type::TEXT),
            (&key.stream, Type::TEXT),
            (&keep.run_id, Type::TEXT),
            (&keep.until, Type::INT8),
            (&spelled, Type::TEXT),
        ];
        let added = client.inner.execute_typed(&insert, &values).await;
        added.map(drop).map_err(|error| client.error(&error))
    }

    /// Drops a stream's journals that are older than they were to become.
    pub(super) async fn expire(&self, client: &Client, key: &StreamKey, now: i64) -> Result<()> {
        if !self.exist(client).await? {
            return Ok(());
        }
        let rest = format!("{} and until < {now}", of(key));
        for kept in self.read(client, &rest).await? {
            self.forget(client, &kept).await?;
        }
        Ok(())
    }

    /// The loads of a run, the last one first.
    pub(super) async fn of_run(&self, client: &Client, run_id: &str) -> Result<Vec<Kept>> {
        self.read(client, &format!("run_id = {}", sql::text(run_id))).await
    }

    async fn read(&self, client: &Client, condition: &str) -> Result<Vec<Kept>> {
        let query = format!(
            "select seq, project, sync, stream, entry from {} where {condition} order by seq desc",
            self.table
        );
        let rows = client.inner.query_typed(&query, &[]).await;
        let rows = rows.map_err(|error| client.error(&error))?;
        let kept = rows.iter().map(|row| {
            Ok(Kept {
                seq: row.get(0),
                key: StreamKey {
                    project: row.get(1),
                    sync: row.get(2),
                    stream: row.get(3),
                },
                entry: Entry::read(row.get(4))?,
            })
        });
        kept.collect()
    }

    /// Runs of a stream whose loads came after one, the newest first.
    pub(super) async fn later(&self, client: &Client, key: &StreamKey, seq: i64, run_id: &str) -> Result<Vec<String>> {
        let query = format!(
            "select run_id from {} where {} and seq > {seq} and run_id <> {} group by run_id order by max(seq) desc",
            self.table,
            of(key),
            sql::text(run_id)
        );
        let rows = client.inner.query_typed(&query, &[]).await;
        let rows = rows.map_err(|error| client.error(&error))?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Drops a load's journal and its entry.
    pub(super) async fn forget(&self, client: &Client, kept: &Kept) -> Result<()> {
        if let Some(journal) = &kept.entry.journal {
            client
                .run(&format!("drop table if exists {}", sql::table(journal)))
                .await?;
        }
        let delete = format!("delete from {} where seq = {}", self.table, kept.seq);
        client.execute(&delete).await.map(drop)
    }
}

/// The condition for a stream's rows.
pub(super) fn of(key: &StreamKey) -> String {
    format!(
        "project = {} and sync = {} and stream = {}",
        sql::text(&key.project),
        sql::text(&key.sync),
        sql::text(&key.stream)
    )
}
