//! What a load keeps so that its run can be taken back.
//!
//! `_syncapp_undo`, beside the checkpoints, has a row a load; see [`crate::journal`]. Journal tables lie beside their
//! targets. They are made before a load's transaction, which their definition would end, and those that no row names are
//! dropped by the next claim. An old table that a new one replaces is its own journal: it stays under the journal's name.

use syncapp_connector::{DELETED_AT, Keep, Target, VALID_FROM, VALID_TO};
use syncapp_model::sync_file::DeleteRule;
use syncapp_model::{DataType, Epoch, Result, StreamKey, StreamName};

use super::catalog::{self, Relation};
use super::checkpoint::{self, Checkpoints, of};
use super::client::{Client, number, optional, text};
use super::merge::Merge;
use super::sql;
use super::target::Way;
use crate::journal::{self, Entry, Journal, Kept, Kind, LEFT, Mark, OPERATION, Staged, Vanished};

/// A journal that a load fills.
pub(super) struct Keeping {
    pub(super) entry: Entry,
    pub(super) keep: Keep,
    name: StreamName,
    /// The journal table, where rows are kept one by one.
    journal: Option<Journal>,
}

impl Keeping {
    /// Begins where the target asks for it.
    pub(super) fn new(target: &Target, table: &StreamName, epoch: Epoch) -> Option<Self> {
        let keep = target.undo.clone()?;
        Some(Self {
            name: journal::name(target, table, epoch),
            entry: Entry::new(table, Kept::default(), Mark::default()),
            keep,
            journal: None,
        })
    }

    /// The name of the journal table, or under which an old table stays.
    pub(super) fn name(&self) -> &StreamName {
        &self.name
    }

    /// Where the stream comes from and where it goes.
    pub(super) fn between(&mut self, before: Kept, after: Mark) {
        self.entry.before = before;
        self.entry.after = after;
    }

    /// Makes the journal table, once the target has its columns. Ends any transaction.
    pub(super) async fn make(&mut self, client: &mut Client, target: &Target, way: Way) -> Result<()> {
        let relation = catalog::relation_of(client, &self.entry.table).await?;
        let relation = relation.ok_or_else(|| journal::changed_since(&self.entry.table))?;
        let keyed = matches!(way, Way::Merge | Way::History | Way::RefillByKey);
        if keyed {
            self.entry.key.clone_from(&target.primary_key);
            self.entry.identity.clone_from(&target.primary_key);
        } else if let Some(column) = fills_itself(client, &self.entry.table, target).await? {
            return Err(journal::fills_itself(&self.entry.table, &column));
        }
        if way == Way::History {
            self.entry.identity.push(VALID_FROM.into());
        }
        self.entry.columns = writable(&relation);
        let columns = relation
            .spec
            .columns
            .iter()
            .filter(|column| self.entry.columns.contains(&column.name));
        let columns = columns.map(|column| format!("{} {} null", sql::ident(&column.name), column.native.name));
        let columns: Vec<String> = columns.collect();
        let journal = journal(&self.entry, &relation, &self.name);
        let index = if keyed {
            format!(", index ({})", journal.key.join(", "))
        } else {
            String::new()
        };
        let create = format!(
            "create table {} ({OPERATION} char(1) character set ascii, {LEFT} varchar(20) character set ascii, {}{index}) \
             engine = InnoDB default charset = utf8mb4",
            journal.journal,
            columns.join(", ")
        );
        client.run(&create).await?;
        self.journal = Some(journal);
        Ok(())
    }

