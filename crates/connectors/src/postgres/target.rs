//! What a target table is, what hangs on it, and so how it can be loaded.

use syncapp_connector::{Target, TargetChange, TargetColumn, TargetShape};
use syncapp_model::sync_file::Write;
use syncapp_model::{Code, Column, Error, NativeType, Result, Side, StreamKind, StreamName};

use super::catalog::{self, Relation};
use super::checkpoint::Checkpoints;
use super::client::Client;
use super::types::{SYSTEM, Wire};
use super::{encode, sql, types};

/// How the rows of a load get into the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// The table is made and filled in one transaction.
    Create,
    /// A new table takes the place of the one that SyncApp made.
    Swap,
    /// The rows are replaced; table, grants and dependants stay.
    Refill,
    /// As `Refill`, but keys that stay are updated: other tables refer to them.
    RefillByKey,
    /// Rows are added.
    Append,
    /// Rows are inserted or updated by key.
    Merge,
}

/// A target table as the server has it now.
pub(super) struct Found {
    /// Its full name.
    pub(super) name: StreamName,
    /// What it is, unless it is not there.
    pub(super) relation: Option<Relation>,
    /// Whether SyncApp made it for this stream.
    ours: bool,
    ties: Ties,
}

/// What hangs on a table.
#[derive(Default)]
struct Ties {
    /// Something that a new table in its place would lose.
    bound: bool,
    /// Other tables' foreign keys.
    referenced: bool,
    /// A unique index over exactly the key.
    unique_key: bool,
    /// Indexes, constraints or defaults beside its columns.
    extras: bool,
}

impl Found {
    /// Looks the table up.
    pub(super) async fn look(client: &Client, target: &Target) -> Result<Self> {
        let name = full_name(client, &target.name).await?;
        let relation = catalog::relation_of(client, &name).await?;
        let Some(relation) = relation else {
            return Ok(Self {
                name,
                relation: None,
                ours: false,
                ties: Ties::default(),
            });
        };
        if !matches!(
            relation.spec.kind,
            StreamKind::Table | StreamKind::Partitioned | StreamKind::Partition
        ) {
            return Err(
                Error::new(Code::TypeMismatch(Side::Destination), format!("{name} is not a table"))
                    .help("write to a table, or name another target in `into`"),
            );
        }
        let checkpoints = checkpoints(target, &name);
        let made = if checkpoints.exist(client).await? {
            checkpoints.relation(client, &target.key).await?
        } else {
            None
        };
        let ties = ties(client, relation.oid, &target.primary_key).await?;
        Ok(Self {
            name,
            ours: made == Some(relation.oid),
            relation: Some(relation),
            ties,
        })
    }

    /// How a load gets in.
    pub(super) fn way(&self, target: &Target) -> Result<Way> {
        if target.write == Write::History {
            return Err(Error::new(Code::NotAvailable, "`write: history` is planned").help("use `merge` or `append`"));
        }
        let Some(relation) = &self.relation else {
            return Ok(if target.write == Write::Merge {
                Way::Merge
            } else {
                Way::Create
            });
        };
        Ok(match target.write {
            Write::Merge => Way::Merge,
            Write::Append => Way::Append,
            _ if self.ours && !self.ties.bound && (!self.ties.extras || self.same_columns(relation, target)) => {
                Way::Swap
            }
            _ if self.ties.referenced && target.primary_key.is_empty() => {
                let why = format!(
                    "other tables refer to {}, so its rows cannot all be replaced",
                    self.name
                );
                return Err(Error::new(Code::Dependents, why)
                    .help("give the stream a `primary_key`: rows are then updated by key, and vanished ones deleted"));
            }
            _ if self.ties.referenced => Way::RefillByKey,
            _ => Way::Refill,
        })
    }

    /// Whether a copy of the table would have just the columns that are asked for.
    pub(super) fn same_columns(&self, relation: &Relation, target: &Target) -> bool {
        let columns = &relation.spec.columns;
        columns.len() == target.columns.len()
            && columns.iter().zip(&target.columns).all(|(have, want)| {
                have.name == want.name && have.native.name == declared(want) && have.nullable == want.nullable
            })
    }

