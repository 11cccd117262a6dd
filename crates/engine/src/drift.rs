//! What changed between a source and the table that earlier runs wrote: pure functions over both.

use syncapp_connector::{DELETED_AT, RUN_ID, SYNCED_AT, VALID_FROM, VALID_TO};
use syncapp_connector::{Role, Target, TargetChange, TargetShape};
use syncapp_model::sync_file::Write;
use syncapp_model::{Code, Error};

/// Columns that runs add, which no source has.
const OWN: [&str; 5] = [DELETED_AT, RUN_ID, SYNCED_AT, VALID_FROM, VALID_TO];

/// How the mapped columns differ from those of the table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Drift {
    /// Mapped columns that the table does not have.
    pub(crate) added: Vec<String>,
    /// Columns of SyncApp's own table that are mapped no more.
    pub(crate) dropped: Vec<String>,
    /// Columns whose types differ from those that SyncApp gave them, in words.
    pub(crate) retyped: Vec<String>,
    /// Columns of the key by which rows of SyncApp's own table were never written.
    pub(crate) unknown_key: Vec<String>,
}

impl Drift {
    /// Compares a target with what is there. A table that is not there yet has nothing to differ from.
    pub(crate) fn of(target: &Target, shape: &TargetShape) -> Self {
        if shape.present.is_empty() {
            return Self::default();
        }
        let own = |name: &str| OWN.contains(&name);
        let present = |name: &str| {
            shape
                .present
                .iter()
                .find(|column| column.name.eq_ignore_ascii_case(name))
        };
        let mapped = target.columns.iter().filter(|column| !own(&column.name));
        let added = mapped.clone().filter(|column| present(&column.name).is_none());
        let mut drift = Self {
            added: added.map(|column| column.name.clone()).collect(),
            ..Self::default()
        };
        if !shape.ours {
            return drift;
        }
        if matches!(target.write, Write::Merge | Write::History) {
            let key = drift.added.iter().filter(|column| target.primary_key.contains(column));
            drift.unknown_key = key.cloned().collect();
        }
        let wanted = |name: &str| mapped.clone().any(|column| column.name.eq_ignore_ascii_case(name));
        let dropped = shape
            .present
            .iter()
            .filter(|column| !own(&column.name) && !wanted(&column.name));
        drift.dropped = dropped.map(|column| column.name.clone()).collect();
        for (column, lands) in target.columns.iter().zip(&shape.columns) {
            let widened = shape
                .changes
                .iter()
                .any(|change| matches!(change, TargetChange::Widen { column: name, .. } if *name == column.name));
            let before = present(&column.name).filter(|before| {
                column.role == Role::Data && !own(&column.name) && { widened || before.native != lands.native }
            });
            drift.retyped.extend(
                before.map(|before| format!("{} from {} to {}", column.name, before.native.name, lands.native.name)),
            );
        }
        drift
    }

    /// The reason to stop whatever the policy is: rows that are there would not be found, and land once more.
    pub(crate) fn broken(&self) -> Option<Error> {
        (!self.unknown_key.is_empty()).then(|| {
            let key = self.unknown_key.join(", ");
            let why = format!("the target's rows have no key column `{key}`: they were written by another key");
            Error::new(Code::SchemaChanged, why).help(
                "nothing was written; give the column its old name by `columns` and `from`, name the old key in \
                 `primary_key`, or let the table be made again by `--full-refresh` (of a history: under another name)",
            )
        })
    }

    /// `schema_changes: pause`: the reason to stop.
    pub(crate) fn pause(&self) -> Option<Error> {
        let parts = [
            ("new", &self.added),
            ("gone", &self.dropped),
            ("of another type", &self.retyped),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(_, columns)| !columns.is_empty())
            .map(|(what, columns)| format!("{what}: {}", columns.join(", ")))
            .collect();
        (!parts.is_empty()).then(|| {
            Error::new(Code::SchemaChanged, format!("the stream's columns changed ({})", parts.join("; "))).help(
                "nothing was written; take the changes over by one run with `schema_changes: propagate`, or keep columns \
                 out by `select`",
            )
        })
    }

