//! What a target table is, and so how it can be loaded.

use syncapp_connector::{Target, TargetChange, TargetColumn, TargetShape};
use syncapp_model::sync_file::Write;
use syncapp_model::{Code, Column, DataType, Error, Result, Side, StreamKind, StreamName};

use super::catalog::{self, Relation};
use super::checkpoint::Checkpoints;
use super::client::{Client, number};
use super::declare;
use super::losses::{self, loss};
use super::sql;
use super::types::MyType;

/// The longest name that a table or column can have.
const NAME: usize = 64;

/// How the rows of a load get into the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// A new table gets the name.
    Create,
    /// A new table takes the place of the one that SyncApp made.
    Swap,
    /// The rows are replaced; table, grants and dependants stay.
    Refill,
    /// As `Refill`, but keys that stay are updated: other tables refer to them.
    RefillByKey,
    /// Rows are written right into the table.
    Append,
    /// Rows are added once the table has the columns for them.
    Insert,
    /// Rows are inserted or updated by key.
    Merge,
    /// New versions are added and old ones closed, by key.
    History,
}

/// A target table as the server has it now.
pub(super) struct Found {
    /// Its full name.
    pub(super) name: StreamName,
    relation: Option<Relation>,
    /// The types of a table that SyncApp makes, one for each of the target's columns.
    declared: Vec<MyType>,
    /// Whether SyncApp made it for this stream.
    ours: bool,
    ties: Ties,
}

/// What hangs on a table.
#[derive(Default)]
struct Ties {
    /// Whether other tables' foreign keys refer to its rows.
    referred: bool,
    /// Whether something would be lost with the table.
    tied: bool,
    /// Whether something may refuse rows that the columns can hold: more than a merge's own index.
    checked: bool,
}

impl Found {
    /// Looks the table up.
    pub(super) async fn look(client: &mut Client, target: &Target) -> Result<Self> {
        let name = catalog::full_name(client, &target.name);
        check_names(&name, target)?;
        let declared = declare::columns(client, target).await?;
        let relation = catalog::relation_of(client, &name).await?;
        let mut found = Self {
            // A replay leaves even SyncApp's own table as it is.
            ours: relation
                .as_ref()
                .is_some_and(|relation| relation.comment == mark(target) && !target.replay),
            declared,
            ties: Ties::default(),
            relation: None,
            name,
        };
        let Some(relation) = relation else {
            return Ok(found);
        };
        let wrong = |why: String| Error::new(Code::TypeMismatch(Side::Destination), why);
        if relation.spec.kind != StreamKind::Table {
            return Err(wrong(format!("{} is not a table", found.name))
                .help("write to a table, or name another target in `into`"));
        }
        if !relation.engine.eq_ignore_ascii_case("InnoDB") {
            let why = format!(
                "{} is kept by {}, which has no transactions",
                found.name, relation.engine
            );
            return Err(
                wrong(why).help("change it by `alter table … engine = InnoDB`, or name another target in `into`")
            );
        }
        let (database, table) = (
            sql::text(found.name.namespace.as_deref().unwrap_or_default()),
            sql::text(&found.name.name),
        );
        let mut key: Vec<&str> = target.primary_key.iter().map(String::as_str).collect();
        key.sort_unstable();
        let (key, merges) = (sql::text(&key.join(",")), target.write == Write::Merge);
        let ties = client
            .rows(&format!(
                "select (select count(*) from information_schema.key_column_usage where referenced_table_schema = {database} \
                 and referenced_table_name = {table} and (table_schema, table_name) <> ({database}, {table})), \
                 (select count(*) from information_schema.triggers where event_object_schema = {database} \
                 and event_object_table = {table}) \
                 + (select count(*) from information_schema.statistics where table_schema = {database} \
                 and table_name = {table}) \
                 + (select count(*) from information_schema.table_constraints where table_schema = {database} \
                 and table_name = {table}) \
                 + (select count(*) from information_schema.partitions where table_schema = {database} \
                 and table_name = {table} and partition_name is not null), \
                 (select count(*) from information_schema.triggers where event_object_schema = {database} \
                 and event_object_table = {table}) \
                 + (select count(*) from information_schema.table_constraints where table_schema = {database} \
                 and table_name = {table} and constraint_type <> 'UNIQUE') \
                 + (select count(*) from (select group_concat(column_name order by column_name) as names \
                 from information_schema.statistics where table_schema = {database} and table_name = {table} \
                 and non_unique = 0 group by index_name) uniques where not ({merges} and names = {key}))"
            ))
            .await?;
        if let Some(row) = ties.first() {
            found.ties = Ties {
                referred: number(row, 0) > 0,
                tied: number(row, 1) > 0,
                checked: number(row, 2) > 0,
            };
        }
        found.relation = Some(relation);
        Ok(found)
    }

