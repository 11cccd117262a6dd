//! The statements that read a journal back.

use super::{Journal, LEFT, OPERATION};

/// Statements in their order, and what each counts.
pub(crate) struct Restore {
    /// Mark the rows that are no longer what the run left; empty where no key names them.
    pub(crate) marks: Vec<String>,
    /// The rows left alone, one a row: the key's columns, then the reason. Without a key one row, which counts them.
    pub(crate) left: String,
    /// How many are left alone.
    pub(crate) count_left: String,
    /// Change the target. What each counts is said by its [`Step`].
    pub(crate) steps: Vec<(Step, String)>,
}

/// What the rows are that a statement touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// It prepares the others.
    Silent,
    /// Rows that were counted as removed, and stay.
    Stayed,
    /// Rows that the run inserted.
    Removed,
    /// Rows that the run changed.
    Restored,
    /// Rows that the run deleted.
    PutBack,
}

/// A row that is not there any more.
const GONE: &str = "deleted since";
/// A row that is another one now.
const CHANGED: &str = "changed since";
/// A row of the key of one that the run deleted.
const AGAIN: &str = "inserted since";
/// A row whose key has one of the others.
const TOGETHER: &str = "goes with it";

impl Journal {
    /// Takes the load back.
    pub(crate) fn restore(&self) -> Restore {
        if self.key.is_empty() {
            self.restore_unkeyed()
        } else {
            self.restore_keyed()
        }
    }

    fn restore_keyed(&self) -> Restore {
        let Self {
            table,
            own: journal,
            key,
            ..
        } = self;
        let (same, image) = (Self::equal(&self.identity, "j", "t"), &self.image);
        let (there, now, then) = (format!("from {table} as t where {same}"), image("t"), image("j"));
        let marks = vec![
            format!(
                "update {journal} as j set {LEFT} = case when exists (select 1 {there}) then '{CHANGED}' else '{GONE}' end \
                 where {OPERATION} in ('a', 'i') and not exists (select 1 {there} and {now} = {then})"
            ),
            format!(
                "update {journal} as j set {LEFT} = '{AGAIN}' where {OPERATION} = 'd' and exists (select 1 {there})"
            ),
            self.mark_together(),
        ];
        let reasons = format!("{LEFT} is not null and {LEFT} <> '{TOGETHER}'");
        Restore {
            marks,
            left: format!(
                "select {}, {LEFT} from {journal} where {reasons} order by {} limit",
                key.join(", "),
                key.join(", ")
            ),
            count_left: format!("select count(*) from {journal} where {reasons}"),
            steps: [
                Some((Step::Removed, self.delete_inserted(&same))),
                self.update_changed().map(|update| (Step::Restored, update)),
                Some((
                    Step::PutBack,
                    self.insert(&format!("{OPERATION} = 'd' and {LEFT} is null")),
                )),
            ]
            .into_iter()
            .flatten()
            .collect(),
        }
    }

    /// Rows of one key stand or fall together.
    fn mark_together(&self) -> String {
        let Self { own: journal, key, .. } = self;
        let same = Self::equal(key, "j", "x");
        if self.joins {
            format!(
                "update {journal} as j join {journal} as x on {same} and x.{LEFT} is not null \
                 set j.{LEFT} = '{TOGETHER}' where j.{LEFT} is null"
            )
        } else {
            format!(
                "update {journal} as j set {LEFT} = '{TOGETHER}' where {LEFT} is null \
                 and exists (select 1 from {journal} as x where x.{LEFT} is not null and {same})"
            )
        }
    }

    fn delete_inserted(&self, same: &str) -> String {
        let Self {
            table, own: journal, ..
        } = self;
        let rows =
            format!("exists (select 1 from {journal} as j where j.{OPERATION} = 'i' and j.{LEFT} is null and {same})");
        if self.joins {
            format!(
                "delete t from {table} as t join {journal} as j on {same} \
                 where j.{OPERATION} = 'i' and j.{LEFT} is null"
            )
        } else {
            format!("delete from {table} as t where {rows}")
        }
    }

    /// Nothing where nothing but what tells a row from others could change.
    fn update_changed(&self) -> Option<String> {
        let Self {
            table, own: journal, ..
        } = self;
        let same = Self::equal(&self.identity, "j", "t");
        let settable = |name: &&String| !self.identity.contains(name) && !self.fixed.contains(name);
        let set: Vec<String> = self
            .columns
            .iter()
            .filter(settable)
            .map(|name| format!("{}{name} = j.{name}", if self.joins { "t." } else { "" }))
            .collect();
        let (set, rows) = (set.join(", "), format!("j.{OPERATION} = 'b' and j.{LEFT} is null"));
        (!set.is_empty()).then(|| {
            if self.joins {
                format!("update {table} as t join {journal} as j on {same} set {set} where {rows}")
            } else {
                format!("update {table} as t set {set} from {journal} as j where {rows} and {same}")
            }
        })
    }

    fn insert(&self, rows: &str) -> String {
        let list = self.list();
        format!(
            "insert into {} ({list}) {} select {list} from {} where {rows}",
            self.table, self.overriding, self.own
        )
    }

    /// Puts all rows back into a table that has none.
    pub(crate) fn fill(&self) -> String {
        self.insert(&format!("{OPERATION} = 'd'"))
    }

    /// Equal rows are the same to everyone, so that of each image as many go as the run brought: all of them go, and what
    /// is more than the run's comes back.
    fn restore_unkeyed(&self) -> Restore {
        let Self {
            table, own: journal, ..
        } = self;
        let (now, then) = ((self.image)("t"), (self.image)("j"));
        let brought = format!(
            "select {then} as image, count(*) as n from {journal} as j where j.{OPERATION} = 'i' group by {then}"
        );
        let missing = format!(
            "select coalesce(sum(case when y.n > coalesce(x.n, 0) then y.n - coalesce(x.n, 0) else 0 end), 0) \
             from ({brought}) as y left join (select {now} as image, count(*) as n from {table} as t group by {now}) as x \
             on x.image = y.image"
        );
        let surplus = format!(
            "insert into {journal} ({OPERATION}, {}) select 'k', {} from (select {}, {now} as _syncapp_image, \
             row_number() over (partition by {now}) as _syncapp_number from {table} as t) as x \
             join ({brought}) as y on y.image = x._syncapp_image where x._syncapp_number > y.n",
            self.list(),
            Self::of(&self.columns, "x"),
            Self::of(&self.columns, "t")
        );
        let images = format!("select distinct {then} as image from {journal} as j where j.{OPERATION} = 'i'");
        let remove = if self.joins {
            format!("delete t from {table} as t join ({images}) as x on x.image = {now}")
        } else {
            format!("delete from {table} as t where {now} in ({images})")
        };
        Restore {
            marks: Vec::new(),
            left: String::new(),
            count_left: missing,
            steps: vec![
                (Step::Silent, surplus),
                (Step::Removed, remove),
                // Rows that come back were there all the time, to everyone but this transaction.
                (Step::Stayed, self.insert(&format!("{OPERATION} = 'k'"))),
                (Step::PutBack, self.insert(&format!("{OPERATION} = 'd'"))),
            ],
        }
    }
}
