use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{env, fs, thread};

use futures_util::future::{join, join_all};
use syncapp_control::{ErrorRecord, Lists as _, Outcome, RunFilter, RunId, RunRecord, Runs, StreamRecord};
use tokio::sync::oneshot;

use super::*;

fn at(micros: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(micros)
}

fn begun(sync: &str) -> RunRecord {
    RunRecord {
        id: RunId::new(),
        project: "shop".into(),
        sync: sync.into(),
        file: Some("shop.yaml".into()),
        environment: Some("prod".into()),
        started_at: at(1_700_000_000_123_456),
        finished_at: None,
        outcome: Outcome::Running,
        error: None,
        streams: Vec::new(),
    }
}

fn ended(run: &RunRecord) -> RunRecord {
    let stream = StreamRecord {
        stream: "public.orders".into(),
        target: "orders".into(),
        rows_read: 1,
        rows_written: 2,
        inserted: 3,
        updated: 4,
        deleted: 5,
        bytes: 1 << 62,
        position: Some("2024-01-01T00:00:00Z".into()),
        error: None,
    };
    let error = ErrorRecord {
        code: "source.stream_not_found".into(),
        text: "no such table".into(),
        help: None,
    };
    RunRecord {
        finished_at: Some(at(1_700_000_001_000_000)),
        outcome: Outcome::Partial,
        error: Some(ErrorRecord {
            help: Some("look again".into()),
            ..error.clone()
        }),
        streams: vec![
            stream,
            StreamRecord {
                stream: "public.gone".into(),
                error: Some(error),
                ..Default::default()
            },
        ],
        ..run.clone()
    }
}

async fn all(store: &SqliteStore) -> Vec<RunRecord> {
    store.history(&RunFilter::default()).await.unwrap()
}

#[tokio::test]
async fn a_run_comes_back_as_it_was_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    let run = begun("nightly");
    store.started(&run).await.unwrap();
    assert_eq!(all(&store).await, std::slice::from_ref(&run));

    let run = ended(&run);
    store.finished(&run).await.unwrap();
    assert_eq!(all(&store).await, std::slice::from_ref(&run));
    assert_eq!(store.run(run.id).await.unwrap(), Some(run.clone()));
    assert_eq!(store.run(RunId::new()).await.unwrap(), None);

    drop(store);
    let again = SqliteStore::open(folder.path()).unwrap();
    assert_eq!(all(&again).await, [run]);
    assert_eq!(fs::read_dir(folder.path().join("running")).unwrap().count(), 0);
}

#[tokio::test]
async fn the_newest_run_is_first_and_filters_hold() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    let runs: Vec<_> = ["a", "b", "a", "c"].map(begun).into();
    for run in &runs {
        store.finished(&ended(run)).await.unwrap();
    }
    let filter = |project: Option<&str>, sync: Option<&str>, limit| RunFilter {
        project: project.map(Into::into),
        sync: sync.map(Into::into),
        limit,
    };
    let cases = [
        (filter(None, None, None), vec![3, 2, 1, 0]),
        (filter(None, None, Some(2)), vec![3, 2]),
        (filter(None, None, Some(0)), vec![]),
        (filter(None, Some("a"), None), vec![2, 0]),
        (filter(Some("shop"), Some("a"), Some(1)), vec![2]),
        (filter(Some("other"), None, None), vec![]),
    ];
    for (filter, expected) in cases {
        let ids: Vec<_> = store.history(&filter).await.unwrap().iter().map(|run| run.id).collect();
        let expected: Vec<_> = expected.into_iter().map(|at: usize| runs[at].id).collect();
        assert_eq!(ids, expected, "{filter:?}");
    }
}

/// Nor does it see what is not committed; and what is, it sees at once.
#[tokio::test]
async fn a_read_waits_for_no_writer() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    let projects = async || store.projects(None, 10).await.unwrap();
    let (begun, is_begun) = oneshot::channel();
    let (end, ends) = std::sync::mpsc::channel();
    let writing = store.with(move |c, _| {
        c.execute_batch("begin immediate; insert into project values ('shop', 1)")?;
        begun.send(()).unwrap();
        ends.recv().unwrap();
        c.execute_batch("commit")
    });
    let reading = async {
        is_begun.await.unwrap();
        assert_eq!(projects().await, []);
        end.send(()).unwrap();
    };
    join(writing, reading).await.0.unwrap();
    let many = join_all((0..50).map(|_| projects())).await;
    assert_eq!(many, vec![vec![("shop".to_owned(), 1)]; 50]);
    let refused = store.read(|c| c.execute("delete from project", [])).await;
    assert_eq!(refused.unwrap_err().code(), Code::StoreFailed);
}

