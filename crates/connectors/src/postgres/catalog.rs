//! What a server holds: streams, columns, keys.

use syncapp_connector::Page;
use syncapp_model::{Code, Column, Error, Pattern, Result, StreamKind, StreamName, StreamSpec};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::client::Client;
use super::sql;
use super::types::{self, PgType};

/// A stream, with what only this connector knows of it.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    pub(super) spec: StreamSpec,
    /// One for each of the spec's columns.
    pub(super) types: Vec<PgType>,
    pub(super) oid: u32,
    /// Whether its rows lie in one heap, whose pages can be read in parts.
    pub(super) heap: bool,
    pub(super) pages: u32,
    /// Columns that the server fills itself and nobody may write.
    pub(super) generated: Vec<String>,
}

/// One row a relation: everything that a description needs, so that discovery is one round trip.
///
/// Domains are followed to their base types. Columns come as parallel arrays. The key of a table that others inherit from
/// does not hold for their rows, which are read with it.
const RELATIONS: &str = "
select n.nspname::text, c.relname::text, c.relkind::text, c.relispartition, c.reltuples::float8, c.oid,
       c.relpages, c.relhassubclass,
       cols.names, cols.not_null, cols.oids, cols.typmods, cols.kinds, cols.types, cols.generated,
       coalesce((select array_agg(a.attname::text order by k.at)
                 from pg_index i cross join lateral unnest(i.indkey::int2[]) with ordinality k(attnum, at)
                 join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
                 where i.indrelid = c.oid and i.indisprimary
                   and not (c.relkind = 'r' and exists (select from pg_inherits where inhparent = c.oid))), '{}')
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
cross join lateral (
  select coalesce(array_agg(a.attname::text order by a.attnum), '{}') as names,
         coalesce(array_agg(a.attnotnull order by a.attnum), '{}') as not_null,
         coalesce(array_agg(b.oid order by a.attnum), '{}') as oids,
         coalesce(array_agg(b.typmod order by a.attnum), '{}') as typmods,
         coalesce(array_agg(b.kind::text order by a.attnum), '{}') as kinds,
         coalesce(array_agg(format_type(b.oid, b.typmod) order by a.attnum), '{}') as types,
         coalesce(array_agg(a.attgenerated <> '' order by a.attnum), '{}') as generated
  from pg_attribute a
  cross join lateral (
    with recursive d as (
      select t.oid, a.atttypmod as typmod, t.typtype as kind, t.typbasetype as base, t.typtypmod as base_typmod
      from pg_type t where t.oid = a.atttypid
      union all
      select t.oid, greatest(d.base_typmod, -1), t.typtype, t.typbasetype, t.typtypmod
      from d join pg_type t on t.oid = d.base where d.kind = 'd'
    ) select d.oid, d.typmod, d.kind from d where d.kind <> 'd'
  ) b
  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
) cols
where c.relkind in ('r', 'p', 'v', 'm', 'f')";

/// Which relations a glob may match.
const LISTED: &str = "c.relkind in ('r', 'p') and not c.relispartition and c.relname !~ '^_syncapp' \
    and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' \
    and has_schema_privilege(n.oid, 'usage') and has_any_column_privilege(c.oid, 'select')";

/// Streams that match and that the user may read, by name.
pub(super) async fn discover(client: &Client, pattern: &Pattern, page: Page) -> Result<Vec<StreamSpec>> {
    let found: Vec<Relation> = match pattern {
        Pattern::Exact(name) => relation_of(client, name).await?.into_iter().collect(),
        Pattern::Glob(_) => relations(client, &format!("and {LISTED} order by 1, 2")).await?,
    };
    let specs = found.into_iter().map(|relation| relation.spec);
    let is_exact = matches!(pattern, Pattern::Exact(_));
    // What was looked for by its name is what was meant, in whichever namespace.
    let matching = specs.filter(|spec| is_exact || pattern.matches(&spec.name.to_string()));
    Ok(matching.skip(page.offset).take(page.limit).collect())
}

