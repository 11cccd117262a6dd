//! Where rows land, and what is looked at there: the rows as a multiset, the checkpoint, and what must not be left.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::compare::{self, mariadb_rows, sqlite_rows};
use crate::server::mariadb::Databases;
use crate::server::postgres::Database;
use crate::syncapp::Syncapp;

/// How long a server may take to see that a client is gone.
const PATIENCE: Duration = Duration::from_mins(1);

/// The mapped columns of `orders`.
const COLUMNS: &str = "id, customer_id, big, status, amount, rate, qty, order_date, created_at, updated_at, shipped_at, \
    is_priority, is_gift, note, attrs, ext_id, score";

/// A target with the table `orders`.
#[derive(Debug)]
pub enum Target {
    /// In the schema `landing`.
    Postgres(Box<Database>),
    /// A file in the program's folder.
    Sqlite(PathBuf),
    /// In the writer's database.
    MariaDb(Box<Databases>),
}

/// What the checkpoint says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mark {
    /// The fence, which only rises.
    pub epoch: i64,
    /// What every commit changes.
    pub committed: String,
}

impl Target {
    /// The connection in a sync file.
    pub fn connection(&self) -> String {
        match self {
            Self::Postgres(database) => format!("{{ connector: postgres, url: \"{}\" }}", database.writer),
            Self::Sqlite(path) => format!("{{ connector: sqlite, path: \"{}\" }}", path.display()),
            Self::MariaDb(databases) => format!("{{ connector: mysql, url: \"{}\" }}", databases.writer.url()),
        }
    }

    /// What the table must hold, by the source.
    pub async fn wanted(&self, source: &Database) -> String {
        match self {
            Self::Postgres(_) => source.text(&fingerprint("public.orders")).await,
            Self::Sqlite(_) => compare::digest_for_sqlite(source, "public.orders").await,
            Self::MariaDb(_) => compare::digest_for_mariadb(source, "public.orders").await,
        }
    }

    /// What the table holds.
    pub async fn held(&self) -> String {
        match self {
            Self::Postgres(database) => {
                let there = database.text("select to_regclass('landing.orders') is not null").await;
                if there == "t" && self.is_history().await {
                    let current = format!("(select {COLUMNS} from landing.orders where _valid_to is null)");
                    database.text(&fingerprint(&current)).await
                } else if there == "t" {
                    database.text(&fingerprint("landing.orders")).await
                } else {
                    "no table".into()
                }
            }
            Self::Sqlite(path) => compare::digest(sqlite_rows(path, "select * from orders")),
            Self::MariaDb(databases) => {
                if !self.has_table("orders").await {
                    return "no table".into();
                }
                let current = if self.is_history().await {
                    "orders where _valid_to is null"
                } else {
                    "orders"
                };
                compare::digest(mariadb_rows(&databases.writer, COLUMNS, current).await)
            }
        }
    }

    /// Whether MariaDB has a table of that name.
    async fn has_table(&self, name: &str) -> bool {
        let Self::MariaDb(databases) = self else { return false };
        let tables = format!(
            "select 1 from information_schema.tables where table_schema = database() and table_name = '{name}'"
        );
        !databases.writer.texts(&tables).await.is_empty()
    }

    async fn is_history(&self) -> bool {
        if let Self::MariaDb(databases) = self {
            let ends = "select 1 from information_schema.columns where table_schema = database() \
                        and table_name = 'orders' and column_name = '_valid_to'";
            return !databases.writer.texts(ends).await.is_empty();
        }
        let Self::Postgres(database) = self else { return false };
        let ends = "select exists (select from pg_attribute where attrelid = to_regclass('landing.orders') and attname = '_valid_to')";
        database.text(ends).await == "t"
    }

    /// Versions that do not follow each other: that end when no other begins, or never held, or say the same twice.
    async fn torn(&self) -> Vec<String> {
        if let Self::MariaDb(databases) = self
            && self.is_history().await
        {
            let image = COLUMNS
                .split(',')
                .map(|column| format!("coalesce(cast({column} as char), 'NULL')"));
            let torn = format!(
                "select concat('version of ', id, ' from ', _valid_from) from (
                   select id, _valid_from, _valid_to, image, lead(_valid_from) over versions as next, lead(image) over versions as after
                   from (select o.*, concat_ws('|', {}) as image from orders o) o
                   window versions as (partition by id order by _valid_from, coalesce(_valid_to, '9999-12-31'))) v
                 where not (_valid_to <=> next) or _valid_to <= _valid_from or cast(image as binary) = cast(after as binary) limit 5",
                image.collect::<Vec<_>>().join(", ")
            );
            return databases.writer.texts(&torn).await.into_iter().flatten().collect();
        }
        let Self::Postgres(database) = self else {
            return Vec::new();
        };
        if !self.is_history().await {
            return Vec::new();
        }
        let torn = format!(
            "select 'version of ' || id || ' from ' || _valid_from from (
               select id, _valid_from, _valid_to, image, lead(_valid_from) over versions as next, lead(image) over versions as after
               from (select *, row({COLUMNS})::text as image from landing.orders) o
               window versions as (partition by id order by _valid_from, _valid_to nulls last)) v
             where _valid_to is distinct from next or _valid_to <= _valid_from or image = after limit 5"
        );
        database.texts(&torn).await.into_iter().flatten().collect()
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
            Self::Sqlite(path) => sqlite_rows(path, &format!("{sql} _syncapp_checkpoint")).pop(),
            Self::MariaDb(databases) => {
                if !self.has_table("_syncapp_checkpoint").await {
                    return Mark::default();
                }
                // A table that has its name has landed: whoever claims it next writes the checkpoint that was meant.
                let renamed = "intent is not null and not exists (select 1 from information_schema.tables \
                               where table_schema = database() and table_name like '\\_syncapp\\_stage%' \
                               and locate(table_name, intent) > 0)";
                let sql = format!(
                    "select concat(epoch, ' ', if({renamed}, intent, concat(coalesce(position, ''), ' ', `rows`, ' ', updated_at))) \
                     from _syncapp_checkpoint"
                );
                databases.writer.texts(&sql).await.pop().flatten()
            }
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
            if let Self::MariaDb(databases) = self {
                let sql = format!(
                    "select concat(command, ' of ', user) from information_schema.processlist where user = '{}'",
                    databases.writer.user
                );
                sessions.extend(databases.owner.texts(&sql).await.into_iter().flatten());
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
        found.extend(self.torn().await);
        let tables = "select name from sqlite_schema where name like '%stage%'";
        match self {
            Self::Postgres(database) => {
                let tables = "select relname from pg_class where relname like '%\\_syncapp\\_stage%'";
                found.extend(database.texts(tables).await.into_iter().flatten());
            }
            Self::Sqlite(path) => found.extend(sqlite_rows(path, tables)),
            Self::MariaDb(databases) => {
                let tables = "select table_name from information_schema.tables where table_schema = database() \
                              and (table_name like '\\_syncapp\\_stage%' or table_name like '\\_syncapp\\_old%')";
                found.extend(databases.writer.texts(tables).await.into_iter().flatten());
            }
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
}

async fn sessions(database: &Database, user: &str) -> Vec<String> {
    let sql = format!("select state || ' session of ' || usename from pg_stat_activity where usename = '{user}'");
    database.texts(&sql).await.into_iter().flatten().collect()
}

/// The multiset of a table's rows as one text. Rows are hashed as they lie: their text would cost four times as much.
fn fingerprint(table: &str) -> String {
    format!("select count(*) || ' rows, ' || coalesce(sum(hash_record_extended(t, 0)), 0) from {table} t")
}