    /// How a load gets in.
    pub(super) fn way(&self, target: &Target) -> Result<Way> {
        let Some(relation) = &self.relation else {
            return Ok(Way::Create);
        };
        let replaceable = self.ours
            && !self.ties.tied
            && !target.runs_sql()
            && relation
                .spec
                .columns
                .iter()
                .all(|have| target.columns.iter().any(|want| want.name == have.name));
        Ok(match target.write {
            Write::Merge => Way::Merge,
            Write::History => Way::History,
            // What lands by a statement can be kept by it.
            Write::Append
                if self.alterations(target).is_empty() && target.undo.is_none() && !self.sets_aside(target) =>
            {
                Way::Append
            }
            Write::Append => Way::Insert,
            Write::Overwrite if self.ties.referred && target.primary_key.is_empty() => {
                let why = format!(
                    "other tables refer to {}, so its rows cannot all be replaced",
                    self.name
                );
                return Err(Error::new(Code::Dependents, why)
                    .help("give the stream a `primary_key`: rows are then updated by key, and vanished ones deleted"));
            }
            Write::Overwrite if self.ties.referred => Way::RefillByKey,
            Write::Overwrite if replaceable => Way::Swap,
            Write::Overwrite => Way::Refill,
        })
    }

    /// Whether the table may refuse rows that its columns can hold.
    fn refuses(&self) -> bool {
        self.relation.is_some() && (!self.ours || self.ties.checked)
    }

    /// Whether rows that the table refuses are set aside: they wait in a table that refuses none.
    pub(super) fn sets_aside(&self, target: &Target) -> bool {
        target.refusals.is_some() && self.refuses()
    }

    /// What the table is and becomes, or the reason why its columns cannot take the stream's.
    pub(super) fn shape(&self, target: &Target) -> Result<TargetShape> {
        let way = self.way(target)?;
        let changes = match way {
            Way::Create => vec![TargetChange::Create {
                sql: self.create(&sql::table(&self.name), target, way),
            }],
            Way::Swap => Vec::new(),
            _ => self.alterations(target),
        };
        for (want, ty) in target.columns.iter().zip(self.types(target, way)) {
            self.check(want, &ty, way)?;
        }
        let types = self.types(target, way);
        let columns = target.columns.iter().zip(types).map(|(want, ty)| Column {
            name: want.name.clone(),
            ty: ty.ty.clone(),
            native: ty.native(),
            portable: true,
            nullable: self
                .existing(&want.name, way)
                .map_or(want.nullable, |(have, _)| have.nullable),
        });
        Ok(TargetShape {
            name: self.name.clone(),
            columns: columns.collect(),
            losses: losses::losses(target, &self.types(target, way)),
            changes,
            wire: false,
            present: self
                .relation
                .as_ref()
                .map_or_else(Vec::new, |relation| relation.spec.columns.clone()),
            ours: self.ours,
            refuses: self.refuses() && way != Way::Swap,
        })
    }

    /// The types that the columns have when rows come: the table's own, or those of a new one.
    pub(super) fn types(&self, target: &Target, way: Way) -> Vec<MyType> {
        let columns = target.columns.iter().zip(&self.declared);
        columns
            .map(|(want, declared)| match self.existing(&want.name, way) {
                Some((have, ty)) if !self.widens(want, have, declared) => ty.clone(),
                _ => declared.clone(),
            })
            .collect()
    }

    /// A column of a table that stays.
    fn existing(&self, name: &str, way: Way) -> Option<(&Column, &MyType)> {
        let relation = self
            .relation
            .as_ref()
            .filter(|_| !matches!(way, Way::Create | Way::Swap))?;
        let at = relation.spec.columns.iter().position(|column| column.name == name)?;
        Some((&relation.spec.columns[at], &relation.types[at]))
    }

    /// Whether the stream's values can land in a column of this type.
    fn check(&self, want: &TargetColumn, ty: &MyType, way: Way) -> Result<()> {
        let wrong = |why: String| Err(Error::new(Code::TypeMismatch(Side::Destination), why).column(&want.name));
        let generated = self
            .relation
            .as_ref()
            .is_some_and(|relation| relation.generated.contains(&want.name));
        if generated && self.existing(&want.name, way).is_some() {
            return wrong(format!("`{}` of {} is a generated column", want.name, self.name))
                .map_err(|error| error.help(format!("leave it out: `select: [\"*\", -{}]`", want.name)));
        }
        if want.source_native.as_ref() == Some(&ty.native()) || ty.holds(&want.ty) || loss(ty, &want.ty).is_some() {
            return Ok(());
        }
        let why = match (&want.wanted_native, self.existing(&want.name, way)) {
            (Some(words), None) => format!("`{words}` cannot hold every {}", want.ty),
            _ => format!(
                "`{}` of {} is {}, which cannot hold every {}",
                want.name, self.name, ty.name, want.ty
            ),
        };
        wrong(why).map_err(|error| error.help("cast it in the mapping by `type:`, or change the target's column"))
    }

