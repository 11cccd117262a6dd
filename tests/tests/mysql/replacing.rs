//! Overwrites: a table stands in the place of the old one, or nothing has happened.

use std::pin::pin;
use std::time::Duration;

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use syncapp_connector::testkit::{Flow, Table, checkpoint};
use syncapp_connector::{Committed, Load, Receipt, Target};
use syncapp_model::sync_file::Write;
use syncapp_model::{Code, Side};
use syncapp_tests::server::mariadb::{Databases, MariaDb};

use super::ends::Place;

/// A table with one row, which loads of two rows overwrite.
struct Case {
    databases: Databases,
    flow: Flow,
    table: Table,
    target: Target,
}

impl Case {
    async fn new() -> Self {
        let case = Self::empty().await;
        let rows = case.table.text_rows(&[(1, "old")]);
        case.flow.put(&case.table, Write::Overwrite, &[rows]).await;
        case
    }

    /// Without the table.
    async fn empty() -> Self {
        let databases = MariaDb::shared().await.databases().await;
        let flow = Flow {
            system: Box::new(Place(databases.clone())),
        };
        let table = Table::texts("swapped");
        let target = flow.target(&table, Write::Overwrite);
        Self {
            databases,
            flow,
            table,
            target,
        }
    }

    /// A load that has its rows.
    async fn filled(&self) -> Box<dyn Load> {
        let rows = self.table.text_rows(&[(1, "new"), (2, "new")]);
        let epoch = self.flow.claim(&self.target).await.unwrap();
        self.flow.fill(&self.target, epoch, &[rows]).await.unwrap()
    }

    /// A session that holds a table as it is.
    async fn reader(&self, table: &str) -> Conn {
        let mut conn = self.databases.writer.connect().await.unwrap();
        conn.query_drop("start transaction").await.unwrap();
        conn.query_drop(format!("select 1 from {table} limit 1")).await.unwrap();
        conn
    }

