//! The same row as the same text, wherever it lies, and tables as multisets of such rows.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use crate::server::mariadb::Login;
use crate::server::postgres::Database;

/// Stands for NULL.
const NULL: &str = "∅";
/// Stands between columns.
const BETWEEN: &str = "\u{1f}";

/// The columns of a table in PostgreSQL, each with its type as PostgreSQL writes it.
pub async fn columns(database: &Database, table: &str) -> Vec<(String, String)> {
    let sql = format!(
        "select attname || ' ' || format_type(atttypid, atttypmod) from pg_attribute
         where attrelid = '{table}'::regclass and attnum > 0 and not attisdropped order by attnum"
    );
    let rows = database.texts(&sql).await.into_iter().flatten();
    rows.filter_map(|row| row.split_once(' ').map(|(name, ty)| (name.to_owned(), ty.to_owned())))
        .collect()
}

/// A column of PostgreSQL as text that says all of its value: blanks at the end count.
pub fn text_of(column: &str, ty: &str) -> String {
    if ty.starts_with("character(") {
        format!("textin(bpcharout({column}))")
    } else if ty == "xml" {
        // A cast shows how the server keeps it; a binary copy adds the encoding to an XML declaration, unseen by clients.
        format!("textin(xml_out({column}))")
    } else {
        format!("{column}::text")
    }
}

/// A column of PostgreSQL as the text that SQLite or MariaDB keeps, or as the number; `utc` stands behind an instant.
fn foreign_text_of(column: &str, ty: &str, utc: &str) -> String {
    let clock = "'YYYY-MM-DD HH24:MI:SS.US'";
    match ty {
        "boolean" => format!("{column}::int::text"),
        "timestamp with time zone" => format!("to_char({column} at time zone 'UTC', {clock}) || '{utc}'"),
        "timestamp without time zone" => format!("to_char({column}, {clock})"),
        _ => text_of(column, ty),
    }
}

/// A checksum of each column of a table in PostgreSQL, and of the number of rows.
pub async fn checksums(database: &Database, table: &str, columns: &[(String, String)]) -> Vec<String> {
    let sums = columns.iter().map(|(name, ty)| {
        let text = text_of(name, ty);
        format!("'{name} ' || coalesce(sum(hashtextextended({text}, 0)::numeric), 0)")
    });
    let all: Vec<String> = std::iter::once("count(*) || ' rows'".to_owned()).chain(sums).collect();
    let sql = format!("select unnest(array[{}]) from {table}", all.join(", "));
    database.texts(&sql).await.into_iter().flatten().collect()
}

/// The digest of a table in PostgreSQL, as [`sqlite_rows`] give it for the same rows.
pub async fn digest_for_sqlite(database: &Database, table: &str) -> String {
    digest_of(database, table, "Z").await
}

/// The digest of a table in PostgreSQL, as [`mariadb_rows`] give it for the same rows.
pub async fn digest_for_mariadb(database: &Database, table: &str) -> String {
    digest_of(database, table, "").await
}

async fn digest_of(database: &Database, table: &str, utc: &str) -> String {
    let columns = columns(database, table).await;
    let texts = columns
        .iter()
        .map(|(name, ty)| format!("coalesce({}, '{NULL}')", foreign_text_of(name, ty, utc)));
    let row = texts.collect::<Vec<_>>().join(", ");
    let sql = format!("select concat_ws(chr(31), {row}) from {table}");
    digest(database.texts(&sql).await.into_iter().flatten())
}

/// The rows of a query on a SQLite file, each as one text; none before there is a file or a table.
pub fn sqlite_rows(path: &Path, sql: &str) -> Vec<String> {
    // To write, because only a writer takes back what a killed one left half done.
    let Ok(connection) = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE) else {
        return Vec::new();
    };
    let Ok(mut statement) = connection.prepare(sql) else {
        return Vec::new();
    };
    let columns = statement.column_count();
    let text = |value: ValueRef<'_>| match value {
        ValueRef::Null => NULL.to_owned(),
        ValueRef::Integer(value) => value.to_string(),
        ValueRef::Real(value) => value.to_string(),
        ValueRef::Text(value) => String::from_utf8_lossy(value).into_owned(),
        ValueRef::Blob(value) => format!("{value:?}"),
    };
    let rows = statement.query_map([], |row| {
        let values: rusqlite::Result<Vec<_>> = (0..columns).map(|at| row.get_ref(at).map(text)).collect();
        Ok(values?.join(BETWEEN))
    });
    rows.and_then(Iterator::collect)
        .unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The columns of rows in MariaDB, each row as one text.
pub async fn mariadb_rows(login: &Login, columns: &str, from: &str) -> Vec<String> {
    let texts = columns
        .split(',')
        .map(|column| format!("coalesce(cast({column} as char), '{NULL}')"));
    let row = texts.collect::<Vec<_>>().join(", ");
    let sql = format!("select concat_ws(char(31 using utf8mb4), {row}) from {from}");
    login.texts(&sql).await.into_iter().flatten().collect()
}

/// A multiset of rows as one text.
pub fn digest(rows: impl IntoIterator<Item = String>) -> String {
    let (mut count, mut sum) = (0_u64, 0_u64);
    for row in rows {
        let mut hasher = DefaultHasher::new();
        row.hash(&mut hasher);
        count += 1;
        sum = sum.wrapping_add(hasher.finish());
    }
    format!("{count} rows, {sum}")
}