    /// What the table needs to take the stream's columns: new ones, and, where SyncApp made it, wider types and NULL.
    pub(super) fn alterations(&self, target: &Target) -> Vec<TargetChange> {
        let Some(relation) = &self.relation else {
            return Vec::new();
        };
        let table = sql::table(&self.name);
        let mut changes = Vec::new();
        for (want, declared) in target.columns.iter().zip(&self.declared) {
            let (column, name) = (want.name.clone(), sql::ident(&want.name));
            let words = &declared.name;
            match relation.spec.column(&want.name) {
                None => changes.push(TargetChange::AddColumn {
                    sql: format!("alter table {table} add column {name} {words} null"),
                    column,
                }),
                Some(have) if self.widens(want, have, declared) => changes.push(TargetChange::Widen {
                    sql: format!(
                        "alter table {table} modify column {name} {}{}",
                        words,
                        if have.nullable { " null" } else { " not null" }
                    ),
                    from: have.native.name.clone(),
                    to: words.clone(),
                    column,
                }),
                Some(_) => {}
            }
        }
        let stays = |have: &&Column| {
            let want = target.columns.iter().find(|want| want.name == have.name);
            have.nullable || target.primary_key.contains(&have.name) || want.is_some_and(|want| !want.nullable)
        };
        let strict = relation.spec.columns.iter().filter(|have| self.ours && !stays(have));
        changes.extend(strict.map(|have| TargetChange::Relax {
            column: have.name.clone(),
            sql: format!(
                "alter table {table} modify column {} {} null",
                sql::ident(&have.name),
                have.native.name
            ),
        }));
        changes
    }

    /// Whether a column of SyncApp's own table gets a wider type, in which every value stays as it is.
    fn widens(&self, want: &TargetColumn, have: &Column, declared: &MyType) -> bool {
        let (is, becomes) = (&have.native.name, &declared.name);
        self.ours && is != becomes && (have.ty.widens_to(&want.ty) || declare::longer(is, becomes))
    }

    /// The statement that makes a table of the load: the target itself, or one whose rows go on from there.
    pub(super) fn create(&self, table: &str, target: &Target, way: Way) -> String {
        let fresh = matches!(way, Way::Create | Way::Swap);
        let keyed = matches!(target.write, Write::Merge | Write::History);
        let types = self.types(target, way);
        let columns = target.columns.iter().zip(&types).map(|(column, ty)| {
            let key = keyed && target.primary_key.contains(&column.name);
            let strict = fresh && (!column.nullable || key);
            let null = match (strict, ty.word()) {
                (false, _) => " null",
                // Without a default of its own the server would have updates change it.
                (true, "timestamp") => " not null default '0000-00-00 00:00:00'",
                (true, _) => " not null",
            };
            format!("{} {}{null}", sql::ident(&column.name), ty.name)
        });
        let columns: Vec<String> = columns.collect();
        let comment = if fresh { mark(target) } else { String::new() };
        format!(
            "create table {table} ({}) engine = InnoDB default charset = utf8mb4 comment = {}",
            columns.join(", "),
            sql::text(&comment)
        )
    }
}

/// The comment of a table that SyncApp made for a stream.
fn mark(target: &Target) -> String {
    format!("made by SyncApp for {}", target.key)
}

/// The checkpoint tables of a target.
pub(super) fn checkpoints(target: &Target, name: &StreamName) -> Checkpoints {
    let beside = name.namespace.as_deref().unwrap_or_default();
    Checkpoints::within(target.state_schema.as_deref().unwrap_or(beside))
}

/// The collation that compares bytes and pads nothing.
pub(super) fn collation(client: &Client) -> &'static str {
    if client.mariadb {
        "utf8mb4_nopad_bin"
    } else {
        "utf8mb4_0900_bin"
    }
}

/// Fails where the server has no such names.
pub(super) fn check_names(name: &StreamName, target: &Target) -> Result<()> {
    let wrong = |what: String| {
        Error::new(Code::InvalidValue, what)
            .help("MySQL takes 64 characters of Unicode's first plane, and no space behind them: choose another name")
    };
    let bad = |name: &str| {
        name.chars().count() > NAME || name.ends_with(' ') || name.chars().any(|c| c > '\u{ffff}' || c == '\0')
    };
    if bad(&name.name) {
        return Err(wrong(format!("the name {name} is none of a MySQL table")));
    }
    if let Some(namespace) = name.namespace.as_deref().filter(|namespace| bad(namespace)) {
        return Err(wrong(format!("the name `{namespace}` is none of a MySQL database")));
    }
    match target.columns.iter().find(|column| bad(&column.name)) {
        Some(column) => {
            Err(wrong(format!("the name `{}` is none of a MySQL column", column.name)).column(&column.name))
        }
        None => Ok(()),
    }
}

/// The columns whose difference makes a row another one, and whether a collation compares them.
pub(super) fn compared<'a>(target: &'a Target, types: &[MyType]) -> Vec<(&'a str, bool)> {
    let columns = target.columns.iter().zip(types);
    columns
        .filter(|(column, _)| column.role == syncapp_connector::Role::Data)
        .map(|(column, ty)| (column.name.as_str(), ty.is_text() || ty.ty == DataType::Json))
        .collect()
}
