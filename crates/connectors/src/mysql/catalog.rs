//! What a server holds: streams, columns, keys.

use mysql_async::Row;
use mysql_async::consts::{ColumnFlags, ColumnType};
use mysql_async::prelude::Queryable;
use syncapp_connector::Page;
use syncapp_model::{Code, Column, Error, Pattern, Result, StreamKind, StreamName, StreamSpec};

use super::client::{Client, optional, text};
use super::sql;
use super::types::{Facts, MyType};

/// A table or view, with what only this connector knows of it.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    pub(super) spec: StreamSpec,
    /// One for each of the spec's columns.
    pub(super) types: Vec<MyType>,
    /// Columns that the server fills itself and nobody may write.
    pub(super) generated: Vec<String>,
    pub(super) engine: String,
    pub(super) comment: String,
}

const SYSTEM_DATABASES: &str = "('mysql', 'information_schema', 'performance_schema', 'sys')";

/// Streams that match and that the user may see, by name.
pub(super) async fn discover(client: &mut Client, pattern: &Pattern, page: Page) -> Result<Vec<StreamSpec>> {
    let found = match pattern {
        Pattern::Exact(name) => relation_of(client, name).await?.into_iter().collect(),
        Pattern::Glob(_) => {
            let mut all = relations(client, &listed()).await?;
            all.retain(|relation| pattern.matches(&relation.spec.name.to_string()));
            all
        }
    };
    let specs = found.into_iter().map(|relation| relation.spec);
    Ok(specs.skip(page.offset).take(page.limit).collect())
}

/// Their names alone.
pub(super) async fn names(client: &mut Client, pattern: &Pattern, page: Page) -> Result<Vec<String>> {
    if let Pattern::Exact(_) = pattern {
        let found = discover(client, pattern, page).await?;
        return Ok(found.iter().map(StreamSpec::label).collect());
    }
    let query = format!(
        "select t.table_schema, t.table_name from information_schema.tables t where {} order by 1, 2",
        listed()
    );
    let rows = client.rows(&query).await?;
    let named = rows
        .iter()
        .map(|row| StreamName::within(text(row, 0), text(row, 1)).to_string());
    let matching = named.filter(|name| pattern.matches(name));
    Ok(matching.skip(page.offset).take(page.limit).collect())
}

/// Which tables a glob may match.
fn listed() -> String {
    format!(
        "t.table_type = 'BASE TABLE' and t.table_schema not in {SYSTEM_DATABASES} and left(t.table_name, 8) <> '_syncapp'"
    )
}

/// One table or view; without a namespace that of the connection's database.
pub(super) async fn relation_of(client: &mut Client, name: &StreamName) -> Result<Option<Relation>> {
    let full = full_name(client, name);
    let database = full.namespace.as_deref().unwrap_or_default();
    // The catalog compares names without their case, which tells tables apart on most servers.
    let named = |column: &str, name: &str| {
        let name = sql::text(name);
        format!("{column} = {name} and (binary {column} = binary {name} or @@lower_case_table_names <> 0)")
    };
    let (database, table) = (named("t.table_schema", database), named("t.table_name", &full.name));
    let filter = format!("{database} and {table}");
    Ok(relations(client, &filter).await?.pop())
}

/// A name with its database.
pub(super) fn full_name(client: &Client, name: &StreamName) -> StreamName {
    match name.namespace {
        Some(_) => name.clone(),
        None => StreamName::within(client.valid.database.clone(), name.name.clone()),
    }
}