    /// `schema_changes: ignore`: what is left out, or the reason why the target cannot stay as it is.
    pub(crate) fn ignore(&self, key: &[String]) -> Result<Option<Error>, Error> {
        if let Some(column) = self.added.iter().find(|column| key.contains(column)) {
            let why = format!("the key column `{column}` is new, and the target's columns stay as they are");
            return Err(Error::new(Code::SchemaChanged, why).help("choose `schema_changes: propagate`"));
        }
        if let Some(retyped) = self.retyped.first() {
            let why = format!("a column changed its type ({retyped}), and the target's columns stay as they are");
            return Err(Error::new(Code::SchemaChanged, why)
                .help("cast it back in the mapping by `type`, or choose `schema_changes: propagate`"));
        }
        Ok((!self.added.is_empty()).then(|| {
            let why = format!("new columns are left out: {}", self.added.join(", "));
            Error::warning(Code::SchemaChanged, why)
                .help("`schema_changes: propagate` adds them; `select` says which ones are wanted")
        }))
    }

    /// What the user should know of columns that stay without the source's values, unless the policy stops for them.
    pub(crate) fn gone(&self) -> Option<Error> {
        (!self.dropped.is_empty()).then(|| {
            let why = format!("columns are gone from the source: {}", self.dropped.join(", "));
            Error::warning(Code::SchemaChanged, why)
                .help("where the table stays they stay too, and new rows have NULL in them")
        })
    }
}

#[cfg(test)]
mod tests {
    use syncapp_connector::TargetColumn;
    use syncapp_model::{Column, DataType, NativeType, StreamKey, StreamName};

    use super::*;

    fn column(name: &str, ty: &DataType) -> Column {
        let native = NativeType {
            system: "test".into(),
            name: ty.to_string(),
        };
        Column {
            name: name.into(),
            ty: ty.clone(),
            native,
            portable: false,
            nullable: true,
        }
    }

    fn drift(mapped: &[(&str, DataType)], present: &[(&str, DataType)], ours: bool) -> Drift {
        let key = StreamKey {
            project: "p".into(),
            sync: "s".into(),
            stream: "t".into(),
        };
        let columns = mapped
            .iter()
            .map(|(name, ty)| TargetColumn::new(*name, ty.clone()))
            .collect();
        let target = Target::new(key, StreamName::bare("t"), columns, Write::Append);
        let columns = |of: &[(&str, DataType)]| of.iter().map(|(name, ty)| column(name, ty)).collect();
        let shape = TargetShape {
            name: StreamName::bare("t"),
            columns: columns(mapped),
            losses: Vec::new(),
            changes: Vec::new(),
            wire: false,
            present: columns(present),
            ours,
            refuses: false,
        };
        Drift::of(&target, &shape)
    }

    #[test]
    fn columns_come_go_and_change() {
        use DataType::{Int32, Int64, String, TimestampTz};
        let now = [("id", Int64), ("new", String), ("_synced_at", TimestampTz)];
        let before = [("id", Int32), ("old", String), ("_run_id", String)];
        let found = drift(&now, &before, true);
        assert_eq!(found.added, ["new"]);
        assert_eq!(found.dropped, ["old"]);
        assert_eq!(found.retyped, ["id from int32 to int64"]);
        assert!(found.pause().is_some() && found.gone().is_some());
        assert!(found.ignore(&[]).is_err());

        // A user's table may have more columns, and types of its own.
        let found = drift(&now, &before, false);
        assert_eq!((found.added.len(), found.dropped.len(), found.retyped.len()), (1, 0, 0));
        assert!(found.ignore(&["id".into()]).unwrap().is_some());
        assert!(found.ignore(&["new".into()]).is_err());

        assert_eq!(drift(&now, &[], true), Drift::default(), "no table yet");
        assert!(drift(&now, &now, true).pause().is_none());
    }
}
