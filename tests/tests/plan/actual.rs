//! A target's table as it is, and what became of it: read and compared past SyncApp.

use std::collections::BTreeMap;

use super::case::{Case, spell};
use super::end::End;

/// The rows, each value by its column.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Actual(Vec<BTreeMap<String, Option<String>>>);

impl Actual {
    pub(super) async fn read(end: &End, case: &Case) -> Self {
        let mut columns = case.columns.clone();
        // Before the first run there may be a table without the columns that a run adds.
        let rows = end.rows(&case.table, &columns).await;
        if case.write == "history" {
            columns.push("_valid_to".into());
        } else if case.deletes == "soft" {
            columns.push("_deleted_at".into());
        }
        let rows = if columns.len() == case.columns.len() || rows.is_empty() {
            rows
        } else {
            end.rows(&case.table, &columns).await
        };
        let row = |cells: Vec<Option<String>>| {
            let cells = columns.iter().cloned().zip(cells);
            cells
                .map(|(column, cell)| (column.clone(), cell.map(|cell| spell(&column, &cell))))
                .collect()
        };
        let mut rows: Vec<BTreeMap<String, Option<String>>> = rows.into_iter().map(row).collect();
        rows.sort();
        Self(rows)
    }

    /// What became of the rows, in the words of [`super::case::said`].
    pub(super) fn changes(&self, before: &Self, case: &Case) -> Vec<String> {
        if case.write == "append" {
            let mut old = before.0.clone();
            let new = self
                .0
                .iter()
                .filter(|row| match old.iter().position(|known| known == *row) {
                    Some(at) => {
                        old.swap_remove(at);
                        false
                    }
                    None => true,
                });
            let added: Vec<String> = new.map(|row| format!("+ {}", case.whole(row))).collect();
            assert!(old.is_empty(), "rows went where rows are added: {old:?}");
            return added;
        }
        let (old, new) = (before.by_key(case), self.by_key(case));
        let mut changes = Vec::new();
        for (key, row) in &new {
            let Some(old) = old.get(key) else {
                changes.push(format!("+ {}", case.whole(row)));
                continue;
            };
            let marked = |row: &BTreeMap<String, Option<String>>| row.get("_deleted_at").is_some_and(Option::is_some);
            if marked(row) && !marked(old) {
                changes.push(format!("mark {key}"));
                continue;
            }
            for column in row.keys().filter(|column| row[*column] != old[*column]) {
                changes.push(case.cell(key, column, &old[column], &row[column]));
            }
        }
        let word = if case.write == "history" { "end" } else { "-" };
        changes.extend(
            old.keys()
                .filter(|key| !new.contains_key(*key))
                .map(|key| format!("{word} {key}")),
        );
        changes
    }

    /// The rows by key: in a history, the current versions.
    fn by_key(&self, case: &Case) -> BTreeMap<String, &BTreeMap<String, Option<String>>> {
        let current = self
            .0
            .iter()
            .filter(|row| row.get("_valid_to").is_none_or(Option::is_none));
        let mut rows = BTreeMap::new();
        for row in current {
            let twice = rows.insert(case.key(row), row);
            assert!(twice.is_none(), "a key stands twice: {row:?}");
        }
        rows
    }
}