/// Their names alone.
pub(super) async fn names(client: &Client, pattern: &Pattern, page: Page) -> Result<Vec<String>> {
    if let Pattern::Exact(_) = pattern {
        let found = discover(client, pattern, page).await?;
        return Ok(found.iter().map(StreamSpec::label).collect());
    }
    let query = format!(
        "select n.nspname::text, c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         where {LISTED} order by 1, 2"
    );
    let rows = client.inner.query_typed(&query, &[]).await;
    let rows = rows.map_err(|error| client.error(&error))?;
    let named = rows
        .iter()
        .map(|row| StreamName::within(row.get::<_, String>(0), row.get::<_, String>(1)).to_string());
    let matching = named.filter(|name| pattern.matches(name));
    Ok(matching.skip(page.offset).take(page.limit).collect())
}

/// One relation by its name; without a namespace it is found as the server would.
pub(super) async fn relation_of(client: &Client, name: &StreamName) -> Result<Option<Relation>> {
    Ok(relations(client, &exact(name)).await?.pop())
}

/// Looks a relation up that is always there: a session's first look fills its caches, which takes several milliseconds.
pub(super) async fn warm(client: &Client) {
    let known = StreamName::within("pg_catalog", "pg_namespace");
    if let Err(error) = client.granted(relation_of(client, &known)).await {
        tracing::debug!(%error, "a new session's first look at the catalog failed");
    }
}

async fn relations(client: &Client, filter: &str) -> Result<Vec<Relation>> {
    let query = format!("{RELATIONS} {filter}");
    let rows = client
        .inner
        .query_typed(&query, &[])
        .await
        .map_err(|error| client.error(&error))?;
    let mut relations = rows.iter().map(relation).collect::<Result<Vec<_>>>()?;
    let columns = relations.iter_mut().flat_map(|relation| &mut relation.spec.columns);
    settle_money(client, columns.collect()).await?;
    Ok(relations)
}

/// The bytes of `money` count in a unit of the database's `lc_monetary`: only where that is the hundredth, as almost
/// everywhere, do they mean the same elsewhere.
async fn settle_money(client: &Client, columns: Vec<&mut Column>) -> Result<()> {
    let money: Vec<_> = columns
        .into_iter()
        .filter(|column| column.native.name.starts_with("money"))
        .collect();
    if money.is_empty() {
        return Ok(());
    }
    let query = "select scale(1::money::numeric) = 2";
    let row = client
        .inner
        .query_typed_one(query, &[])
        .await
        .map_err(|error| client.error(&error))?;
    let hundredths = row.get(0);
    for column in money {
        column.portable = hundredths;
    }
    Ok(())
}

/// The error for a stream that is not there, with the nearest names.
pub(super) async fn not_found(client: &Client, name: &StreamName) -> Error {
    let query = "select n.nspname::text, c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace \
                 where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' \
                 and has_schema_privilege(n.oid, 'usage') limit 10000";
    let rows = client.inner.query_typed(query, &[]).await.unwrap_or_default();
    let wanted = name.to_string();
    let distance = |row: &Row| {
        let candidate = StreamName::within(row.get::<_, String>(0), row.get::<_, String>(1)).to_string();
        (strsim::damerau_levenshtein(&wanted, &candidate), candidate)
    };
    let nearest = rows
        .iter()
        .map(distance)
        .min()
        .filter(|(distance, _)| *distance <= wanted.len() / 2);
    let error = Error::new(
        Code::StreamNotFound,
        format!("the database has no `{wanted}` that this user can see"),
    );
    match nearest {
        Some((_, candidate)) => error.help(format!("did you mean `{candidate}`? `discover` lists what there is")),
        None => error.help("`discover` lists what there is"),
    }
}

fn exact(name: &StreamName) -> String {
    let bare = sql::text(&name.name);
    match &name.namespace {
        Some(schema) => format!("and n.nspname = {} and c.relname = {bare}", sql::text(schema)),
        None => format!(
            "and c.relname = {bare} and n.nspname = any(current_schemas(false)) \
                         order by array_position(current_schemas(false), n.nspname) limit 1"
        ),
    }
}

