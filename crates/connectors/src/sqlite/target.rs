//! What a target table is, and what a load has to change on it.
//!
//! A table that SyncApp made and nobody changed may be made again by an overwrite when its columns differ and none of them
//! is gone. Any other table keeps its definition; columns that it lacks are added. One that SyncApp made gets wider types,
//! and takes NULL where the source has it: see [`super::rebuild`].

use rusqlite::{Connection, OptionalExtension};
use syncapp_connector::{Target, TargetChange, TargetColumn, TargetShape};
use syncapp_model::sync_file::Write;
use syncapp_model::{Code, Column, DataType, Error, Result, Side, StreamKind};

use super::Sqlite;
use super::catalog::{self, Table, TableColumn};
use super::error::At;
use super::rebuild::Rebuild;
use super::source::native;
use super::sql::{definition, joined, main_table, quote};
use super::ties::Ties;
use super::types::{self, Declared};

/// What a load finds, and does before its rows land.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about the table")]
pub(super) struct Plan {
    /// The table's name as the file spells it.
    pub(super) name: String,
    /// The table, where it is there.
    pub(super) table: Option<Table>,
    /// Whether SyncApp made it, or will.
    pub(super) ours: bool,
    /// Whether the table of now gives way to a new one.
    pub(super) replaced: bool,
    /// One for each of the target's columns.
    pub(super) columns: Vec<Planned>,
    /// What changes the table.
    pub(super) changes: Vec<TargetChange>,
    /// Whether other tables' foreign keys point to it.
    pub(super) referenced: bool,
    /// Whether the table may refuse rows that its columns can hold.
    refuses: bool,
}

/// A column as the table will hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Planned {
    pub(super) name: String,
    pub(super) declared: String,
    pub(super) nullable: bool,
}

const AT: Side = Side::Destination;

/// Fails where a namespace is named that SQLite does not have.
pub(super) fn check_namespace(namespace: Option<&str>) -> Result<()> {
    match namespace {
        None | Some("main") => Ok(()),
        Some(other) => Err(Error::new(
            Code::NamespaceNotFound(AT),
            format!("an SQLite file has no schema `{other}`"),
        )
        .help("name the table alone")),
    }
}

/// Looks at the target.
pub(super) fn plan(connection: &Connection, target: &Target) -> Result<Plan> {
    let table = catalog::table(connection, &target.name.name).writing()?;
    let ties = Ties::look(connection, table.as_ref())?;
    let plan = match table {
        None => made_anew(target, None)?,
        Some(table) => {
            let again = made_anew(target, Some(&table))?;
            let free = ties.ours && !ties.triggers && !ties.referenced;
            if target.write == Write::Overwrite && free && again.has_all_of(&table) && !again.is_as(&table) {
                again
            } else {
                kept(target, table, &ties)?
            }
        }
    };
    Ok(Plan {
        referenced: ties.referenced,
        refuses: plan.table.is_some() && ties.refuses(target),
        ..plan
    })
}

/// A table's definition as the file keeps it.
pub(super) fn made(connection: &Connection, name: &str) -> Result<Option<String>> {
    let sql = "SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = ?1";
    connection.query_row(sql, [name], |row| row.get(0)).optional().writing()
}

impl Plan {
    /// Whether a table has just these columns.
    fn is_as(&self, table: &Table) -> bool {
        table.columns.len() == self.columns.len()
            && table.columns.iter().zip(&self.columns).all(|(is, wanted)| {
                is.name == wanted.name
                    && types::unquoted(&is.declared) == wanted.declared
                    && is.nullable == wanted.nullable
                    && !is.generated
            })
    }

    /// Whether every column of a table stays: one that is gone from the source is kept for those who use it.
    fn has_all_of(&self, table: &Table) -> bool {
        let stays = |name: &str| self.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
        table.columns.iter().all(|is| stays(&is.name))
    }

