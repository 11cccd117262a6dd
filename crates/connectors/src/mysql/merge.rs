//! Staged rows into a table by key, in set-based statements.
//!
//! Where a load brings a key more than once, the row of the greatest cursor wins; rows of one key and one cursor value
//! that differ are an error. A row that is already as it should be is left alone: texts are compared by their bytes.

use syncapp_connector::{DELETED_AT, Receipt};
use syncapp_model::{Code, Error, Result};

use super::client::{Client, text};
use super::sql;

/// The staging table's own column: its rows have no other name.
pub(super) const ROW: &str = "_syncapp_row";

pub(super) struct Merge<'a> {
    /// Quoted.
    pub(super) table: &'a str,
    /// Quoted.
    pub(super) stage: &'a str,
    pub(super) columns: Vec<&'a str>,
    /// Those of them whose difference makes a row another one, and whether a collation compares them.
    pub(super) compared: Vec<(&'a str, bool)>,
    pub(super) key: Vec<&'a str>,
    /// Whether no two staged rows have one key.
    pub(super) distinct: bool,
    pub(super) cursor: Option<&'a str>,
}

impl Merge<'_> {
    /// Inserts and updates.
    pub(super) async fn apply(&self, client: &mut Client) -> Result<Receipt> {
        self.settle_duplicates(client).await?;
        self.land(client).await
    }

    /// The same for staged rows that have one row a key. `stage` may be a query.
    pub(super) async fn land(&self, client: &mut Client) -> Result<Receipt> {
        let updated = match self.update() {
            Some(update) => client.execute(&update).await?,
            None => 0,
        };
        Ok(Receipt {
            updated,
            inserted: client.execute(&self.insert()).await?,
            deleted: 0,
        })
    }

    pub(super) fn list(&self) -> String {
        sql::idents(self.columns.iter().copied())
    }

    /// Whether two rows differ.
    pub(super) fn differ(&self, one: &str, other: &str) -> String {
        let same = self.compared.iter().map(|(name, text)| {
            let name = sql::ident(name);
            if *text {
                format!("cast({one}.{name} as binary) <=> cast({other}.{name} as binary)")
            } else {
                format!("{one}.{name} <=> {other}.{name}")
            }
        });
        let same: Vec<String> = same.collect();
        if same.is_empty() {
            "false".into()
        } else {
            format!("not ({})", same.join(" and "))
        }
    }

    pub(super) fn same_key(&self, one: &str, other: &str) -> String {
        let equal = self
            .key
            .iter()
            .map(|name| format!("{one}.{0} = {other}.{0}", sql::ident(name)));
        equal.collect::<Vec<_>>().join(" and ")
    }

    /// With nothing but the key there is nothing to update.
    fn update(&self) -> Option<String> {
        let rest = self.columns.iter().filter(|name| !self.key.contains(name));
        let set: Vec<String> = rest.map(|name| format!("t.{0} = s.{0}", sql::ident(name))).collect();
        (!set.is_empty()).then(|| {
            format!(
                "update {} t join {} s on {} set {} where {}",
                self.table,
                self.stage,
                self.same_key("t", "s"),
                set.join(", "),
                self.differ("t", "s")
            )
        })
    }

    fn insert(&self) -> String {
        let list = self.list();
        format!(
            "insert into {table} ({list}) select {list} from {stage} s \
             where not exists (select 1 from {table} t where {same})",
            table = self.table,
            stage = self.stage,
            same = self.same_key("t", "s")
        )
    }

    /// Adds all staged rows.
    pub(super) fn fill(&self) -> String {
        let list = self.list();
        format!(
            "insert into {} ({list}) select {list} from {} s",
            self.table, self.stage
        )
    }

    fn vanished(&self) -> String {
        format!(
            "not exists (select 1 from {} s where {})",
            self.stage,
            self.same_key("t", "s")
        )
    }

    /// Deletes the rows whose key is not staged.
    pub(super) fn delete_vanished(&self) -> String {
        format!("delete t from {} t where {}", self.table, self.vanished())
    }

    /// Marks the rows whose key is not staged, and that are not marked yet.
    pub(super) fn mark_vanished(&self, moment: i64) -> String {
        let mark = sql::ident(DELETED_AT);
        format!(
            "update {} t set t.{mark} = {} where t.{mark} is null and {}",
            self.table,
            sql::moment(moment),
            self.vanished()
        )
    }

    /// Leaves one staged row a key; how many went.
    pub(super) async fn settle_duplicates(&self, client: &mut Client) -> Result<u64> {
        let Self { stage, .. } = self;
        if self.distinct {
            return Ok(0);
        }
        let keys = sql::idents(self.key.iter().copied());
        let found = format!("select 1 from {stage} group by {keys} having count(*) > 1 limit 1");
        if !client.any(&found).await? {
            return Ok(0);
        }
        let same = self.same_key("a", "b");
        // Among rows of one key the later one stands behind, where their cursors are equal.
        let (beaten, tied) = match self.cursor {
            Some(cursor) => {
                let cursor = sql::ident(cursor);
                (
                    format!("(b.{cursor} > a.{cursor} or b.{cursor} <=> a.{cursor} and b.{ROW} < a.{ROW})"),
                    format!(
                        "a.{cursor} <=> b.{cursor} and not exists (select 1 from {stage} c where {} and c.{cursor} > a.{cursor})",
                        self.same_key("c", "a")
                    ),
                )
            }
            None => (format!("b.{ROW} < a.{ROW}"), "true".to_owned()),
        };
        let named: Vec<String> = self.key.iter().map(|name| format!("a.{}", sql::ident(name))).collect();
        let ties = format!(
            "select distinct concat_ws(', ', {}) from {stage} a join {stage} b on {same} and a.{ROW} < b.{ROW} \
             where {tied} and {} limit 5",
            named.join(", "),
            self.differ("a", "b")
        );
        let rows = client.rows(&ties).await?;
        if !rows.is_empty() {
            let named: Vec<String> = rows.iter().map(|row| format!("({})", text(row, 0))).collect();
            let why = match self.cursor {
                Some(cursor) => format!("rows of one key and one `{cursor}` differ"),
                None => "rows of one key differ".into(),
            };
            return Err(Error::new(Code::DuplicateKey, why)
                .row(format!("{keys} = {}", named.join(", ")))
                .help("choose a `primary_key` that tells the rows apart"));
        }
        client
            .execute(&format!(
                "delete a from {stage} a join {stage} b on {same} where {beaten}"
            ))
            .await
    }
}
