//! An increment that commits in prefixes: each is whole groups of equal cursor values, and a run that is stopped
//! between two goes on behind the last.

use rusqlite::Connection;
use serde_json::{Value, json};
use syncapp_connector::Context;
use syncapp_connectors::connectors;
use syncapp_engine::{Ends, Event, Outcome, Plan, RunOptions, Summary, plan, run};
use syncapp_model::sync_file::Sync;
use syncapp_model::{Code, Error, Scalar};
use tempfile::TempDir;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

/// Rows in all; seven share each cursor value.
const ROWS: i64 = 20_000;
const GROUP: i64 = 7;

struct Files {
    folder: TempDir,
    write: &'static str,
    /// More keys of the stream.
    keys: Value,
    /// How many rows a run may read.
    limit: Option<u64>,
}

impl Files {
    fn new(write: &'static str) -> Self {
        let files = Self {
            folder: tempfile::tempdir().unwrap(),
            write,
            keys: json!({}),
            limit: None,
        };
        files
            .open("source.db")
            .execute_batch("create table t (id integer primary key, at integer not null, text text)")
            .unwrap();
        files.add(0..10);
        files
    }

    fn open(&self, name: &str) -> Connection {
        Connection::open(self.folder.path().join(name)).unwrap()
    }

    fn add(&self, rows: std::ops::Range<i64>) {
        let mut source = self.open("source.db");
        let transaction = source.transaction().unwrap();
        for id in rows {
            let values = (id, id / GROUP, format!("row {id}"));
            transaction
                .execute("insert into t values (?1, ?2, ?3)", values)
                .unwrap();
        }
        transaction.commit().unwrap();
    }

    fn rows(&self, name: &str) -> Vec<(i64, i64, String)> {
        let connection = self.open(name);
        let mut query = connection.prepare("select id, at, text from t order by id").unwrap();
        let rows = query
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .unwrap();
        rows.map(Result::unwrap).collect()
    }

    fn ends(&self) -> Ends {
        let sqlite = |name: &str| {
            let connector = connectors()
                .into_iter()
                .find(|connector| connector.manifest().id == "sqlite")
                .unwrap();
            connector
                .endpoint(json!({ "path": name }), &Context::at(self.folder.path()))
                .unwrap()
        };
        Ends {
            source: sqlite("source.db").source().unwrap().into(),
            destination: sqlite("target.db").destination().unwrap().into(),
            target: sqlite("target.db").source().unwrap().into(),
            same_system: true,
            source_name: "source".into(),
            destination_name: "target".into(),
        }
    }

    async fn plan(&self, options: &RunOptions) -> Result<Plan, Vec<Error>> {
        let mut stream = json!({ "mode": "incremental", "write": self.write, "cursor": "at", "primary_key": ["id"] });
        for (key, value) in self.keys.as_object().unwrap() {
            stream[key] = value.clone();
        }
        let sync: Sync = serde_json::from_value(json!({
            "source": "source", "destination": "target", "streams": { "t": stream },
        }))
        .unwrap();
        plan(&self.ends(), "p", "s", &sync, options).await
    }

    /// Runs the increment, and stops it after so many commits. Tells where each commit left the position.
    async fn run(&self, commit_rows: u64, stop_after: Option<usize>) -> (Summary, Vec<Scalar>) {
        let options = RunOptions {
            commit_rows,
            limit: self.limit,
            buffer_bytes: 64 << 10,
            ..RunOptions::default()
        };
        let plan = self
            .plan(&options)
            .await
            .unwrap_or_else(|problems| panic!("{problems:?}"));
        let (events, mut incoming) = unbounded_channel();
        let cancel = CancellationToken::new();
        let stop = cancel.clone();
        let watching = async move {
            let mut positions = Vec::new();
            while let Some(event) = incoming.recv().await {
                if let Event::Committed {
                    position: Some(position),
                    ..
                } = event
                {
                    positions.push(position);
                    if stop_after.is_some_and(|after| positions.len() >= after) {
                        stop.cancel();
                    }
                }
            }
            positions
        };
        tokio::join!(run(self.ends(), plan, "s", &options, events, cancel), watching)
    }
}

