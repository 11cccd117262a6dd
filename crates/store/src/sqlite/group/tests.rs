use std::sync::mpsc;

use futures_util::future::{join, join_all};
use rusqlite::Connection;
use syncapp_control::Lists as _;
use syncapp_model::{Code, Result};
use tokio::sync::oneshot;

use super::*;

fn store() -> (tempfile::TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    (folder, store)
}

type Work = Box<dyn FnOnce(&mut SqliteRows<'_>) -> Result<u32> + Send>;

/// What becomes of parts that come while another one writes.
async fn together<const N: usize>(store: &SqliteStore, parts: [Work; N]) -> Vec<Result<u32>> {
    let (begun, is_begun) = oneshot::channel();
    let (end, ends) = mpsc::channel();
    let busy = store.transaction(move |_| {
        begun.send(()).unwrap();
        ends.recv().unwrap();
        Ok(())
    });
    let rest = async {
        is_begun.await.unwrap();
        let parts = join_all(parts.map(|part| store.transaction(part)));
        // Looked at after the parts, which wait by then.
        join(parts, async { end.send(()).unwrap() }).await.0
    };
    let (done, rest) = join(busy, rest).await;
    done.unwrap();
    rest
}

fn insert(rows: &SqliteRows<'_>, name: &str) -> Result<u32> {
    rows.step(|c| c.execute("insert into project values (?, 1)", [name]))?;
    Ok(1)
}

fn count(c: &Connection) -> rusqlite::Result<u32> {
    c.query_row("select count(*) from project", [], |row| row.get(0))
}

async fn projects(store: &SqliteStore) -> Vec<String> {
    let projects = store.projects(None, 10).await.unwrap();
    projects.into_iter().map(|(name, _)| name).collect()
}

#[tokio::test]
async fn what_waits_shares_a_commit_and_fails_alone() {
    let (folder, store) = store();
    let file = folder.path().join("syncapp.db");
    let parts: [Work; 4] = [
        Box::new(|rows| insert(rows, "first")),
        Box::new(|rows| {
            insert(rows, "refused")?;
            insert(rows, "first")
        }),
        Box::new(|rows| {
            insert(rows, "broken")?;
            panic!("on purpose")
        }),
        // Another connection sees none of it yet: there was no commit.
        Box::new(move |rows| {
            insert(rows, "last")?;
            Ok(count(&Connection::open(file).unwrap()).unwrap())
        }),
    ];
    let done = together(&store, parts).await;
    let codes: Vec<_> = done.into_iter().map(|done| done.map_err(|e| e.code())).collect();
    assert_eq!(codes, [Ok(1), Err(Code::StoreFailed), Err(Code::Internal), Ok(0)]);
    assert_eq!(projects(&store).await, ["first", "last"]);
}

#[tokio::test]
async fn what_cannot_be_kept_is_told_to_all() {
    let (_folder, store) = store();
    let pages = |pages: u32| store.with(move |c, _| c.pragma_update(None, "max_page_count", pages));
    pages(1).await.unwrap();
    let parts: [Work; 3] = [
        Box::new(|rows| insert(rows, "before")),
        Box::new(|rows| insert(rows, &"large".repeat(100_000))),
        Box::new(|rows| insert(rows, "after")),
    ];
    for done in together(&store, parts).await {
        let told = done.unwrap_err();
        assert_eq!(told.report().why, "the local store's disk is full");
    }
    assert_eq!(projects(&store).await, Vec::<String>::new());
    pages(100_000).await.unwrap();
    store.transaction(|rows| insert(rows, "again")).await.unwrap();
    assert_eq!(projects(&store).await, ["again"]);
}

/// More than go into one commit, from many threads.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_is_forgotten() {
    let (_folder, store) = store();
    let each = |number: usize| {
        let store = store.clone();
        tokio::spawn(async move {
            let name = format!("project{number}");
            store.transaction(move |rows| insert(rows, &name)).await
        })
    };
    let done = join_all((0..10 * TOGETHER).map(each)).await;
    assert!(done.into_iter().all(|done| done.unwrap().unwrap() == 1));
    assert_eq!(store.read(count).await.unwrap() as usize, 10 * TOGETHER);
}
