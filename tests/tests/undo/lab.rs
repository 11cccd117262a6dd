//! Runs that keep a journal, and what a target holds between them.

use serde_json::Value as Json;

use crate::contract::place::Ran;
use crate::writes::lab::{Lab, Target};

/// A stream's keys with those of a journal.
fn undoable(keys: &str) -> String {
    let between = if keys.is_empty() { "" } else { ", " };
    format!("{keys}{between}undo: {{ keep: 1h }}")
}

impl Lab {
    /// Runs a sync that can be taken back; the run's id.
    pub(super) fn keep(&self, keys: &str, arguments: &[&str]) -> String {
        self.run_with(&undoable(keys), arguments).exits(0);
        self.last()
    }

    /// Writes the sync file of such a sync.
    pub(super) fn keep_ready(&self, keys: &str) {
        self.write(&undoable(keys));
    }

    /// The id of the last run.
    pub(super) fn last(&self) -> String {
        let ran = self.place.syncapp(&["runs", "--json", "--limit", "1"]).exits(0);
        ran.json()[0]["id"].as_str().unwrap().to_owned()
    }

    /// The ids of all runs, the newest first.
    pub(super) fn runs(&self) -> Vec<String> {
        let ran = self.place.syncapp(&["runs", "--json"]).exits(0);
        let ids = ran.json().into_iter().map(|run| run["id"].as_str().unwrap().to_owned());
        ids.collect()
    }

    /// Takes a run back.
    pub(super) fn undo(&self, run: &str, more: &[&str]) -> Ran {
        self.place.syncapp(&[&["undo", run][..], more].concat())
    }

    /// Takes a run of one stream back; what became of it.
    pub(super) fn undone(&self, run: &str) -> Json {
        let ran = self.undo(run, &["--json"]);
        assert!(matches!(ran.code, 0 | 3), "{}{}", ran.stdout, ran.stderr);
        ran.json()[0]["stream"].clone()
    }

    /// Whether the target has the table.
    pub(super) fn has(&self, table: &str) -> bool {
        let query = match &self.target {
            Target::Sqlite => format!("select name from sqlite_schema where name = '{table}'"),
            Target::Postgres(_) => {
                format!("select relname from pg_class where oid = to_regclass('{table}')")
            }
            Target::MariaDb(_) => format!(
                "select table_name from information_schema.tables where table_schema = database() and table_name = '{table}'"
            ),
        };
        self.rows(&query).iter().any(|name| name == table)
    }

    /// The columns of the table, in their order.
    pub(super) fn columns(&self) -> Vec<String> {
        let query = match &self.target {
            Target::Sqlite => "select name from pragma_table_info('people') order by cid",
            Target::Postgres(_) => {
                "select attname::text from pg_attribute where attrelid = to_regclass('people') and attnum > 0 \
                 and not attisdropped order by attnum"
            }
            Target::MariaDb(_) => {
                "select column_name from information_schema.columns where table_schema = database() \
                 and table_name = 'people' order by ordinal_position"
            }
        };
        self.rows(query)
    }

    /// The rows of the table in these columns, as a sorted multiset.
    pub(super) fn held(&self, columns: &[String]) -> Vec<String> {
        if columns.is_empty() {
            return Vec::new();
        }
        let texts: Vec<String> = columns
            .iter()
            .map(|name| match &self.target {
                Target::Sqlite => format!("quote({name})"),
                Target::Postgres(_) => format!("coalesce(quote_literal({name}::text), 'NULL')"),
                Target::MariaDb(_) => format!("quote(cast({name} as char))"),
            })
            .collect();
        let row = match &self.target {
            Target::MariaDb(_) => format!("concat_ws('|', {})", texts.join(", ")),
            _ => texts.join(" || '|' || "),
        };
        let mut rows = self.rows(&format!("select {row} from people"));
        rows.sort();
        rows
    }

    /// The checkpoint without its fence: what the next run begins with.
    pub(super) fn mark(&self) -> Vec<String> {
        if !self.has("_syncapp_checkpoint") {
            return vec!["none".into()];
        }
        let (rows, hash) = match &self.target {
            Target::Sqlite => ("rows", "hex(hash)"),
            Target::Postgres(_) => ("rows", "hash"),
            Target::MariaDb(_) => ("`rows`", "hash"),
        };
        let mut mark = match &self.target {
            Target::MariaDb(_) => self.rows(&format!(
                "select concat(coalesce(position, 'none'), ' ', {rows}) from _syncapp_checkpoint"
            )),
            _ => self.rows(&format!(
                "select coalesce(position, 'none') || ' ' || coalesce({rows}, 0) from _syncapp_checkpoint"
            )),
        };
        mark.extend(self.rows(&format!("select {hash} from _syncapp_boundary order by 1")));
        mark
    }

    /// Tables of SyncApp's own that hold journals.
    pub(super) fn journals(&self) -> Vec<String> {
        let query = match &self.target {
            Target::Sqlite => {
                "select name from sqlite_schema where type = 'table' and name like '\\_syncapp\\_undo\\_%' escape '\\'"
            }
            Target::Postgres(_) => {
                "select relname::text from pg_class where relkind = 'r' and relname like '\\_syncapp\\_undo\\_%'"
            }
            Target::MariaDb(_) => {
                "select table_name from information_schema.tables where table_schema = database() \
                 and table_name like '\\_syncapp\\_undo\\_%'"
            }
        };
        self.rows(query)
    }
}