    /// Whether a copy keeps what stands beside the columns.
    pub(super) fn has_extras(&self) -> bool {
        self.ties.extras
    }

    /// Whether a unique index lets the server find the rows of a merge.
    pub(super) fn has_unique_key(&self) -> bool {
        self.ties.unique_key
    }

    /// What the table is and becomes, or all the reasons why its columns cannot take the stream's.
    pub(super) fn shape(&self, target: &Target) -> Result<TargetShape> {
        let mut changes = Vec::new();
        let mut columns = Vec::new();
        let rebuilt = matches!(self.way(target)?, Way::Create | Way::Swap);
        let relation = self.relation.as_ref().filter(|_| !rebuilt);
        if self.relation.is_none() {
            changes.push(TargetChange::Create {
                sql: create(&sql::table(&self.name), target, ""),
            });
        }
        for want in &target.columns {
            let have = relation.and_then(|relation| {
                let at = relation
                    .spec
                    .columns
                    .iter()
                    .position(|column| column.name == want.name)?;
                Some((
                    &relation.spec.columns[at],
                    &relation.types[at],
                    relation.generated.contains(&want.name),
                ))
            });
            columns.push(match have {
                Some((have, ty, generated)) => fitting(&self.name, want, have, ty, generated)?,
                None => {
                    if relation.is_some() {
                        let sql = format!(
                            "alter table {} add column {} {}",
                            sql::table(&self.name),
                            sql::ident(&want.name),
                            declared(want)
                        );
                        changes.push(TargetChange::AddColumn {
                            column: want.name.clone(),
                            sql,
                        });
                    }
                    made(want)?
                }
            });
        }
        Ok(TargetShape {
            name: self.name.clone(),
            columns,
            changes,
            wire: true,
        })
    }
}

/// The column as it is, if the stream's values can land in it.
fn fitting(
    table: &StreamName,
    want: &TargetColumn,
    have: &Column,
    ty: &types::PgType,
    generated: bool,
) -> Result<Column> {
    let same = want.source_native.as_ref() == Some(&have.native) && ty.native_cast.is_empty();
    let writable = ty.typed_cast.is_empty() && encode::accepts(&want.ty, &ty.wire);
    if generated {
        return Err(Error::new(
            Code::TypeMismatch(Side::Destination),
            format!("`{}` of {table} is a generated column", want.name),
        )
        .column(&want.name)
        .help(format!("leave it out: `select: [\"*\", -{}]`", want.name)));
    }
    if !same && !writable {
        let why = format!(
            "`{}` of {table} is {}, which cannot hold every {}",
            want.name, have.native.name, want.ty
        );
        return Err(Error::new(Code::TypeMismatch(Side::Destination), why)
            .column(&want.name)
            .help("cast it in the mapping by `type:`, or change the target's column"));
    }
    Ok(have.clone())
}

/// The column as SyncApp makes it.
fn made(want: &TargetColumn) -> Result<Column> {
    let name = declared(want);
    if wire(&name) != Wire::Other && want.source_native.as_ref().is_none_or(|native| native.name != name) {
        let wire = wire(&name);
        if !encode::accepts(&want.ty, &wire) {
            let why = format!("PostgreSQL has no type for {}", want.ty);
            return Err(Error::new(Code::TypeMismatch(Side::Destination), why)
                .column(&want.name)
                .help("cast it in the mapping: `type: json`"));
        }
    }
    Ok(Column {
        name: want.name.clone(),
        ty: want.ty.clone(),
        native: NativeType {
            system: SYSTEM.into(),
            name,
        },
        portable: true,
        nullable: want.nullable,
    })
}

/// How a type's values look in binary COPY, by its name.
pub(super) fn wire(name: &str) -> Wire {
    types::parse_declared(name).map_or(Wire::Other, |(ty, typmod)| types::wire(&ty, typmod))
}

/// The type that a column gets in a table that SyncApp makes.
pub(super) fn declared(want: &TargetColumn) -> String {
    match &want.source_native {
        Some(native) if native.system == SYSTEM => native.name.clone(),
        _ => types::declare(&want.ty),
    }
}

