//! Staged rows into a table by key, in set-based statements.
//!
//! Where a load brings a key more than once, the row of the greatest cursor wins; rows of one key and one cursor value
//! that differ are an error. A row that is already as it should be is left alone: rows are compared by their bytes.

use syncapp_connector::{DELETED_AT, Receipt};
use syncapp_model::{Code, Error, Result, Scalar};

use super::client::Client;
use super::{matching, sql};

pub(super) struct Merge<'a> {
    /// Quoted.
    pub(super) table: &'a str,
    /// Quoted.
    pub(super) stage: &'a str,
    pub(super) columns: Vec<&'a str>,
    /// Those of them whose difference makes a row another one.
    pub(super) compared: Vec<&'a str>,
    pub(super) key: Vec<&'a str>,
    /// Whether no two staged rows have one key.
    pub(super) distinct: bool,
    pub(super) cursor: Option<&'a str>,
    /// Whether the table has a unique index over the key.
    pub(super) unique_key: bool,
}

impl Merge<'_> {
    /// Inserts and updates.
    pub(super) async fn apply(&self, client: &Client) -> Result<Receipt> {
        self.settle_duplicates(client).await?;
        self.land(client).await
    }

    /// The same for staged rows that have one row a key. `stage` may be a query.
    pub(super) async fn land(&self, client: &Client) -> Result<Receipt> {
        let counts = if self.unique_key {
            match matching::run(client, self.table, &self.merge()).await? {
                Some(counts) => counts,
                None => self.count(client, &self.upsert()).await?,
            }
        } else {
            let updated = client
                .inner
                .execute_typed(&self.update(), &[])
                .await
                .map_err(|error| client.error(&error))?;
            let inserted = client
                .inner
                .execute_typed(&self.insert(), &[])
                .await
                .map_err(|error| client.error(&error))?;
            (inserted, updated)
        };
        Ok(Receipt {
            inserted: counts.0,
            updated: counts.1,
            deleted: 0,
        })
    }

    async fn count(&self, client: &Client, statement: &str) -> Result<(u64, u64)> {
        let row = client
            .inner
            .query_typed_one(statement, &[])
            .await
            .map_err(|error| client.error(&error))?;
        Ok((row.get::<_, i64>(0) as u64, row.get::<_, i64>(1) as u64))
    }

    pub(super) fn list(&self) -> String {
        sql::idents(self.columns.iter().copied())
    }

    fn keys(&self) -> String {
        sql::idents(self.key.iter().copied())
    }

    pub(super) fn row(&self, of: &str) -> String {
        let columns: Vec<String> = self
            .compared
            .iter()
            .map(|name| format!("{of}.{}", sql::ident(name)))
            .collect();
        // Without the cast the server compares column by column, for which not every type has an operator.
        format!("row({})::record", columns.join(", "))
    }

    pub(super) fn same_key(&self, one: &str, other: &str) -> String {
        let equal = self
            .key
            .iter()
            .map(|name| format!("{one}.{0} = {other}.{0}", sql::ident(name)));
        equal.collect::<Vec<_>>().join(" and ")
    }

    /// What an update sets: every column but the key. With nothing else there is nothing to update.
    fn assignments(&self, from: &str) -> String {
        let rest = self.columns.iter().filter(|name| !self.key.contains(name));
        rest.map(|name| format!("{0} = {from}.{0}", sql::ident(name)))
            .collect::<Vec<_>>()
            .join(", ")
    }

    fn merge(&self) -> String {
        let Self { table, stage, .. } = self;
        let (list, set, same) = (self.list(), self.assignments("s"), self.same_key("t", "s"));
        let update = if set.is_empty() {
            String::new()
        } else {
            format!(
                "when matched and {} *<> {} then update set {set}",
                self.row("t"),
                self.row("s")
            )
        };
        let values: Vec<String> = self
            .columns
            .iter()
            .map(|name| format!("s.{}", sql::ident(name)))
            .collect();
        format!(
            "merge into {table} as t using {stage} as s on {same} {update} \
             when not matched then insert ({list}) overriding system value values ({})",
            values.join(", ")
        )
    }

    fn upsert(&self) -> String {
        let Self { table, stage, .. } = self;
        let (list, keys, set) = (self.list(), self.keys(), self.assignments("excluded"));
        let action = if set.is_empty() {
            "do nothing".to_owned()
        } else {
            format!(
                "do update set {set} where {} *<> {}",
                self.row("t"),
                self.row("excluded")
            )
        };
        format!(
            "with landed as (insert into {table} as t ({list}) overriding system value select {list} from {stage} s \
             on conflict ({keys}) {action} returning (t.xmax = 0) as inserted) \
             select count(*) filter (where inserted), count(*) filter (where not inserted) from landed"
        )
    }

    fn update(&self) -> String {
        let Self { table, stage, .. } = self;
        let set = self.assignments("s");
        if set.is_empty() {
            return "select 1 where false".into();
        }
        let (same, new, old) = (self.same_key("t", "s"), self.row("s"), self.row("t"));
        format!("update {table} as t set {set} from {stage} s where {same} and {old} *<> {new}")
    }

    fn insert(&self) -> String {
        let Self { table, stage, .. } = self;
        let (list, same) = (self.list(), self.same_key("t", "s"));
        format!(
            "insert into {table} ({list}) overriding system value select {list} from {stage} s \
             where not exists (select from {table} t where {same})"
        )
    }

    /// Deletes the rows whose key is not staged.
    pub(super) fn delete_vanished(&self) -> String {
        let Self { table, stage, .. } = self;
        format!(
            "delete from {table} t where not exists (select from {stage} s where {})",
            self.same_key("t", "s")
        )
    }

    /// Marks the rows whose key is not staged, and that are not marked yet.
    pub(super) fn mark_vanished(&self, moment: i64) -> String {
        let Self { table, stage, .. } = self;
        let (mark, moment) = (sql::ident(DELETED_AT), sql::scalar(&Scalar::TimestampTz(moment)));
        format!(
            "update {table} t set {mark} = {moment} \
             where t.{mark} is null and not exists (select from {stage} s where {})",
            self.same_key("t", "s")
        )
    }

    /// Leaves one staged row a key; how many went.
    pub(super) async fn settle_duplicates(&self, client: &Client) -> Result<u64> {
        let Self { stage, .. } = self;
        if self.distinct {
            return Ok(0);
        }
        let failed = |error| client.error(&error);
        let keys = self.keys();
        let found = format!("select 1 from {stage} group by {keys} having count(*) > 1 limit 1");
        if client
            .inner
            .query_typed_opt(&found, &[])
            .await
            .map_err(failed)?
            .is_none()
        {
            return Ok(0);
        }
        let order = self
            .cursor
            .map_or_else(String::new, |cursor| format!("order by {} desc", sql::ident(cursor)));
        // Names that no stream's column has: the keys stand beside them.
        let ranked = format!(
            "select {keys}, s.ctid as _syncapp_place, {row}::text as _syncapp_image, \
             rank() over w as _syncapp_rank, row_number() over w as _syncapp_number \
             from {stage} s window w as (partition by {keys} {order})",
            row = self.row("s")
        );
        let named: Vec<String> = self
            .key
            .iter()
            .map(|name| format!("{}::text", sql::ident(name)))
            .collect();
        let ties = format!(
            "select concat_ws(', ', {}) from ({ranked}) r where _syncapp_rank = 1 \
             group by {keys} having count(distinct _syncapp_image) > 1 limit 5",
            named.join(", ")
        );
        let rows = client.inner.query_typed(&ties, &[]).await.map_err(failed)?;
        if !rows.is_empty() {
            let named: Vec<String> = rows
                .iter()
                .map(|row| format!("({})", row.get::<_, String>(0)))
                .collect();
            let why = match self.cursor {
                Some(cursor) => format!("rows of one key and one `{cursor}` differ"),
                None => "rows of one key differ".into(),
            };
            return Err(Error::new(Code::DuplicateKey, why)
                .row(format!("{keys} = {}", named.join(", ")))
                .help("choose a `primary_key` that tells the rows apart"));
        }
        let settle = format!(
            "delete from {stage} s using ({ranked}) r where s.ctid = r._syncapp_place and r._syncapp_number > 1"
        );
        client.inner.execute_typed(&settle, &[]).await.map_err(failed)
    }
}
