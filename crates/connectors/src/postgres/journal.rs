//! What a load keeps so that its run can be taken back.
//!
//! `_syncapp_undo`, beside the checkpoints, has a row a load; see [`crate::journal`]. Journal tables lie beside their
//! targets. An old table that a new one replaces is its own journal: it stays under the journal's name.

use syncapp_connector::{DELETED_AT, Keep, Target, VALID_FROM, VALID_TO};
use syncapp_model::sync_file::DeleteRule;
use syncapp_model::{Epoch, Result, StreamKey, StreamName};

use super::catalog::{self, Relation};
use super::client::Client;
use super::entries::Entries;
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
        self.entry.fixed = fixed(client, &found.name).await?;
        if matches!(way, Way::Merge | Way::History | Way::RefillByKey) {
            merge.settle_duplicates(client).await?;
            self.entry.key.clone_from(&target.primary_key);
            self.entry.identity.clone_from(&target.primary_key);
        }
        if way == Way::History {
            self.entry.identity.push(VALID_FROM.into());
        }
        let journal = journal(&self.entry, &self.name, None)?;
        let make = format!(
            "create table {} as select null::char(1) as {}, null::varchar(20) as {}, {} from {} with no data",
            journal.own,
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
            journal.own,
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
    pub(super) async fn finish(mut self, client: &Client, entries: &Entries, key: &StreamKey) -> Result<()> {
        if let Some(journal) = &self.journal {
            if any(client, &journal.any()).await? {
                self.entry.journal = Some(self.name.clone());
            } else {
                client.run(&format!("drop table {}", journal.own)).await?;
            }
        }
        if self.entry.says_nothing() {
            return Ok(());
        }
        entries.add(client, key, &self.keep, &self.entry).await
    }
}

/// The columns of a table that can be written.
async fn writable(client: &Client, name: &StreamName) -> Result<Vec<String>> {
    let relation = catalog::relation_of(client, name).await?;
    Ok(relation.as_ref().map_or_else(Vec::new, names))
}

fn names(relation: &Relation) -> Vec<String> {
    let names = relation.spec.columns.iter().map(|column| column.name.clone());
    names.filter(|name| !relation.generated.contains(name)).collect()
}

/// The columns of a table that no update may set.
async fn fixed(client: &Client, name: &StreamName) -> Result<Vec<String>> {
    let query = format!(
        "select attname::text from pg_attribute where attrelid = {}::regclass and attidentity = 'a'",
        sql::text(&sql::table(name))
    );
    let rows = client.inner.query_typed(&query, &[]).await;
    let rows = rows.map_err(|error| client.error(&error))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The journal of an entry in PostgreSQL's words; to read it back, beside its table as that is now.
pub(super) fn journal(entry: &Entry, name: &StreamName, now: Option<&Relation>) -> Result<Journal> {
    let quoted = |names: &[String]| names.iter().map(|name| sql::ident(name)).collect::<Vec<_>>();
    Ok(Journal {
        table: sql::table(&entry.table),
        own: sql::table(name),
        columns: quoted(&entry.columns),
        key: quoted(&entry.key),
        identity: quoted(&entry.identity),
        fixed: quoted(&entry.fixed),
        image: Box::new(image(entry, now)?),
        joins: false,
        overriding: "overriding system value",
    })
}

/// A row as text: of values that differ in any way the texts do, under the settings of a transaction. A value of the
/// journal has the type that its column has now; a column that came since is NULL.
fn image(entry: &Entry, now: Option<&Relation>) -> Result<impl Fn(&str) -> String + use<>> {
    let ty = |name: &String| Some(now?.spec.column(name)?.native.name.clone());
    let columns: Vec<_> = entry.columns.iter().map(|name| (sql::ident(name), ty(name))).collect();
    let added: Vec<String> = match now {
        Some(now) => entry
            .added_since(&names(now))?
            .iter()
            .map(|name| sql::ident(name))
            .collect(),
        None => Vec::new(),
    };
    Ok(move |alias: &str| {
        let target = alias == "t";
        let value = |(name, ty): &(String, Option<String>)| match ty {
            Some(ty) if !target => format!("{alias}.{name}::{ty}"),
            _ => format!("{alias}.{name}"),
        };
        let new = |name: &String| if target { format!("t.{name}") } else { "null".to_owned() };
        let values: Vec<String> = columns.iter().map(value).chain(added.iter().map(new)).collect();
        format!("row({})::text", values.join(", "))
    })
}

/// All rows of a table as one value.
async fn fingerprint(client: &Client, entry: &Entry) -> Result<String> {
    let image = image(entry, None)?("t");
    let query = format!(
        "select count(*) || ' ' || coalesce(sum(hashtextextended({image}, 0)::numeric), 0) || ' ' \
         || coalesce(sum(hashtextextended({image}, 1)::numeric), 0) from {} as t",
        sql::table(&entry.table)
    );
    let row = client.inner.query_typed_one(&query, &[]).await;
    row.map(|row| row.get(0)).map_err(|error| client.error(&error))
}

/// Whether the table still is as a load made it: the same rows, and nothing in columns that came since.
pub(super) async fn is_as_made(client: &Client, entry: &Entry, now: &Relation) -> Result<bool> {
    let added = entry.added_since(&names(now))?;
    if entry.fingerprint.as_ref() != Some(&fingerprint(client, entry).await?) {
        return Ok(false);
    }
    for name in added {
        let filled = format!(
            "select 1 from {} where {} is not null limit 1",
            sql::table(&entry.table),
            sql::ident(&name)
        );
        if any(client, &filled).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(super) async fn any(client: &Client, query: &str) -> Result<bool> {
    let row = client.inner.query_typed_opt(query, &[]).await;
    row.map(|row| row.is_some()).map_err(|error| client.error(&error))
}
