//! SQLite: each place is a folder, each door a connection of its own.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs};

use async_trait::async_trait;
use syncapp_control::access::AccessStore;
use syncapp_control::testkit::{AccessPlace, AccessRig, StorePlace, StoreRig};
use syncapp_control::{Outcome, RunFilter, Runs as _, Schedules as _, Store};
use syncapp_store::SqliteStore;
use tempfile::TempDir;

use crate::pages;

struct Files;

struct Folder(TempDir);

#[async_trait]
impl StoreRig for Files {
    async fn fresh(&self) -> Box<dyn StorePlace> {
        Box::new(Folder(tempfile::tempdir().unwrap()))
    }
}

#[async_trait]
impl StorePlace for Folder {
    async fn store(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(self.0.path()).unwrap())
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

syncapp_control::store_conformance!(Files);

#[async_trait]
impl AccessRig for Files {
    async fn fresh(&self) -> Box<dyn AccessPlace> {
        Box::new(Folder(tempfile::tempdir().unwrap()))
    }
}

#[async_trait]
impl AccessPlace for Folder {
    async fn access(&self) -> Arc<dyn AccessStore> {
        Arc::new(SqliteStore::open(self.0.path()).unwrap())
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    async fn forge(&self, sql: &str) {
        let file = rusqlite::Connection::open(self.0.path().join("syncapp.db")).unwrap();
        file.execute_batch(sql).unwrap();
    }
}

syncapp_control::access_conformance!(Files);

/// What the programs before the control plane have written: their history, in version 2 of the file.
fn old_file(folder: &Path) {
    let file = rusqlite::Connection::open(folder.join("syncapp.db")).unwrap();
    let migrations = [
        include_str!("../../../../migrations/sqlite/0001_runs.sql"),
        include_str!("../../../../migrations/sqlite/0002_run_files.sql"),
    ];
    for migration in migrations {
        file.execute_batch(migration).unwrap();
    }
    file.execute_batch(
        "insert into runs values (x'0193a1b2c3d47e5f8091a2b3c4d5e6f7', 'shop', 'nightly', 1700000000123456, 1700000001000000,
           'done', null, null, null, 'shop.yaml', 'prod');
         insert into run_streams values (x'0193a1b2c3d47e5f8091a2b3c4d5e6f7', 0, 'public.orders', 'orders', 1, 2, 3, 4, 5, 6,
           '2024-01-01', null, null, null);
         pragma user_version = 2",
    )
    .unwrap();
}

async fn is_whole(folder: &Path) {
    let store = SqliteStore::open(folder).unwrap();
    let history = store.history(&RunFilter::default()).await.unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!(
        (history[0].sync.as_str(), history[0].outcome),
        ("nightly", Outcome::Done)
    );
    assert_eq!(history[0].streams[0].position.as_deref(), Some("2024-01-01"));
    assert_eq!(store.due(10).await.unwrap(), []);
}

#[tokio::test]
async fn an_old_file_keeps_its_history() {
    let folder = tempfile::tempdir().unwrap();
    old_file(folder.path());
    is_whole(folder.path()).await;
    is_whole(folder.path()).await;
}

const OPEN: &str = "SYNCAPP_TEST_OPEN_A_STORE";

/// Runs itself as other processes that open an old file at the same time.
#[tokio::test]
async fn of_many_processes_that_migrate_at_once_one_does() {
    if let Some(folder) = env::var_os(OPEN) {
        is_whole(Path::new(&folder)).await;
        fs::write(Path::new(&folder).join(format!("{}.opened", std::process::id())), "").unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    old_file(folder.path());
    let processes: Vec<_> = (0..6)
        .map(|_| {
            Command::new(env::current_exe().unwrap())
                .args(["--exact", "sqlite::of_many_processes_that_migrate_at_once_one_does"])
                .env(OPEN, folder.path())
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut process in processes {
        let id = process.id();
        assert!(process.wait().unwrap().success());
        assert!(folder.path().join(format!("{id}.opened")).exists());
    }
    is_whole(folder.path()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_quick() {
    let (folder, runs) = (tempfile::tempdir().unwrap(), pages::runs());
    let store = SqliteStore::open(folder.path()).unwrap();
    let file = rusqlite::Connection::open(folder.path().join("syncapp.db")).unwrap();
    file.execute_batch(&format!(
        "pragma synchronous = off;
         begin;
         create temp table numbers as
           with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < {runs}) select n from numbers;
         insert into run (id, project, version, sync, trigger, state, submitted_at, finished_at, followed)
           select randomblob(16), 'p' || (n % 10), 1, 's' || (n % 40), 'manual',
             case when n > {runs} * 0.999 then iif(n > {runs} - 40, 'queued', 'held') else iif(n % 1000 = 7, 'failed', 'done') end,
             (unixepoch() - ({runs} - n)) * 1000000,
             iif(n > {runs} * 0.999, null, (unixepoch() - ({runs} - n)) * 1000000), 1
           from numbers;
         insert into task (run, number, stream, pool, state, hinted_at, finished_at)
           select id, 0, 'public.orders', 'default', state, submitted_at, finished_at from run;
         insert into tick select project, sync, submitted_at, id, null from run;
         insert into outbox (run, number, pool, free_at)
           select run, 0, 'default', (unixepoch() + 3600) * 1000000 from task limit 10000;
         insert into schedule select 'p' || (n % 10), 'z' || n, 1, 'daily', 'skip', (unixepoch() + n * 60) * 1000000
           from numbers limit 10000;
         insert into vault (project, name, version, key_id, sealed_key, sealed, set_at)
           select 'p' || n, 'z' || n, 1, 'old', x'', x'', 0 from numbers limit 10000;
         commit;"
    ))
    .unwrap();
    drop(file);
    pages::are_quick(&store, runs).await;
    pages::ask_all_else(&store, runs).await;
    pages::ask_accounts(&store).await;
}
