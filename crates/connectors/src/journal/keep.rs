//! The statements that fill a journal around those that land rows.

use super::{Journal, OPERATION};

/// Staged rows on their way into a table by key.
pub(crate) struct Staged<'a> {
    /// The staging table, quoted.
    pub(crate) table: &'a str,
    /// The staged columns of the journal's key.
    pub(crate) key: Vec<String>,
    /// Whether `t`, a row of the target, and `s`, a staged one, have one key.
    pub(crate) meets: String,
    /// Whether they differ.
    pub(crate) differs: String,
}

/// What becomes of rows whose key is not staged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Vanished<'a> {
    Stay,
    /// Marked in this column, quoted.
    Marked(&'a str),
    Deleted,
}

impl Journal {
    fn keep(&self, operation: &str, condition: &str) -> String {
        let Self {
            table, own: journal, ..
        } = self;
        format!(
            "insert into {journal} ({OPERATION}, {}) select '{operation}', {} from {table} as t where {condition}",
            self.list(),
            Self::of(&self.columns, "t")
        )
    }

    /// The keys that are not in the table, by a join: unlike for a subquery, an index for it is made once.
    fn note_new(&self, staged: &Staged<'_>, current: &str) -> String {
        let Self {
            table, own: journal, ..
        } = self;
        format!(
            "insert into {journal} ({OPERATION}, {}) select '?', {} from {} as s \
             left join {table} as t on {}{current} where t.{} is null",
            self.key.join(", "),
            Self::of(&staged.key, "s"),
            staged.table,
            staged.meets,
            self.key[0]
        )
    }

    /// What a merge is about to change.
    pub(crate) fn before_merge(&self, staged: &Staged<'_>, vanished: Vanished<'_>) -> Vec<String> {
        let Staged {
            table, meets, differs, ..
        } = staged;
        let mut statements = vec![
            self.keep(
                "b",
                &format!("exists (select 1 from {table} as s where {meets} and {differs})"),
            ),
            self.note_new(staged, ""),
        ];
        let gone = format!("not exists (select 1 from {table} as s where {meets})");
        match vanished {
            Vanished::Stay => {}
            Vanished::Marked(mark) => statements.push(self.keep("b", &format!("t.{mark} is null and {gone}"))),
            Vanished::Deleted => statements.push(self.keep("d", &gone)),
        }
        statements
    }

    /// What a history is about to change: only current versions do, those whose end `to` is NULL.
    pub(crate) fn before_history(&self, staged: &Staged<'_>, to: &str, ends: bool) -> Vec<String> {
        let Staged {
            table, meets, differs, ..
        } = staged;
        let exists = format!("exists (select 1 from {table} as s where {meets}");
        let mut statements = vec![
            self.keep("b", &format!("t.{to} is null and {exists} and {differs})")),
            self.note_new(staged, &format!(" and t.{to} is null")),
        ];
        if ends {
            statements.push(self.keep("b", &format!("t.{to} is null and not {exists})")));
        }
        statements
    }

    /// The rows that have changed, as they are now. Of a history those that are current, or were.
    pub(crate) fn after(&self, to: Option<&str>) -> Vec<String> {
        let Self {
            table, own: journal, ..
        } = self;
        let before = format!(
            "exists (select 1 from {journal} as b where b.{OPERATION} = 'b' and {})",
            Self::equal(&self.identity, "b", "t")
        );
        let current = to.map_or_else(String::new, |to| format!(" and (t.{to} is null or {before})"));
        let touched = format!(
            "select distinct {} from {journal} as k where k.{OPERATION} in ('b', '?')",
            self.key.join(", ")
        );
        vec![
            format!(
                "insert into {journal} ({OPERATION}, {}) select case when {before} then 'a' else 'i' end, {} \
                 from ({touched}) as k join {table} as t on {}{current}",
                self.list(),
                Self::of(&self.columns, "t"),
                Self::equal(&self.key, "k", "t")
            ),
            format!("delete from {journal} where {OPERATION} = '?'"),
        ]
    }

    /// All rows of the table, which are about to be deleted.
    pub(crate) fn before_refill(&self) -> String {
        self.keep("d", "1 = 1")
    }

    /// The rows that were inserted, out of where they were staged.
    pub(crate) fn inserted(&self, columns: &[String], stage: &str, staged: &[String]) -> String {
        format!(
            "insert into {} ({OPERATION}, {}) select 'i', {} from {stage}",
            self.own,
            columns.join(", "),
            staged.join(", ")
        )
    }

    /// Finds a row where the key does not tell rows apart.
    pub(crate) fn ambiguous(&self) -> String {
        format!(
            "select 1 from {} where {OPERATION} in ('b', 'd') group by {} having count(*) > 1 limit 1",
            self.own,
            self.identity.join(", ")
        )
    }

    /// Finds a row where there is any.
    pub(crate) fn any(&self) -> String {
        format!("select 1 from {} limit 1", self.own)
    }
}