    /// Whether the table is made again with its rows.
    pub(super) fn rebuilds(&self) -> bool {
        let rebuilds = |change: &_| matches!(change, TargetChange::Widen { .. } | TargetChange::Relax { .. });
        self.changes.iter().any(rebuilds)
    }

    /// Whether rows that the table refuses are set aside.
    pub(super) fn sets_aside(&self, target: &Target) -> bool {
        target.refusals.is_some() && self.refuses
    }

    /// The plan as others see it.
    pub(super) fn shape(&self, target: &Target) -> TargetShape {
        let columns = self
            .columns
            .iter()
            .zip(&target.columns)
            .map(|(planned, wanted)| Column {
                name: planned.name.clone(),
                ty: match types::meaning(&planned.declared) {
                    Declared::Is(ty) | Declared::UnlessNumbers(ty) => ty,
                    Declared::Nothing => wanted.ty.clone(),
                },
                native: native(&planned.declared),
                portable: false,
                nullable: planned.nullable,
            });
        TargetShape {
            name: target.name.clone(),
            columns: columns.collect(),
            losses: Vec::new(),
            changes: self.changes.clone(),
            wire: false,
            present: self.table.as_ref().map_or_else(Vec::new, present),
            ours: self.ours && self.table.is_some(),
            refuses: self.refuses,
        }
    }
}

/// The columns of a table as it is.
fn present(table: &Table) -> Vec<Column> {
    let column = |column: &catalog::TableColumn| Column {
        name: column.name.clone(),
        ty: match types::meaning(&column.declared) {
            Declared::Is(ty) | Declared::UnlessNumbers(ty) => ty,
            Declared::Nothing => DataType::String,
        },
        native: native(&column.declared),
        portable: false,
        nullable: column.nullable,
    };
    table.columns.iter().map(column).collect()
}

/// The table as SyncApp makes it.
fn made_anew(target: &Target, table: Option<&Table>) -> Result<Plan> {
    let mut columns: Vec<Planned> = Vec::new();
    for column in &target.columns {
        if let Some(twin) = columns
            .iter()
            .find(|other| other.name.eq_ignore_ascii_case(&column.name))
        {
            let why = format!(
                "SQLite takes the names `{}` and `{}` for the same",
                twin.name, column.name
            );
            return Err(Error::new(Code::TypeMismatch(AT), why)
                .help("give one of the columns another name under `columns`")
                .stream(&target.name)
                .column(&column.name));
        }
        columns.push(Planned {
            name: column.name.clone(),
            declared: declared(target, column)?,
            nullable: column.nullable,
        });
    }
    let name = table.map_or(&target.name.name, |table| &table.name).clone();
    let list = joined(&columns, ",\n  ", |column| {
        definition(&column.name, &column.declared, column.nullable)
    });
    let sql = format!("CREATE TABLE {} (\n  {list}\n)", main_table(&name));
    Ok(Plan {
        name,
        table: table.cloned(),
        ours: true,
        replaced: table.is_some(),
        columns,
        changes: vec![TargetChange::Create { sql }],
        referenced: false,
        refuses: false,
    })
}