async fn relations(client: &mut Client, filter: &str) -> Result<Vec<Relation>> {
    let tables = client
        .rows(&format!(
            "select t.table_schema, t.table_name, t.table_type, t.engine, t.table_rows, t.table_comment \
             from information_schema.tables t where {filter} order by 1, 2"
        ))
        .await?;
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    let columns = client
        .rows(&format!(
            "select c.table_schema, c.table_name, c.column_name, c.is_nullable, c.data_type, c.column_type, \
             c.character_set_name, c.collation_name, c.column_comment, c.extra \
             from information_schema.columns c join information_schema.tables t \
             on t.table_schema = c.table_schema and t.table_name = c.table_name \
             and binary t.table_schema = binary c.table_schema and binary t.table_name = binary c.table_name \
             where {filter} order by c.table_schema, c.table_name, c.ordinal_position"
        ))
        .await?;
    let keys = client
        .rows(&format!(
            "select t.table_schema, t.table_name, t.column_name from information_schema.statistics t \
             where t.index_name = 'PRIMARY' and {} order by 1, 2, t.seq_in_index",
            filter.replace("t.table_type = 'BASE TABLE'", "true")
        ))
        .await?;
    let checks = json_checks(client).await?;
    let mut relations: Vec<Relation> = tables.iter().map(relation).collect();
    for row in &columns {
        let Some(relation) = owner(&mut relations, row) else {
            continue;
        };
        let name = text(row, 2);
        let ty = MyType::of(&Facts {
            data_type: text(row, 4),
            column_type: text(row, 5),
            charset: optional(row, 6),
            collation: optional(row, 7),
            comment: text(row, 8),
            json_check: checks.iter().any(|(table, check)| {
                *table == relation.spec.name && check == &format!("json_valid({})", sql::ident(&name))
            }),
        });
        if text(row, 9).to_ascii_uppercase().contains("GENERATED") {
            relation.generated.push(name.clone());
        }
        relation.spec.columns.push(column(&name, &ty, text(row, 3) == "YES"));
        relation.types.push(ty);
    }
    for row in &keys {
        if let Some(relation) = owner(&mut relations, row) {
            relation.spec.primary_key.push(text(row, 2));
        }
    }
    Ok(relations)
}

/// The checks of MariaDB's JSON columns.
async fn json_checks(client: &mut Client) -> Result<Vec<(StreamName, String)>> {
    if !client.mariadb {
        return Ok(Vec::new());
    }
    let query = "select constraint_schema, table_name, check_clause from information_schema.check_constraints \
                 where check_clause like 'json_valid(%'";
    let rows = client.rows(query).await?;
    let check = |row: &Row| (StreamName::within(text(row, 0), text(row, 1)), text(row, 2));
    Ok(rows.iter().map(check).collect())
}

fn owner<'a>(relations: &'a mut [Relation], row: &Row) -> Option<&'a mut Relation> {
    let name = StreamName::within(text(row, 0), text(row, 1));
    relations.iter_mut().find(|relation| relation.spec.name == name)
}

fn relation(row: &Row) -> Relation {
    let kind = text(row, 2);
    Relation {
        spec: StreamSpec {
            name: StreamName::within(text(row, 0), text(row, 1)),
            kind: if kind.contains("VIEW") {
                StreamKind::View
            } else {
                StreamKind::Table
            },
            columns: Vec::new(),
            primary_key: Vec::new(),
            estimated_rows: optional(row, 4).and_then(|rows| rows.parse().ok()),
        },
        types: Vec::new(),
        generated: Vec::new(),
        engine: text(row, 3),
        comment: text(row, 5),
    }
}

fn column(name: &str, ty: &MyType, nullable: bool) -> Column {
    Column {
        name: name.into(),
        ty: ty.ty.clone(),
        native: ty.native(),
        portable: true,
        nullable,
    }
}

/// The error for a stream that is not there, with the nearest names.
pub(super) async fn not_found(client: &mut Client, name: &StreamName) -> Error {
    let query = format!(
        "select table_schema, table_name from information_schema.tables \
         where table_schema not in {SYSTEM_DATABASES} limit 10000"
    );
    let rows = client.rows(&query).await.unwrap_or_default();
    let wanted = full_name(client, name).to_string();
    let distance = |row: &Row| {
        let candidate = StreamName::within(text(row, 0), text(row, 1)).to_string();
        (strsim::damerau_levenshtein(&wanted, &candidate), candidate)
    };
    let nearest = rows.iter().map(distance).min();
    let error = Error::new(
        Code::StreamNotFound,
        format!("the server has no `{wanted}` that this user can see"),
    );
    match nearest.filter(|(distance, _)| *distance <= wanted.len() / 2) {
        Some((_, candidate)) => error.help(format!("did you mean `{candidate}`? `discover` lists what there is")),
        None => error.help("`discover` lists what there is"),
    }
}