async fn a_stopped_increment_goes_on(write: &'static str) {
    let files = Files::new(write);
    let (first, _) = files.run(1000, None).await;
    assert_eq!(first.outcome, Outcome::Landed);
    files.add(10..ROWS);

    let (stopped, positions) = files.run(1000, Some(2)).await;
    assert_eq!(stopped.outcome, Outcome::Cancelled, "{:?}", stopped.streams);
    assert!(positions.len() >= 2);
    // What has landed is a prefix of whole groups, up to the last commit's position.
    let landed = files.rows("target.db");
    let Some(Scalar::Int(last)) = positions.last() else {
        panic!("{positions:?}")
    };
    let prefix: Vec<_> = files
        .rows("source.db")
        .into_iter()
        .filter(|(_, at, _)| at <= last)
        .collect();
    assert_eq!(landed, prefix);
    assert!((landed.len() as i64) < ROWS);
    assert_eq!(stopped.streams[0].counts.rows_written, landed.len() as u64 - 10);

    let (finished, positions) = files.run(1000, None).await;
    assert_eq!(finished.outcome, Outcome::Landed, "{:?}", finished.streams);
    assert!(positions.len() >= 2, "{positions:?}");
    assert_eq!(files.rows("target.db"), files.rows("source.db"));
    // Only the rows of the last group are read again, and none is written twice.
    let written = finished.streams[0].counts.rows_written;
    assert_eq!(written, ROWS as u64 - landed.len() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_merge_goes_on() {
    a_stopped_increment_goes_on("merge").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_append_goes_on() {
    a_stopped_increment_goes_on("append").await;
}

/// What runs around a load, or is counted at its end, is so once.
#[tokio::test(flavor = "multi_thread")]
async fn what_happens_once_makes_an_increment_one_commit() {
    for (keys, prefixes) in [
        (json!({}), true),
        (json!({ "before_sql": "insert into log values (1)" }), false),
        (json!({ "on_error": "reject", "max_rejects": 5 }), false),
        (json!({ "on_error": "reject", "max_reject_ratio": 0.5 }), false),
    ] {
        let files = Files {
            keys: keys.clone(),
            ..Files::new("append")
        };
        files
            .open("target.db")
            .execute_batch("create table log (n integer)")
            .unwrap();
        files.add(10..ROWS);
        let (landed, positions) = files.run(1000, None).await;
        assert_eq!(landed.outcome, Outcome::Landed, "{keys}: {:?}", landed.streams);
        assert_eq!(positions.len() > 1, prefixes, "{keys}: {positions:?}");
        assert_eq!(files.rows("target.db"), files.rows("source.db"), "{keys}");
    }
}

/// Rows enough for one commit only are not cut, however many batches bring them.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_waits_for_its_rows() {
    let files = Files::new("append");
    files.run(1000, None).await;
    files.add(10..ROWS);
    let (landed, positions) = files.run(1_000_000, None).await;
    assert_eq!(landed.outcome, Outcome::Landed, "{:?}", landed.streams);
    assert_eq!(positions, [Scalar::Int((ROWS - 1) / GROUP)]);
    assert_eq!(files.rows("target.db"), files.rows("source.db"));
}

/// What leaves the state alone is not cut: nothing would tell how far it came.
#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_the_rows_is_one_commit() {
    let mut files = Files::new("append");
    files.run(1000, None).await;
    files.add(10..ROWS);
    files.limit = Some(15_000);
    let (landed, positions) = files.run(1000, None).await;
    assert_eq!(landed.outcome, Outcome::Landed, "{:?}", landed.streams);
    assert_eq!(positions, [Scalar::Int(9 / GROUP)], "one, and the state is as it was");
}

/// In a later batch as well, and behind a commit within a batch.
#[tokio::test(flavor = "multi_thread")]
async fn an_error_names_its_row_by_the_number_in_the_stream() {
    for bad in [5, 5000, 14_999] {
        for (commit_rows, commits) in [(1_000_000, false), (1000, true)] {
            let files = Files {
                keys: json!({ "columns": { "text": { "expr": format!("cast(1 / (id - {bad}) as text)") } } }),
                ..Files::new("append")
            };
            files.add(10..ROWS);
            let (failed, positions) = files.run(commit_rows, None).await;
            assert_eq!(failed.outcome, Outcome::Failed, "{:?}", failed.streams);
            assert_eq!(!positions.is_empty(), commits && bad > 4096, "{bad}: {positions:?}");
            let error = failed.streams[0].error.as_ref().unwrap();
            let row = error.report().at.row.clone();
            assert_eq!(row.as_deref(), Some((bad + 1).to_string().as_str()), "{error:?}");
        }
    }
}

/// Whoever has a file hears it from the file's own rules.
#[tokio::test]
async fn an_increment_without_a_cursor_is_none() {
    let files = Files {
        keys: json!({ "cursor": null }),
        ..Files::new("append")
    };
    let planned = files.plan(&RunOptions::default()).await;
    let problems = match planned {
        Ok(plan) => plan.failed.into_iter().map(|(_, error)| error).collect(),
        Err(problems) => problems,
    };
    let codes: Vec<Code> = problems.iter().map(Error::code).collect();
    assert_eq!(codes, [Code::MissingKey]);
}
