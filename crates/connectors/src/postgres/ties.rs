//! What hangs on a table, and so how its rows can be replaced.

use syncapp_connector::Target;
use syncapp_model::sync_file::Write;
use syncapp_model::{Code, Error, Result};

use super::client::Client;
use super::sql;

/// What stands in the way of a new table in this one's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Hold {
    /// Nothing that a new table would not get.
    #[default]
    Nothing,
    /// Something that would be lost with the table: views, triggers, policies, …
    Table,
    /// Other tables' foreign keys, which refer to its rows.
    Rows,
}

/// What hangs on a table.
#[derive(Debug, Default)]
pub(super) struct Ties {
    pub(super) hold: Hold,
    /// A unique index over exactly the key, in a table of one heap.
    pub(super) unique_key: bool,
    /// Indexes, constraints, defaults and the like beside its columns, all of which `LIKE … INCLUDING ALL` copies.
    pub(super) extras: bool,
    /// Something by which it may refuse rows that its columns can hold: more than a merge's or a history's own index.
    pub(super) refuses: bool,
}

/// Three columns: whether foreign keys of other tables refer to it, whether something else would be lost with it, and
/// whether it has what `LIKE … INCLUDING ALL` copies.
const TIES: &str = "
select exists (select from pg_constraint where contype = 'f' and confrelid = c.oid and conrelid <> c.oid),
       exists (select from pg_depend d where d.deptype = 'n' and (
                 d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid
                   and d.classid in ('pg_rewrite'::regclass, 'pg_proc'::regclass)
                 or d.refclassid = 'pg_type'::regclass
                   and d.refobjid in (c.reltype, (select typarray from pg_type where oid = c.reltype))))
         or exists (select from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S'
                    where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
                      and d.refobjid = c.oid and d.deptype = 'a')
         or exists (select from pg_constraint where contype = 'f' and conrelid = c.oid)
         or exists (select from pg_trigger where tgrelid = c.oid and not tgisinternal)
         or exists (select from pg_policy where polrelid = c.oid)
         or exists (select from pg_publication_rel where prrelid = c.oid)
         or exists (select from pg_statistic_ext where stxrelid = c.oid)
         or exists (select from pg_inherits where c.oid in (inhrelid, inhparent))
         or exists (select from pg_attribute a join pg_type t on t.oid = a.atttypid
                    where a.attrelid = c.oid and a.attnum > 0
                      and (a.attidentity <> '' or a.attoptions is not null or a.attstattarget > 0
                           or a.attstorage <> t.typstorage))
         or c.relkind <> 'r' or c.relhasrules or c.relreplident <> 'd' or c.reloptions is not null
         or c.reltablespace <> 0 or c.relrowsecurity or c.relpersistence <> 'p'
         or c.relowner <> (select oid from pg_roles where rolname = current_user),
       exists (select from pg_index where indrelid = c.oid) or exists (select from pg_constraint where conrelid = c.oid)
         or exists (select from pg_attrdef where adrelid = c.oid)";

/// Whether there is a unique index by which the server can find rows, with columns of these names.
const UNIQUE: &str = "
c.relkind = 'r' and exists (select from pg_index i
        where i.indrelid = c.oid and i.indisunique and i.indimmediate and i.indisvalid
          and i.indpred is null and i.indexprs is null
          and (select array_agg(a.attname::text order by a.attname::text) from pg_attribute a
               where a.attrelid = c.oid and a.attnum = any (i.indkey[0:i.indnkeyatts - 1]))";

/// Whether something can refuse rows; the rest of the condition is which unique indexes cannot.
const REFUSES: &str = "
exists (select from pg_constraint where conrelid = c.oid and contype <> 'n')
         or exists (select from pg_trigger where tgrelid = c.oid and not tgisinternal)
         or c.relkind <> 'r'
         or exists (select from pg_attribute a join pg_type t on t.oid = a.atttypid
                    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                      and (t.typtype = 'd' or a.attgenerated <> ''))
         or exists (select from pg_index i where i.indrelid = c.oid and (i.indexprs is not null or i.indisunique and not (
           (select array_agg(a.attname::text order by a.attname::text) from pg_attribute a
               where a.attrelid = c.oid and a.attnum = any (i.indkey[0:i.indnkeyatts - 1]))";

impl Ties {
    /// Looks at the target's table, which has that number.
    pub(super) async fn look(client: &Client, oid: u32, target: &Target) -> Result<Self> {
        let key = sorted(&target.primary_key);
        let keyed = matches!(target.write, Write::Merge | Write::History);
        let query =
            format!("{TIES}, {UNIQUE} = {key}), {REFUSES} = {key} and {keyed}))) from pg_class c where c.oid = {oid}");
        let found = client.inner.query_typed_opt(&query, &[]).await;
        let row = found.map_err(|error| client.error(&error))?.ok_or_else(|| {
            Error::new(
                Code::LockTimeout(client.side),
                "another run swapped the table in the meantime",
            )
            .help("run again")
        })?;
        let hold = match (row.get(0), row.get(1)) {
            (true, _) => Hold::Rows,
            (false, true) => Hold::Table,
            (false, false) => Hold::Nothing,
        };
        Ok(Self {
            hold,
            extras: row.get(2),
            unique_key: row.get(3),
            refuses: row.get(4),
        })
    }
}

/// The names as an array, in the server's order.
fn sorted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| sql::text(name)).collect();
    format!(
        "(select array_agg(n order by n) from unnest(array[{}]::text[]) n)",
        names.join(", ")
    )
}
