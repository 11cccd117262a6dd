//! The headless agent: what is pushed, what runs, and what no kill may lose.

mod access;
mod accounts;
mod audit;
mod begins;
mod bodies;
mod canary;
mod checks;
mod custody;
mod description;
mod drafts;
mod face;
mod fleet;
mod front;
mod hooks;
mod jobs;
mod kept;
mod kills;
mod limits;
mod local;
mod matrix;
mod network;
mod notifications;
mod origins;
mod pages;
mod pauses;
mod pushing;
mod reading;
mod rejects;
mod remembered;
mod resources;
mod runs;
mod sign_on;
mod workers;

/// A project of one sync of SQLite files, with this line of a schedule in it.
pub(crate) fn copying(schedule: &str) -> String {
    format!(
        "version: 1\nconnections:\n  from: {{ connector: sqlite, path: from.db }}\n  to: {{ connector: sqlite, path: to.db }}\n\
         syncs:\n  copy:\n    source: from\n    destination: to\n{schedule}    streams:\n      t: {{ write: merge }}\n"
    )
}

/// The file that [`copying`] reads, with two rows.
pub(crate) fn furnish(syncapp: &syncapp_tests::syncapp::Syncapp) {
    let from = rusqlite::Connection::open(syncapp.folder().join("from.db")).unwrap();
    from.execute_batch("create table t (id integer primary key, text text); insert into t values (1, 'a'), (2, 'b')")
        .unwrap();
}

/// How many rows have arrived; 0 where there is no table yet.
pub(crate) fn arrived(syncapp: &syncapp_tests::syncapp::Syncapp) -> i64 {
    let to = rusqlite::Connection::open(syncapp.folder().join("to.db")).unwrap();
    to.query_row("select count(*) from t", [], |row| row.get(0))
        .unwrap_or_default()
}
