//! Brings a store to the newest form. `user_version` counts the migrations that were applied.

use std::path::Path;

use rusqlite::Connection;
use syncapp_model::{Code, Error, Result};

use super::failed;

/// In order, never changed once released.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../../migrations/sqlite/0001_runs.sql"),
    include_str!("../../../../migrations/sqlite/0002_run_files.sql"),
    include_str!("../../../../migrations/sqlite/0003_control.sql"),
    include_str!("../../../../migrations/sqlite/0004_started.sql"),
    include_str!("../../../../migrations/sqlite/0005_pause.sql"),
    include_str!("../../../../migrations/sqlite/0006_limits.sql"),
    include_str!("../../../../migrations/sqlite/0007_vault.sql"),
    include_str!("../../../../migrations/sqlite/0008_trace.sql"),
    include_str!("../../../../migrations/sqlite/0009_notices.sql"),
    include_str!("../../../../migrations/sqlite/0010_access.sql"),
    include_str!("../../../../migrations/sqlite/0011_workers.sql"),
    include_str!("../../../../migrations/sqlite/0012_expected.sql"),
    include_str!("../../../../migrations/sqlite/0013_giver.sql"),
    include_str!("../../../../migrations/sqlite/0014_owed.sql"),
];

pub(super) fn run(connection: &Connection, file: &Path) -> Result<()> {
    let applied = connection
        .pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))
        .map_err(|e| failed(file, e))?;
    let known = MIGRATIONS.len() as i64;
    if applied > known {
        return Err(Error::new(
            Code::StoreFailed,
            format!("the local store has version {applied}, and this program knows up to {known}"),
        )
        .file(file.display())
        .help("update SyncApp, or choose another folder by SYNCAPP_HOME"));
    }
    let missing = &MIGRATIONS[applied.clamp(0, known) as usize..];
    if missing.is_empty() {
        return Ok(());
    }
    let steps = missing.concat();
    let all = format!("begin immediate; {steps} pragma user_version = {known}; commit;");
    connection.execute_batch(&all).map_err(|e| failed(file, e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::additive;

    /// Whoever has the store open goes on with it while a newer program migrates it: nobody can be told that it is too old.
    #[test]
    fn a_migration_only_adds() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/sqlite");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), MIGRATIONS.len());
        for (number, sql) in (2..).zip(&MIGRATIONS[1..]) {
            let problems = additive::problems(sql);
            assert!(problems.is_empty(), "migration {number}: {problems:#?}");
        }
    }
}