/// The statement that makes the table. `how` may say `unlogged`.
pub(super) fn create(table: &str, target: &Target, how: &str) -> String {
    let columns: Vec<String> = target
        .columns
        .iter()
        .map(|column| {
            let null = if column.nullable { "" } else { " not null" };
            format!("{} {}{null}", sql::ident(&column.name), declared(column))
        })
        .collect();
    format!("create {how}table {table} ({})", columns.join(", "))
}

/// The checkpoint tables of a target.
pub(super) fn checkpoints(target: &Target, name: &StreamName) -> Checkpoints {
    let beside = name.namespace.as_deref().unwrap_or("public");
    Checkpoints::within(target.state_schema.as_deref().unwrap_or(beside))
}

/// The name with its schema: the first of the user's search path where none is given.
pub(super) async fn full_name(client: &Client, name: &StreamName) -> Result<StreamName> {
    if name.name.len() > 63 {
        return Err(Error::new(
            Code::InvalidValue,
            format!("the name {name} is longer than PostgreSQL's 63 bytes"),
        )
        .help("give a shorter one in `into`"));
    }
    if name.namespace.is_some() {
        return Ok(name.clone());
    }
    Ok(StreamName::within(default_schema(client).await?, name.name.clone()))
}

/// The first schema of the user's search path.
pub(super) async fn default_schema(client: &Client) -> Result<String> {
    let row = client
        .inner
        .query_typed_one("select current_schema()::text", &[])
        .await
        .map_err(|error| client.error(&error))?;
    row.get::<_, Option<String>>(0).ok_or_else(|| {
        Error::new(
            Code::NamespaceNotFound(Side::Destination),
            "the user's search path names no schema that exists",
        )
        .help("name the schema in `into`, or set the user's search_path")
    })
}

async fn ties(client: &Client, oid: u32, key: &[String]) -> Result<Ties> {
    let query = format!(
        "select exists (select from pg_depend where refclassid = 'pg_class'::regclass and refobjid = c.oid and deptype = 'n'
                        and classid in ('pg_rewrite'::regclass, 'pg_proc'::regclass))
             or exists (select from pg_constraint where contype = 'f' and c.oid in (conrelid, confrelid))
             or exists (select from pg_trigger where tgrelid = c.oid and not tgisinternal)
             or exists (select from pg_policy where polrelid = c.oid)
             or exists (select from pg_publication_rel where prrelid = c.oid)
             or exists (select from pg_inherits where c.oid in (inhrelid, inhparent))
             or c.relkind <> 'r' or c.relreplident <> 'd' or c.reloptions is not null or c.reltablespace <> 0
             or c.relrowsecurity or c.relpersistence <> 'p' or c.relowner <> (select oid from pg_roles where rolname = current_user),
           exists (select from pg_constraint where contype = 'f' and confrelid = c.oid and conrelid <> c.oid),
           exists (select from pg_index i where i.indrelid = c.oid and i.indisunique and i.indimmediate and i.indpred is null
                   and i.indexprs is null and i.indisvalid
                   and (select array_agg(a.attname::text order by a.attname::text) from pg_attribute a
                        where a.attrelid = c.oid and a.attnum = any (i.indkey[0:i.indnkeyatts - 1])) = {key}),
           exists (select from pg_index where indrelid = c.oid) or exists (select from pg_constraint where conrelid = c.oid)
             or exists (select from pg_attrdef where adrelid = c.oid)
         from pg_class c where c.oid = {oid}",
        key = text_array(key),
    );
    let row = client
        .inner
        .query_typed_one(&query, &[])
        .await
        .map_err(|error| client.error(&error))?;
    Ok(Ties {
        bound: row.get(0),
        referenced: row.get(1),
        unique_key: row.get(2),
        extras: row.get(3),
    })
}

/// The names as an array, in the order of their bytes under any collation.
fn text_array(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| sql::text(name)).collect();
    if names.is_empty() {
        return "array[]::text[]".into();
    }
    format!(
        "(select array_agg(n order by n) from unnest(array[{}]::text[]) n)",
        names.join(", ")
    )
}
