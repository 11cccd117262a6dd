//! A new table in the place of the old one.
//!
//! Only for a table that SyncApp made and on which nothing hangs. What the user put on it since stays: indexes,
//! constraints, defaults and comments by `LIKE … INCLUDING ALL`, grants and the table's own comment by hand.

use syncapp_connector::Target;
use syncapp_model::{Result, StreamName};

use super::client::Client;
use super::sql;
use super::target::{self, Found};

/// Makes the new table.
pub(super) async fn stage(client: &Client, found: &Found, target: &Target, stage: &StreamName) -> Result<()> {
    let staged = sql::table(stage);
    if found.has_extras() {
        client
            .run(&format!(
                "create table {staged} (like {} including all)",
                sql::table(&found.name)
            ))
            .await
    } else {
        client.run(&target::create(&staged, target, "")).await
    }
}

/// Drops the old table and gives its name, its indexes' names, its comments and its grants to the new one.
pub(super) async fn swap(client: &Client, stage: &StreamName, name: &StreamName) -> Result<()> {
    let (new, old) = (sql::text(&sql::table(stage)), sql::text(&sql::table(name)));
    let query = format!(
        "with new as (select {new}::regclass::oid as oid), old as (select {old}::regclass::oid as oid),
         named as (
           select i.indrelid, ci.relname, row_number() over (partition by i.indrelid order by i.indexrelid) as at
           from pg_index i join pg_class ci on ci.oid = i.indexrelid
           where i.indrelid in (select oid from new union all select oid from old))
         select format('alter index %s.%I rename to %I', quote_ident(n.nspname), a.relname, b.relname)
         from named a join named b on b.at = a.at and b.indrelid = (select oid from old)
         join pg_class c on c.oid = a.indrelid join pg_namespace n on n.oid = c.relnamespace
         where a.indrelid = (select oid from new)
         union all
         select format('grant %s on {table} to %s%s', g.privilege_type,
                       case when g.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end,
                       case when g.is_grantable then ' with grant option' else '' end)
         from pg_class c cross join lateral aclexplode(c.relacl) g
         where c.oid = (select oid from old) and g.grantee <> c.relowner
         union all
         select format('grant %s (%I) on {table} to %s%s', g.privilege_type, a.attname,
                       case when g.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end,
                       case when g.is_grantable then ' with grant option' else '' end)
         from pg_attribute a cross join lateral aclexplode(a.attacl) g
         where a.attrelid = (select oid from old) and not a.attisdropped
         union all
         select format('comment on table {table} is %L', obj_description((select oid from old), 'pg_class'))
         where obj_description((select oid from old), 'pg_class') is not null
         union all
         select format('comment on column {table}.%I is %L', a.attname, col_description(a.attrelid, a.attnum))
         from pg_attribute a where a.attrelid = (select oid from old) and a.attnum > 0 and not a.attisdropped
           and col_description(a.attrelid, a.attnum) is not null
           and exists (select from pg_attribute b where b.attrelid = (select oid from new) and b.attname = a.attname)",
        table = sql::table(name).replace('%', "%%").replace('\'', "''"),
    );
    let rows = client
        .inner
        .query_typed(&query, &[])
        .await
        .map_err(|error| client.error(&error))?;
    client.run(&format!("drop table {}", sql::table(name))).await?;
    client
        .run(&format!(
            "alter table {} rename to {}",
            sql::table(stage),
            sql::ident(&name.name)
        ))
        .await?;
    let statements: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    if statements.is_empty() {
        Ok(())
    } else {
        client.run(&statements.join("; ")).await
    }
}
