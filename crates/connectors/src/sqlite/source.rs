//! The file as it is read: its tables and views, and queries over them.

use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::Connection;
use syncapp_connector::{Page, ReadRequest, Snapshot, Source, StreamRef};
use syncapp_model::{Code, Column, Error, NativeType, Pattern, Result, Side, StreamKind, StreamName, StreamSpec};

use super::catalog::{self, Table};
use super::config::Valid;
use super::connect::{blocking, reader};
use super::error::At;
use super::snapshot::SqliteSnapshot;
use super::sql::{main_table, quote};
use super::{Sqlite, infer, types};

/// An SQLite file to read from.
pub(super) struct SqliteSource {
    valid: Arc<Valid>,
}

impl SqliteSource {
    pub(super) fn new(valid: Arc<Valid>) -> Self {
        Self { valid }
    }
}

#[async_trait]
impl Source for SqliteSource {
    async fn discover(&self, pattern: &Pattern, page: Page) -> Result<Vec<StreamSpec>> {
        let (valid, pattern) = (self.valid.clone(), pattern.clone());
        blocking(move || {
            let connection = reader(&valid.path, Side::Source)?;
            let with_own = matches!(pattern, Pattern::Exact(_));
            let names = catalog::names(&connection, with_own).reading()?;
            let named = names
                .into_iter()
                .map(|(name, is_view)| (StreamName::bare(name), is_view));
            let matching = named.filter(|(name, _)| pattern.matches(&name.to_string()));
            let mut specs = Vec::new();
            for (name, is_view) in matching.skip(page.offset).take(page.limit) {
                match describe(&connection, &StreamRef::table(name)) {
                    Ok(found) => specs.push(found.spec),
                    // A view over a table that is gone would hide all others; by its own name it says what is wrong.
                    Err(_) if is_view && !with_own => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(specs)
        })
        .await
    }

    async fn names(&self, pattern: &Pattern, page: Page) -> Result<Vec<String>> {
        let (valid, pattern) = (self.valid.clone(), pattern.clone());
        blocking(move || {
            let connection = reader(&valid.path, Side::Source)?;
            let names = catalog::names(&connection, matches!(pattern, Pattern::Exact(_))).reading()?;
            let named = names.into_iter().map(|(name, _)| StreamName::bare(name).to_string());
            let matching = named.filter(|name| pattern.matches(name));
            Ok(matching.skip(page.offset).take(page.limit).collect())
        })
        .await
    }

    async fn describe(&self, stream: &StreamRef) -> Result<StreamSpec> {
        let (valid, stream) = (self.valid.clone(), stream.clone());
        blocking(move || Ok(describe(&reader(&valid.path, Side::Source)?, &stream)?.spec)).await
    }

    async fn open(&self, request: &ReadRequest) -> Result<Box<dyn Snapshot>> {
        let (valid, request) = (self.valid.clone(), request.clone());
        blocking(move || {
            let connection = reader(&valid.path, Side::Source)?;
            // The transaction's view is that of its first read.
            connection
                .execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema")
                .reading()?;
            let found = describe(&connection, &request.stream)?;
            let snapshot = SqliteSnapshot::new(connection, &found, &request)?;
            Ok(Box::new(snapshot) as Box<dyn Snapshot>)
        })
        .await
    }
}

/// A stream, and how SQL reaches it.
pub(super) struct Found {
    pub(super) spec: StreamSpec,
    /// What stands behind FROM.
    pub(super) from: String,
    /// The word for the row's number.
    pub(super) rowid: Option<&'static str>,
}

/// Finds out all about a stream.
fn describe(connection: &Connection, stream: &StreamRef) -> Result<Found> {
    let found = match &stream.query {
        Some(query) => by_query(connection, stream, query),
        None => by_name(connection, stream),
    };
    found.map_err(|error| error.stream(&stream.name))
}

fn by_name(connection: &Connection, stream: &StreamRef) -> Result<Found> {
    let name = &stream.name;
    let in_main = name.namespace.as_deref().is_none_or(|namespace| namespace == "main");
    let table = if in_main {
        catalog::table(connection, &name.name).reading()?
    } else {
        None
    };
    // Names of streams are compared as they are spelled, so that one table is not two streams.
    let Some(table) = table.filter(|table| table.name == name.name) else {
        return Err(not_found(connection, name)?);
    };
    let from = main_table(&table.name);
    let columns = match table.kind {
        StreamKind::View => of_statement(connection, &format!("SELECT * FROM {from}"))?,
        _ => table
            .columns
            .iter()
            .map(|column| (column.name.clone(), column.declared.clone(), column.nullable))
            .collect(),
    };
    let estimated_rows = catalog::estimated_rows(connection, &table).reading()?;
    let Table {
        name: bare,
        kind,
        primary_key,
        rowid,
        ..
    } = table;
    let columns = typed(connection, &from, columns)?;
    let name = StreamName {
        namespace: name.namespace.clone(),
        name: bare,
    };
    let spec = StreamSpec {
        name,
        kind,
        columns,
        primary_key,
        estimated_rows,
    };
    Ok(Found { spec, from, rowid })
}

fn by_query(connection: &Connection, stream: &StreamRef, query: &str) -> Result<Found> {
    let query = query.trim().trim_end_matches(';');
    let columns = of_statement(connection, query)?;
    let mut seen = std::collections::HashSet::new();
    if let Some((name, ..)) = columns
        .iter()
        .find(|(name, ..)| !seen.insert(name.to_ascii_lowercase()))
    {
        return Err(
            Error::new(Code::InvalidValue, format!("the query has two columns `{name}`"))
                .help("give each column a name of its own with AS"),
        );
    }
    // The line break ends a comment at the query's end.
    let from = format!("({query}\n)");
    let columns = typed(connection, &from, columns)?;
    let spec = StreamSpec {
        name: stream.name.clone(),
        kind: StreamKind::Query,
        columns,
        primary_key: Vec::new(),
        estimated_rows: None,
    };
    Ok(Found {
        spec,
        from,
        rowid: None,
    })
}

/// Names and declared types of what a statement gives.
fn of_statement(connection: &Connection, sql: &str) -> Result<Vec<(String, String, bool)>> {
    let statement = connection.prepare(sql).reading()?;
    if !statement.readonly() || statement.column_count() == 0 {
        return Err(
            Error::new(Code::InvalidValue, "the query is not one that only reads").help("write a single SELECT")
        );
    }
    let columns = statement.columns();
    let column = |column: &rusqlite::Column<'_>| {
        (
            column.name().to_owned(),
            column.decl_type().unwrap_or_default().to_owned(),
            true,
        )
    };
    Ok(columns.iter().map(column).collect())
}

fn typed(connection: &Connection, from: &str, columns: Vec<(String, String, bool)>) -> Result<Vec<Column>> {
    let open: Vec<_> = columns
        .iter()
        .map(|(name, declared, _)| (quote(name), declared.clone()))
        .collect();
    let found = infer::types(connection, from, &open).reading()?;
    let typed = columns
        .into_iter()
        .zip(found)
        .map(|((name, declared, nullable), ty)| Column {
            name,
            ty,
            native: native(&declared),
            portable: false,
            nullable,
        });
    Ok(typed.collect())
}

/// A declared type, as SyncApp names it.
pub(super) fn native(declared: &str) -> NativeType {
    NativeType {
        system: <Sqlite as syncapp_connector::Connector>::ID.into(),
        name: types::unquoted(declared).to_owned(),
    }
}

fn not_found(connection: &Connection, name: &StreamName) -> Result<Error> {
    let names = catalog::names(connection, false).reading()?;
    let mut names: Vec<String> = names.into_iter().map(|(name, _)| name).collect();
    names.sort_by_cached_key(|other| strsim::damerau_levenshtein(other, &name.name));
    names.truncate(3);
    let error = Error::new(Code::StreamNotFound, format!("there is no table or view `{name}`"));
    Ok(if names.is_empty() {
        error.help("the file holds no table; check `path`")
    } else {
        error.help(format!("the nearest names are `{}`", names.join("`, `")))
    })
}