/// The columns of a query, as the server prepares it.
pub(super) async fn query_columns(client: &mut Client, query: &str) -> Result<(Vec<Column>, Vec<MyType>)> {
    let prepared = client.conn.prep(query).await;
    let statement = prepared.map_err(|error| client.error(&error))?;
    let mut columns: Vec<Column> = Vec::new();
    let mut types = Vec::new();
    for described in statement.columns().iter() {
        let name = described.name_str().into_owned();
        if columns.iter().any(|column| column.name == name) {
            return Err(
                Error::new(Code::InvalidExpression, format!("the query has two columns `{name}`"))
                    .help("name one of them otherwise by `as`"),
            );
        }
        let ty = MyType::parse(&result_type(described));
        columns.push(column(&name, &ty, true));
        types.push(ty);
    }
    let closed = client.conn.close(statement).await;
    closed.map_err(|error| client.error(&error))?;
    Ok((columns, types))
}

/// The type of a query's column, as a definition would say it.
fn result_type(column: &mysql_async::Column) -> String {
    /// The character set of bytes.
    const BINARY: u16 = 63;
    /// What a double of no fixed scale has for its decimals.
    const UNFIXED: u8 = 31;
    let unsigned = if column.flags().contains(ColumnFlags::UNSIGNED_FLAG) {
        " unsigned"
    } else {
        ""
    };
    let (length, decimals) = (column.column_length() as usize, column.decimals());
    let fraction = if (1..=6).contains(&decimals) {
        format!("({decimals})")
    } else {
        String::new()
    };
    let bytes = column.character_set() == BINARY;
    match column.column_type() {
        ColumnType::MYSQL_TYPE_TINY => format!("tinyint(4){unsigned}"),
        ColumnType::MYSQL_TYPE_SHORT => format!("smallint{unsigned}"),
        ColumnType::MYSQL_TYPE_INT24 => format!("mediumint{unsigned}"),
        ColumnType::MYSQL_TYPE_LONG => format!("int{unsigned}"),
        ColumnType::MYSQL_TYPE_LONGLONG => format!("bigint{unsigned}"),
        ColumnType::MYSQL_TYPE_YEAR => "year".into(),
        ColumnType::MYSQL_TYPE_FLOAT => "float".into(),
        ColumnType::MYSQL_TYPE_DOUBLE => "double".into(),
        ColumnType::MYSQL_TYPE_DECIMAL | ColumnType::MYSQL_TYPE_NEWDECIMAL => {
            // Its length counts the sign and the point.
            let sign = usize::from(unsigned.is_empty());
            let digits = length.saturating_sub(sign + usize::from(decimals > 0)).clamp(1, 65);
            format!("decimal({digits},{})", decimals.min(UNFIXED - 1))
        }
        ColumnType::MYSQL_TYPE_BIT => format!("bit({length})"),
        ColumnType::MYSQL_TYPE_DATE | ColumnType::MYSQL_TYPE_NEWDATE => "date".into(),
        ColumnType::MYSQL_TYPE_TIME | ColumnType::MYSQL_TYPE_TIME2 => format!("time{fraction}"),
        ColumnType::MYSQL_TYPE_DATETIME | ColumnType::MYSQL_TYPE_DATETIME2 => format!("datetime{fraction}"),
        ColumnType::MYSQL_TYPE_TIMESTAMP | ColumnType::MYSQL_TYPE_TIMESTAMP2 => format!("timestamp{fraction} null"),
        ColumnType::MYSQL_TYPE_JSON => "json".into(),
        ColumnType::MYSQL_TYPE_GEOMETRY => "geometry".into(),
        _ if bytes => "longblob".into(),
        _ => "longtext character set utf8mb4 collate utf8mb4_bin".into(),
    }
}
