//! A new table in the place of the old one.
//!
//! Only for a table that SyncApp made and on which nothing hangs. What the user put on it since stays: indexes,
//! constraints, defaults and their comments were copied by `LIKE … INCLUDING ALL`; indexes get their old names back,
//! and grants and comments follow here.

use syncapp_model::{Result, StreamName};
use tokio_postgres::types::{ToSql, Type};

use super::client::Client;
use super::sql;

/// Statements that give the new table what the old one has, in their order. They run when it has the old one's name.
///
/// Indexes are paired by the order in which they were made, which is the order in which `LIKE` copies them. Privileges
/// that a new table gets by default are taken away first.
const INHERIT: &str = "
with tables as (select $1::text::regclass::oid as new, $2::text::regclass::oid as old),
indexes as (
  select i.indrelid, c.relname, n.nspname, row_number() over (partition by i.indrelid order by i.indexrelid) as at
  from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
  where i.indrelid in (select new from tables union all select old from tables)),
privileges as (
  select c.oid as relid, null::name as attname, 0 as attnum, g.*
  from pg_class c cross join lateral aclexplode(c.relacl) g
  where c.oid in (select new from tables union all select old from tables) and g.grantee <> c.relowner
  union all
  select a.attrelid, a.attname, a.attnum, g.*
  from pg_attribute a cross join lateral aclexplode(a.attacl) g
  where a.attrelid = (select old from tables) and not a.attisdropped
    and exists (select from pg_attribute b where b.attrelid = (select new from tables) and b.attname = a.attname)),
named as (
  select p.*, case when p.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(p.grantee)) end as who
  from privileges p)
select statement from (
  select 1 as step, format('alter index %I.%I rename to %I', new.nspname, new.relname, old.relname) as statement
  from tables join indexes new on new.indrelid = tables.new
  join indexes old on old.indrelid = tables.old and old.at = new.at
  union all
  select distinct 2, format('revoke all on %s from %s', $2::text, who)
  from named where relid = (select new from tables)
  union all
  select 3, format('grant %s %s on %s to %s%s', privilege_type, '(' || quote_ident(attname) || ')', $2::text, who,
                   case when is_grantable then ' with grant option' else '' end)
  from named where relid = (select old from tables)
  union all
  select 4, format('comment on table %s is %L', $2::text, obj_description(old, 'pg_class'))
  from tables where obj_description(old, 'pg_class') is not null
  union all
  select 5, format('comment on column %s.%I is %L', $2::text, a.attname, col_description(a.attrelid, a.attnum))
  from pg_attribute a
  where a.attrelid = (select old from tables) and a.attnum > 0 and not a.attisdropped
    and col_description(a.attrelid, a.attnum) is not null
    and exists (select from pg_attribute b where b.attrelid = (select new from tables) and b.attname = a.attname)
) statements order by step";

/// Whether one of the two tables has anything that these statements are about. Most have nothing, and this is quick.
const ADORNED: &str = "
select exists (select from pg_class c where c.oid in ($1::text::regclass, $2::text::regclass)
  and (c.relacl is not null or c.relhasindex
       or exists (select from pg_attribute where attrelid = c.oid and attacl is not null)
       or exists (select from pg_description where objoid = c.oid and classoid = 'pg_class'::regclass)))";

/// Statements that take an old table's names away from its indexes: they go to the new one's.
const RENAME_INDEXES: &str = "
select format('alter index %I.%I rename to %I', n.nspname, c.relname, $2::text || '_' || row_number() over (order by c.oid))
from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
where i.indrelid = $1::text::regclass";

/// Gives the old table's name, its indexes' names, its comments and its grants to the new one. The old one is dropped,
/// or stays under another name.
pub(super) async fn swap(
    client: &Client,
    stage: &StreamName,
    name: &StreamName,
    keep: Option<&StreamName>,
) -> Result<()> {
    let (new, old) = (sql::table(stage), sql::table(name));
    let names: [(&(dyn ToSql + Sync), Type); 2] = [(&new, Type::TEXT), (&old, Type::TEXT)];
    let failed = |error| client.error(&error);
    let adorned = client.inner.query_typed_one(ADORNED, &names).await.map_err(failed)?;
    let rows = if adorned.get(0) {
        client.inner.query_typed(INHERIT, &names).await.map_err(failed)?
    } else {
        Vec::new()
    };
    match keep {
        Some(keep) => {
            let names: [(&(dyn ToSql + Sync), Type); 2] = [(&old, Type::TEXT), (&keep.name, Type::TEXT)];
            let renames = client.inner.query_typed(RENAME_INDEXES, &names).await;
            for rename in renames.map_err(failed)? {
                client.run(rename.get(0)).await?;
            }
            let away = format!("alter table {old} rename to {}", sql::ident(&keep.name));
            client.run(&away).await?;
        }
        None => client.run(&format!("drop table {old}")).await?,
    }
    client
        .run(&format!("alter table {new} rename to {}", sql::ident(&name.name)))
        .await?;
    let statements: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    if statements.is_empty() {
        Ok(())
    } else {
        client.run(&statements.join("; ")).await
    }
}
