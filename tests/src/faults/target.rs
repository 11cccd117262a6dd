//! Where rows land, and what is looked at there: the rows as a multiset, the checkpoint, and what must not be left.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use crate::server::postgres::Database;
use crate::syncapp::Syncapp;

/// How long a server may take to see that a client is gone.
const PATIENCE: Duration = Duration::from_secs(60);

/// A target with the table `orders`.
#[derive(Debug)]
pub enum Target {
    /// In the schema `landing`.
    Postgres(Database),
    /// A file in the program's folder.
    Sqlite(PathBuf),
}

/// What the checkpoint says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mark {
    /// The fence, which only rises.
    pub epoch: i64,
    /// What every commit changes.
    pub committed: String,
}

/// Both sides as text that is the same for the same row, for targets that cannot calculate PostgreSQL's hashes.
const CANONICAL: &str = "select concat_ws(chr(31), id, customer_id, big, status, amount, coalesce(rate::text, '∅'),
    coalesce(qty::text, '∅'), order_date, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || 'Z',
    to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || 'Z',
    coalesce(to_char(shipped_at, 'YYYY-MM-DD HH24:MI:SS.US'), '∅'), is_priority::int, coalesce(is_gift::int::text, '∅'),
    coalesce(note, '∅'), coalesce(attrs::text, '∅'), ext_id, coalesce(score::text, '∅')) from orders";

impl Target {
    /// The connection in a sync file.
    pub fn connection(&self) -> String {
        match self {
            Self::Postgres(database) => format!("{{ connector: postgres, url: \"{}\" }}", database.writer),
            Self::Sqlite(path) => format!("{{ connector: sqlite, path: \"{}\" }}", path.display()),
        }
    }

    /// What the table must hold, by the source.
    pub async fn wanted(&self, source: &Database) -> String {
        match self {
            Self::Postgres(_) => source.text(&fingerprint("public.orders")).await,
            Self::Sqlite(_) => digest(source.texts(CANONICAL).await.into_iter().flatten()),
        }
    }

    /// What the table holds.
    pub async fn held(&self) -> String {
        match self {
            Self::Postgres(database) => {
                let there = database.text("select to_regclass('landing.orders') is not null").await;
                if there == "t" {
                    database.text(&fingerprint("landing.orders")).await
                } else {
                    "no table".into()
                }
            }
            Self::Sqlite(_) => digest(self.rows("select * from orders").into_iter()),
        }
    }

    /// The checkpoint.
    pub async fn mark(&self) -> Mark {
        let sql = "select epoch || ' ' || coalesce(position, '') || ' ' || coalesce(rows, 0) from";
        let text = match self {
            Self::Postgres(database) => {
                let there = "select to_regclass('landing._syncapp_checkpoint') is not null";
                if database.text(there).await != "t" {
                    return Mark::default();
                }
                database
                    .texts(&format!("{sql} landing._syncapp_checkpoint"))
                    .await
                    .pop()
                    .flatten()
            }
            Self::Sqlite(_) => self.rows(&format!("{sql} _syncapp_checkpoint")).pop(),
        };
        let text = text.unwrap_or_default();
        let (epoch, committed) = text.split_once(' ').unwrap_or(("0", ""));
        Mark {
            epoch: epoch.parse().unwrap_or(-1),
            committed: committed.to_owned(),
        }
    }

    /// Waits until the servers have seen the end of the program's connections; what is left of it then.
    pub async fn rest(&self, source: &Database) -> Vec<String> {
        let begun = Instant::now();
        loop {
            let mut sessions = sessions(source, &source.reader.user).await;
            if let Self::Postgres(database) = self {
                sessions.extend(self::sessions(database, &database.writer.user).await);
            }
            if sessions.is_empty() || begun.elapsed() > PATIENCE {
                return sessions;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// What a run that has ended may not leave.
    pub async fn leftovers(&self, source: &Database, syncapp: &Syncapp) -> Vec<String> {
        let mut found = self.rest(source).await;
        let tables = "select name from sqlite_schema where name like '%stage%'";
        match self {
            Self::Postgres(database) => {
                let tables = "select relname from pg_class where relname like '%\\_syncapp\\_stage%'";
                found.extend(database.texts(tables).await.into_iter().flatten());
            }
            Self::Sqlite(_) => found.extend(self.rows(tables)),
        }
        let wanted = ["sync.yaml", "lake.db"];
        for folder in [syncapp.folder(), syncapp.temporary()] {
            let entries = std::fs::read_dir(folder).expect("the folder can be read");
            let names = entries
                .flatten()
                .map(|entry| entry.file_name().to_string_lossy().into_owned());
            found.extend(names.filter(|name| !wanted.contains(&name.as_str())));
        }
        found
    }

    /// The rows of a query on SQLite, each as one text; none before there is a file or a table.
    fn rows(&self, sql: &str) -> Vec<String> {
        let Self::Sqlite(path) = self else { return Vec::new() };
        // To write, because only a writer takes back what a killed one left half done.
        let Ok(connection) = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE) else {
            return Vec::new();
        };
        let Ok(mut statement) = connection.prepare(sql) else {
            return Vec::new();
        };
        let columns = statement.column_count();
        let text = |value: ValueRef<'_>| match value {
            ValueRef::Null => "∅".to_owned(),
            ValueRef::Integer(value) => value.to_string(),
            ValueRef::Real(value) => value.to_string(),
            ValueRef::Text(value) => String::from_utf8_lossy(value).into_owned(),
            ValueRef::Blob(value) => format!("{value:?}"),
        };
        let rows = statement.query_map([], |row| {
            let values: rusqlite::Result<Vec<_>> = (0..columns).map(|at| row.get_ref(at).map(text)).collect();
            Ok(values?.join("\u{1f}"))
        });
        rows.and_then(Iterator::collect)
            .unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }
}

async fn sessions(database: &Database, user: &str) -> Vec<String> {
    let sql = format!("select state || ' session of ' || usename from pg_stat_activity where usename = '{user}'");
    database.texts(&sql).await.into_iter().flatten().collect()
}

/// The multiset of a table's rows as one text.
fn fingerprint(table: &str) -> String {
    format!("select count(*) || ' rows, ' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) from {table} t")
}

/// The same over texts.
fn digest(rows: impl Iterator<Item = String>) -> String {
    let (mut count, mut sum) = (0_u64, 0_u64);
    for row in rows {
        let mut hasher = DefaultHasher::new();
        row.hash(&mut hasher);
        count += 1;
        sum = sum.wrapping_add(hasher.finish());
    }
    format!("{count} rows, {sum}")
}