    /// Keeps what the load is about to change, in its transaction.
    pub(super) async fn before(
        &mut self,
        client: &mut Client,
        (target, way): (&Target, Way),
        merge: &Merge<'_>,
    ) -> Result<()> {
        let Some(journal) = &self.journal else { return Ok(()) };
        let staged = Staged {
            table: merge.stage,
            key: journal.key.clone(),
            meets: merge.same_key("t", "s"),
            differs: merge.differ("t", "s"),
        };
        let (mark, to) = (sql::ident(DELETED_AT), sql::ident(VALID_TO));
        let columns: Vec<String> = target.columns.iter().map(|column| sql::ident(&column.name)).collect();
        let inserted = journal.inserted(&columns, merge.stage, &columns);
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
            Way::Refill => vec![journal.before_refill(), inserted],
            _ => vec![inserted],
        };
        if !journal.key.is_empty() {
            merge.settle_duplicates(client).await?;
        }
        for statement in statements {
            client.execute(&statement).await?;
        }
        if !journal.key.is_empty() && client.any(&journal.ambiguous()).await? {
            return Err(journal::ambiguous(&self.entry.table));
        }
        Ok(())
    }

    /// Keeps what has changed, and writes the entry, unless the load changed nothing.
    pub(super) async fn after(
        &mut self,
        client: &mut Client,
        (target, way): (&Target, Way),
        undos: &Undos,
    ) -> Result<()> {
        let Some(journal) = &self.journal else { return Ok(()) };
        if !journal.key.is_empty() {
            let to = sql::ident(VALID_TO);
            for statement in journal.after((way == Way::History).then_some(to.as_str())) {
                client.execute(&statement).await?;
            }
        }
        if client.any(&journal.any()).await? {
            self.entry.journal = Some(self.name.clone());
        }
        if self.entry.says_nothing() {
            return Ok(());
        }
        undos.add(client, &target.key, &self.keep, &self.entry).await
    }

    /// Notes that a staged table gets the target's name.
    pub(super) async fn renames(&mut self, client: &mut Client, stage: &StreamName, swaps: bool) -> Result<()> {
        let relation = catalog::relation_of(client, stage).await?;
        let relation = relation.ok_or_else(|| journal::changed_since(stage))?;
        self.entry.columns = writable(&relation);
        self.entry.fingerprint = Some(fingerprint(client, &relation).await?);
        if swaps {
            self.entry.kind = Kind::Swapped;
            self.entry.journal = Some(self.name.clone());
        } else {
            self.entry.kind = Kind::Made;
        }
        Ok(())
    }
}

/// The columns of a table that can be written.
fn writable(relation: &Relation) -> Vec<String> {
    let names = relation.spec.columns.iter().map(|column| column.name.clone());
    names.filter(|name| !relation.generated.contains(name)).collect()
}

/// A column that the load does not write, and that is not NULL all the same.
async fn fills_itself(client: &mut Client, table: &StreamName, target: &Target) -> Result<Option<String>> {
    let query = format!(
        "select column_name from information_schema.columns where table_schema = {} and table_name = {} \
         and (coalesce(column_default, 'NULL') <> 'NULL' or extra like '%auto_increment%')",
        sql::text(table.namespace.as_deref().unwrap_or_default()),
        sql::text(&table.name)
    );
    let rows = client.rows(&query).await?;
    let names = rows.iter().map(|row| text(row, 0));
    let written = |name: &String| target.columns.iter().any(|column| column.name == *name);
    Ok(names.into_iter().find(|name| !written(name)))
}

/// The journal of an entry in MySQL's words.
pub(super) fn journal(entry: &Entry, relation: &Relation, name: &StreamName) -> Journal {
    let quoted = |names: &[String]| names.iter().map(|name| sql::ident(name)).collect::<Vec<_>>();
    Journal {
        table: sql::table(&entry.table),
        journal: sql::table(name),
        key: quoted(&entry.key),
        identity: quoted(&entry.identity),
        image: Box::new(image(relation, &entry.columns)),
        columns: quoted(&entry.columns),
        joins: true,
        overriding: "",
    }
}

/// A row as a digest of its bytes: short enough for an index of a derived table, long enough that no two are equal.
fn image(relation: &Relation, names: &[String]) -> impl Fn(&str) -> String + use<> {
    let float = |name: &String| {
        let column = relation.spec.column(name);
        column.is_some_and(|column| column.ty == DataType::Float32)
    };
    let columns: Vec<(String, bool)> = names.iter().map(|name| (sql::ident(name), float(name))).collect();
    move |alias| {
        let values = columns.iter().map(|(name, float)| {
            // As text a float has six digits.
            let exact = if *float { " * 1e0" } else { "" };
            format!("coalesce(hex(cast({alias}.{name}{exact} as binary)), '-')")
        });
        format!("sha2(concat_ws('|', {}), 256)", values.collect::<Vec<_>>().join(", "))
    }
}

/// All rows of a table as one value; they stay as they are until the transaction ends, if there is one.
pub(super) async fn fingerprint(client: &mut Client, relation: &Relation) -> Result<String> {
    let columns = writable(relation);
    let image = image(relation, &columns)("t");
    let part = |from: u8| format!("coalesce(sum(cast(conv(substr({image}, {from}, 16), 16, 10) as decimal(20))), 0)");
    let query = format!(
        "select concat(count(*), ' ', {}, ' ', {}) from {} as t lock in share mode",
        part(1),
        part(17),
        sql::table(&relation.spec.name)
    );
    let rows = client.rows(&query).await?;
    let sums = rows.first().map(|row| text(row, 0)).unwrap_or_default();
    Ok(format!("{} {sums}", columns.join(",")))
}

/// The table `_syncapp_undo` of one database.
pub(super) struct Undos {
    name: StreamName,
    table: String,
}

/// A row of it.
pub(super) struct Row {
    pub(super) seq: i64,
    pub(super) key: StreamKey,
    pub(super) entry: Entry,
}

impl Undos {
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