#[tokio::test]
async fn a_run_is_alive_as_long_as_its_holder() {
    let folder = tempfile::tempdir().unwrap();
    let (holder, other) = (
        SqliteStore::open(folder.path()).unwrap(),
        SqliteStore::open(folder.path()).unwrap(),
    );
    let run = begun("nightly");
    holder.started(&run).await.unwrap();
    assert_eq!(all(&other).await[0].outcome, Outcome::Running);
    drop(holder);
    assert_eq!(all(&other).await[0].outcome, Outcome::Interrupted);
    // It stays so, and the mark is gone.
    assert_eq!(other.run(run.id).await.unwrap().unwrap().outcome, Outcome::Interrupted);
    assert_eq!(fs::read_dir(folder.path().join("running")).unwrap().count(), 0);
}

const HOLD: &str = "SYNCAPP_TEST_HOLD_A_RUN";

/// This test in another process: records a run and waits to be killed.
fn hold_a_run(folder: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let store = SqliteStore::open(folder).unwrap();
        store.started(&begun("nightly")).await.unwrap();
        fs::write(folder.join("recorded"), "").unwrap();
        std::future::pending::<()>().await;
    });
}

#[test]
fn a_killed_run_is_interrupted() {
    if let Some(folder) = env::var_os(HOLD) {
        return hold_a_run(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let mut process = Command::new(env::current_exe().unwrap())
        .args(["--exact", "sqlite::tests::a_killed_run_is_interrupted"])
        .env(HOLD, folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while !folder.path().join("recorded").exists() {
        assert!(process.try_wait().unwrap().is_none(), "the other process has ended");
        thread::yield_now();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    assert_eq!(runtime.block_on(all(&store))[0].outcome, Outcome::Running);
    process.kill().unwrap();
    process.wait().unwrap();
    assert_eq!(runtime.block_on(all(&store))[0].outcome, Outcome::Interrupted);
}

#[tokio::test]
async fn many_open_and_write_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("home/of/syncapp");
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let path = path.clone();
            thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                let store = SqliteStore::open(&path).unwrap();
                for _ in 0..5 {
                    let run = begun("nightly");
                    runtime.block_on(store.started(&run)).unwrap();
                    runtime.block_on(store.finished(&ended(&run))).unwrap();
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let runs = all(&SqliteStore::open(&path).unwrap()).await;
    assert_eq!(runs.len(), 40);
    assert!(
        runs.iter()
            .all(|run| run.outcome == Outcome::Partial && run.streams.len() == 2)
    );
}

#[test]
fn the_store_is_durable_and_private() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let store = SqliteStore::open(&home).unwrap();
    let connection = store.inner.connection.lock().unwrap();
    for (pragma, expected) in [
        ("journal_mode", "wal"),
        ("synchronous", "2"),
        ("foreign_keys", "1"),
        ("user_version", "14"),
    ] {
        let value = connection.pragma_query_value(None, pragma, |row| row.get::<_, rusqlite::types::Value>(0));
        let value = match value.unwrap() {
            rusqlite::types::Value::Text(text) => text,
            rusqlite::types::Value::Integer(number) => number.to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(value, expected, "{pragma}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&home).unwrap().permissions().mode() & 0o777, 0o700);
    }
}

/// Puts something into a store's folder that keeps it from opening.
type Spoil = fn(&Path);

#[test]
fn a_store_that_cannot_be_used_says_why_and_what_to_do() {
    let damaged: Spoil = |folder| fs::write(folder.join("syncapp.db"), "no database at all, ".repeat(100)).unwrap();
    let newer: Spoil = |folder| {
        let connection = Connection::open(folder.join("syncapp.db")).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
    };
    let folder_in_its_place: Spoil = |folder| fs::create_dir(folder.join("syncapp.db")).unwrap();
    let file_in_the_way: Spoil = |folder| fs::write(folder.join("running"), "").unwrap();
    let cases = [
        (damaged, "the local store is damaged", "move the file away"),
        (
            newer,
            "the local store has version 99, and this program knows up to 14",
            "update SyncApp",
        ),
        (
            folder_in_its_place,
            "the local store cannot be opened for writing",
            "make the file writable",
        ),
        (
            file_in_the_way,
            "the local store's folder cannot be used",
            "make the folder writable",
        ),
    ];
    for (spoil, why, help) in cases {
        let folder = tempfile::tempdir().unwrap();
        spoil(folder.path());
        let error = SqliteStore::open(folder.path()).unwrap_err();
        assert_eq!(error.code(), Code::StoreFailed);
        assert_eq!(error.report().why, why);
        assert!(error.report().help.as_ref().unwrap().starts_with(help), "{error:?}");
        assert!(error.report().at.file.is_some());
    }
}