    /// The session whose rename waits, and the number of its statement, once it is not that one.
    async fn waiting(&self, other: Option<u64>) -> (u64, u64) {
        let query = format!(
            "select id, query_id from information_schema.processlist where user = '{}' \
             and info like 'rename table%' and state like 'Waiting for table%lock' and query_id <> {}",
            self.databases.writer.user,
            other.unwrap_or_default()
        );
        let mut conn = self.databases.owner.connect().await.unwrap();
        loop {
            if let Some(found) = conn.query_first(&query).await.unwrap() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Ends a session or its statement. A server lets the client of a session go at once, and its statement end later.
    async fn end(&self, how: &str, session: u64) {
        let owner = &self.databases.owner;
        owner.run(&format!("{how} {session}")).await;
        let query =
            format!("select id from information_schema.processlist where id = {session} and info like 'rename table%'");
        while !owner.texts(&query).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The tables that wait for their turn.
    async fn staged(&self) -> Vec<String> {
        let query = "select table_name from information_schema.tables \
                     where table_schema = database() and table_name like '\\_syncapp\\_stage%'";
        let tables = self.databases.writer.texts(query).await;
        tables.into_iter().flatten().collect()
    }

    /// Fails unless the table, and what the next claim is told of it, are as after a load of so many rows.
    async fn is_as_after(&self, text: &str, rows: usize, what: &str) {
        let claim = self.flow.system.destination().claim(&self.target).await.unwrap();
        assert_eq!(claim.checkpoint.map(|at| at.rows), Some(rows as u64), "{what}");
        let held = self.databases.writer.texts("select v from swapped").await;
        assert_eq!(held, vec![Some(text.to_owned()); rows], "{what}");
        assert_eq!(self.staged().await, [""; 0], "{what}");
    }
}

/// The wait for a lock is longer than one that the server grants.
#[tokio::test]
async fn a_lock_is_waited_for() {
    let case = Case::new().await;
    let (load, reader) = (case.filled().await, case.reader("swapped").await);
    let release = async {
        let (_, first) = case.waiting(None).await;
        case.waiting(Some(first)).await;
        reader.disconnect().await.unwrap();
    };
    let two = checkpoint(2);
    let mut commit = pin!(load.commit(&two));
    let landed = tokio::select! {
        gave_up = &mut commit => gave_up,
        () = release => commit.await,
    };
    assert_eq!(landed.and_then(Committed::done).unwrap().inserted, 2);
    case.is_as_after("new", 2, "a lock that came late").await;
}

/// What is behind the intent tells the next claim whether the rename happened: it must not go as long as the intent stands.
#[tokio::test]
async fn a_rename_that_ends_without_its_lock_never_was() {
    for (ends, code) in [
        ("", Code::LockTimeout(Side::Destination)),
        ("kill query", Code::ConnectionLost(Side::Destination)),
        ("kill", Code::ConnectionLost(Side::Destination)),
    ] {
        let case = Case::new().await;
        let (load, reader) = (case.filled().await, case.reader("swapped").await);
        let end = async {
            if !ends.is_empty() {
                let (session, _) = case.waiting(None).await;
                case.end(ends, session).await;
            }
        };
        let two = checkpoint(2);
        let (landed, ()) = tokio::join!(load.commit(&two), end);
        let error = landed.and_then(Committed::done).unwrap_err();
        assert_eq!(error.code(), code, "{ends}: {error:?}");
        assert_eq!(case.staged().await.is_empty(), ends.is_empty(), "{ends}");
        reader.disconnect().await.unwrap();
        case.is_as_after("old", 1, ends).await;
    }
}

/// That a table cannot be dropped says nothing of what became of it.
#[tokio::test]
async fn a_new_table_that_somebody_reads_is_not_taken_for_renamed() {
    let case = Case::new().await;
    let (load, reader) = (case.filled().await, case.reader("swapped").await);
    let kill = async {
        let (session, _) = case.waiting(None).await;
        case.end("kill", session).await;
    };
    let two = checkpoint(2);
    let (landed, ()) = tokio::join!(load.commit(&two), kill);
    landed.and_then(Committed::done).unwrap_err();
    reader.disconnect().await.unwrap();
    let reader = case.reader(&case.staged().await[0]).await;
    let claimed = case.flow.system.destination().claim(&case.target).await;
    assert_eq!(claimed.unwrap_err().code(), Code::LockTimeout(Side::Destination));
    reader.disconnect().await.unwrap();
    case.is_as_after("old", 1, "a table that was read").await;
}

#[tokio::test]
async fn a_table_that_came_meanwhile_is_left_alone() {
    let case = Case::empty().await;
    let load = case.filled().await;
    let writer = &case.databases.writer;
    writer.run("create table swapped (id bigint primary key, v text)").await;
    writer.run("insert into swapped values (7, 'mine')").await;
    let landed = load.commit(&checkpoint(2)).await.and_then(Committed::done);
    landed.unwrap_err();
    assert_eq!(case.staged().await, [""; 0]);
    let claim = case.flow.system.destination().claim(&case.target).await.unwrap();
    assert_eq!(claim.checkpoint, None);
    assert_eq!(writer.texts("select v from swapped").await, [Some("mine".into())]);
}

#[tokio::test]
async fn a_table_that_others_refer_to_is_refilled_by_key() {
    let mut case = Case::empty().await;
    case.target.primary_key = vec!["id".into()];
    let writer = &case.databases.writer;
    for statement in [
        "create table swapped (id bigint primary key, v text)",
        "insert into swapped values (1, 'old'), (2, 'new'), (3, 'gone')",
        "create table child (id bigint, foreign key (id) references swapped (id))",
    ] {
        writer.run(statement).await;
    }
    let rows = case.table.text_rows(&[(1, "new"), (2, "new"), (5, "new"), (6, "new")]);
    let receipt = case.flow.load(&case.target, &[rows], &checkpoint(4)).await;
    assert_eq!(
        receipt.unwrap(),
        Receipt {
            inserted: 2,
            updated: 1,
            deleted: 1
        }
    );
    case.is_as_after("new", 4, "by key").await;
}
