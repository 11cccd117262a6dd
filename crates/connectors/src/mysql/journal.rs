//! What a load keeps so that its run can be taken back.
//!
//! `_syncapp_undo`, beside the checkpoints, has a row a load; see [`crate::journal`]. Journal tables lie beside their
//! targets. They are made before a load's transaction, which their definition would end, and those that no row names are
//! dropped by the next claim. An old table that a new one replaces is its own journal: it stays under the journal's name.

use syncapp_connector::{DELETED_AT, Keep, Target, VALID_FROM, VALID_TO};
use syncapp_model::sync_file::DeleteRule;
use syncapp_model::{DataType, Epoch, Result, StreamName};

use super::catalog::{self, Relation};
use super::client::{Client, text};
use super::entries::Entries;
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
        let journal = journal(&self.entry, &relation, &self.name)?;
        let index = if keyed {
            format!(", index ({})", journal.key.join(", "))
        } else {
            String::new()
        };
        let create = format!(
            "create table {} ({OPERATION} char(1) character set ascii, {LEFT} varchar(20) character set ascii, {}{index}) \
             engine = InnoDB default charset = utf8mb4",
            journal.own,
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
        entries: &Entries,
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
        entries.add(client, &target.key, &self.keep, &self.entry).await
    }

    /// Notes that a staged table gets the target's name.
    pub(super) async fn renames(&mut self, client: &mut Client, stage: &StreamName, swaps: bool) -> Result<()> {
        let relation = catalog::relation_of(client, stage).await?;
        let relation = relation.ok_or_else(|| journal::changed_since(stage))?;
        self.entry.columns = writable(&relation);
        self.entry.fingerprint = Some(fingerprint(client, &relation, &self.entry.columns).await?);
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
pub(super) fn writable(relation: &Relation) -> Vec<String> {
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
pub(super) fn journal(entry: &Entry, relation: &Relation, name: &StreamName) -> Result<Journal> {
    let quoted = |names: &[String]| names.iter().map(|name| sql::ident(name)).collect::<Vec<_>>();
    let added = entry.added_since(&writable(relation))?;
    Ok(Journal {
        table: sql::table(&entry.table),
        own: sql::table(name),
        key: quoted(&entry.key),
        identity: quoted(&entry.identity),
        fixed: Vec::new(),
        image: Box::new(image(relation, &entry.columns, quoted(&added))),
        columns: quoted(&entry.columns),
        joins: true,
        overriding: "",
    })
}

/// A row as a digest of its bytes: short enough for an index of a derived table, long enough that no two are equal. A
/// column that came since the load is NULL in the journal.
fn image(relation: &Relation, names: &[String], added: Vec<String>) -> impl Fn(&str) -> String + use<> {
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
        let new = added.iter().map(|name| match alias {
            "t" => format!("coalesce(hex(cast(t.{name} as binary)), '-')"),
            _ => "'-'".to_owned(),
        });
        let values: Vec<String> = values.chain(new).collect();
        format!("sha2(concat_ws('|', {}), 256)", values.join(", "))
    }
}

/// All rows of a table in some columns as one value; they stay as they are until the transaction ends, if there is one.
pub(super) async fn fingerprint(client: &mut Client, relation: &Relation, columns: &[String]) -> Result<String> {
    let image = image(relation, columns, Vec::new())("t");
    let part = |from: u8| format!("coalesce(sum(cast(conv(substr({image}, {from}, 16), 16, 10) as decimal(20))), 0)");
    let query = format!(
        "select concat(count(*), ' ', {}, ' ', {}) from {} as t lock in share mode",
        part(1),
        part(17),
        sql::table(&relation.spec.name)
    );
    let rows = client.rows(&query).await?;
    Ok(rows.first().map(|row| text(row, 0)).unwrap_or_default())
}

/// Whether the table still is as a load made it: the same rows, and nothing in columns that came since.
pub(super) async fn is_as_made(client: &mut Client, entry: &Entry, relation: &Relation) -> Result<bool> {
    let added = entry.added_since(&writable(relation))?;
    if entry.fingerprint != Some(fingerprint(client, relation, &entry.columns).await?) {
        return Ok(false);
    }
    for name in added {
        let filled = format!(
            "select 1 from {} where {} is not null limit 1",
            sql::table(&entry.table),
            sql::ident(&name)
        );
        if client.any(&filled).await? {
            return Ok(false);
        }
    }
    Ok(true)
}