fn relation(row: &Row) -> Result<Relation> {
    let malformed = |problem: tokio_postgres::Error| Error::internal("the catalog answered oddly").driver(problem);
    let names: Vec<String> = row.try_get(8).map_err(malformed)?;
    let not_null: Vec<bool> = row.try_get(9).map_err(malformed)?;
    let oids: Vec<u32> = row.try_get(10).map_err(malformed)?;
    let typmods: Vec<i32> = row.try_get(11).map_err(malformed)?;
    let kinds: Vec<String> = row.try_get(12).map_err(malformed)?;
    let words: Vec<String> = row.try_get(13).map_err(malformed)?;
    let generated: Vec<bool> = row.try_get(14).map_err(malformed)?;
    let relkind: String = row.get(2);
    let partition: bool = row.get(3);
    let kind = match relkind.as_str() {
        _ if partition => StreamKind::Partition,
        "p" => StreamKind::Partitioned,
        "v" | "m" => StreamKind::View,
        "f" => StreamKind::Foreign,
        _ => StreamKind::Table,
    };
    let types: Vec<PgType> = (0..names.len())
        .map(|at| types::resolve(oids[at], typmods[at], &kinds[at], &words[at]))
        .collect();
    let columns = (0..names.len())
        .map(|at| column(&names[at], &types[at], !not_null[at]))
        .collect();
    let tuples: f64 = row.get(4);
    let spec = StreamSpec {
        name: StreamName::within(row.get::<_, String>(0), row.get::<_, String>(1)),
        kind,
        columns,
        primary_key: row.get(15),
        estimated_rows: (tuples >= 0.0 && relkind == "r").then_some(tuples as u64),
    };
    let heap = relkind == "r" && !row.get::<_, bool>(7);
    let generated = names
        .into_iter()
        .zip(generated)
        .filter(|(_, generated)| *generated)
        .map(|(name, _)| name)
        .collect();
    Ok(Relation {
        spec,
        types,
        oid: row.get(5),
        heap,
        pages: row.get::<_, i32>(6).max(0) as u32,
        generated,
    })
}

fn column(name: &str, ty: &PgType, nullable: bool) -> Column {
    Column {
        name: name.into(),
        ty: ty.ty.clone(),
        native: ty.native(),
        portable: true,
        nullable,
    }
}

/// The columns of a query, as the server plans it.
pub(super) async fn query_columns(client: &Client, query: &str) -> Result<(Vec<Column>, Vec<PgType>)> {
    let statement = client
        .inner
        .prepare(query)
        .await
        .map_err(|error| client.error(&error))?;
    let oids: Vec<u32> = statement.columns().iter().map(|column| column.type_().oid()).collect();
    let typmods: Vec<i32> = statement
        .columns()
        .iter()
        .map(tokio_postgres::Column::type_modifier)
        .collect();
    let names = "select coalesce(b.oid, t.oid), t.typtype::text, format_type(coalesce(b.oid, t.oid), q.typmod) \
                 from unnest($1::oid[], $2::int4[]) with ordinality q(oid, typmod, at) join pg_type t on t.oid = q.oid \
                 left join pg_type b on t.typtype = 'd' and b.oid = t.typbasetype order by q.at";
    let rows = client
        .inner
        .query_typed(names, &[(&oids, Type::OID_ARRAY), (&typmods, Type::INT4_ARRAY)])
        .await
        .map_err(|error| client.error(&error))?;
    let mut columns = Vec::new();
    let mut types = Vec::new();
    for ((row, described), typmod) in rows.iter().zip(statement.columns()).zip(typmods) {
        let ty = types::resolve(row.get(0), typmod, &row.get::<_, String>(1), &row.get::<_, String>(2));
        if columns.iter().any(|column: &Column| column.name == described.name()) {
            return Err(Error::new(
                Code::InvalidExpression,
                format!("the query has two columns `{}`", described.name()),
            )
            .help("name one of them otherwise by `as`"));
        }
        columns.push(column(described.name(), &ty, true));
        types.push(ty);
    }
    settle_money(client, columns.iter_mut().collect()).await?;
    Ok((columns, types))
}