/// The table as it is, with the columns that it lacks, and wider ones where SyncApp made it.
fn kept(target: &Target, table: Table, ties: &Ties) -> Result<Plan> {
    let wrong = |column: &str, why: String| {
        Error::new(Code::TypeMismatch(AT), why)
            .stream(&target.name)
            .column(column)
    };
    if table.kind == StreamKind::View {
        return Err(
            Error::new(Code::TypeMismatch(AT), format!("`{}` is a view", table.name))
                .help("write into a table: choose another name with `into`")
                .stream(&target.name),
        );
    }
    // A replay leaves even SyncApp's own table as it is.
    let alters = ties.ours && !target.replay;
    let (mut columns, mut added) = (Vec::new(), Vec::new());
    let mut rebuild = Rebuild::of(&table);
    for column in &target.columns {
        let Some(is) = table.column(&column.name) else {
            let declared = declared(target, column)?;
            // Rows that are there already have no value for it.
            let sql = format!(
                "ALTER TABLE {} ADD COLUMN {}",
                main_table(&table.name),
                definition(&column.name, &declared, true)
            );
            let (name, nullable) = (column.name.clone(), true);
            added.push(TargetChange::AddColumn {
                column: name.clone(),
                sql,
            });
            columns.push(Planned {
                name,
                declared,
                nullable,
            });
            continue;
        };
        if is.generated {
            return Err(wrong(&is.name, "SQLite computes the column itself".into()).help("leave it out with `select`"));
        }
        let mut becomes = types::unquoted(&is.declared).to_owned();
        if !types::holds(&is.declared, &column.ty) {
            if !(alters && grows(&is.declared, &column.ty)) {
                return Err(unfit(target, is, &column.ty));
            }
            becomes = declared(target, column)?;
            rebuild.widen(is, &becomes);
        }
        columns.push(Planned {
            name: is.name.clone(),
            declared: becomes,
            nullable: is.nullable || alters && relaxes(target, is),
        });
    }
    for is in table.columns.iter().filter(|is| alters && relaxes(target, is)) {
        rebuild.relax(is);
    }
    let mut changes = rebuild.changes(&ties.hung);
    changes.append(&mut added);
    Ok(Plan {
        name: table.name.clone(),
        table: Some(table),
        ours: ties.ours,
        replaced: false,
        columns,
        changes,
        referenced: false,
        refuses: false,
    })
}

/// Whether every value of a column stays as it is in one that holds all of a type.
fn grows(declared: &str, ty: &DataType) -> bool {
    matches!(types::meaning(declared), Declared::Is(own) if own.widens_to(ty))
}

/// Whether NULL may come into a column that takes none: the source has it there, or has the column no more.
fn relaxes(target: &Target, is: &TableColumn) -> bool {
    let named = |name: &String| name.eq_ignore_ascii_case(&is.name);
    let wanted = target.columns.iter().find(|column| named(&column.name));
    !is.nullable
        && !is.generated
        && !target.primary_key.iter().any(named)
        && wanted.is_none_or(|wanted| wanted.nullable)
}

/// A column does not keep a type's values.
fn unfit(target: &Target, is: &TableColumn, ty: &DataType) -> Error {
    let declared = if is.declared.is_empty() {
        "nothing"
    } else {
        &is.declared
    };
    let why = format!("the column is declared as {declared}, which does not keep every {ty} as it is");
    Error::new(Code::TypeMismatch(AT), why)
        .help(format!(
            "declare it as {}, cast it with `type`, or make the table again: by `--full-refresh`, or, where other \
             columns are gone from the source, by dropping it",
            types::declare(ty)
        ))
        .stream(&target.name)
        .column(&is.name)
}

/// The type to declare: the one asked for, the one it has in another SQLite file, or SyncApp's own.
fn declared(target: &Target, column: &TargetColumn) -> Result<String> {
    if let Some(wanted) = &column.wanted_native {
        return if types::holds(wanted, &column.ty) {
            Ok(wanted.clone())
        } else {
            Err(Error::new(
                Code::TypeMismatch(AT),
                format!(
                    "a column declared as {wanted} does not keep every {} as it is",
                    column.ty
                ),
            )
            .help(format!(
                "leave `native` out, and it becomes {}",
                types::declare(&column.ty)
            ))
            .stream(&target.name)
            .column(&column.name))
        };
    }
    let own = column.origin.as_ref().filter(|native| {
        let same = types::meaning(&native.name);
        native.system == <Sqlite as syncapp_connector::Connector>::ID
            && types::holds(&native.name, &column.ty)
            && matches!(same, Declared::Is(ty) | Declared::UnlessNumbers(ty) if ty == column.ty)
    });
    Ok(own.map_or_else(|| types::declare(&column.ty), |native| native.name.clone()))
}

/// The name of the unique index that SyncApp makes for merges.
pub(super) fn key_index(table: &str) -> String {
    format!("main.{}", quote(&format!("_syncapp_key_{table}")))
}
