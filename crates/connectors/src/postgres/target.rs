//! What a target table is, and so how it can be loaded.

use syncapp_connector::{Target, TargetChange, TargetColumn, TargetShape};
use syncapp_model::sync_file::Write;
use syncapp_model::{Code, Column, Error, Result, Side, StreamKind, StreamName};

use super::catalog::{self, Relation};
use super::checkpoint::Checkpoints;
use super::client::Client;
use super::declare::{self, Declared};
use super::ties::{Hold, Ties};
use super::types::{self, PgType, Wire};
use super::{encode, losses, sql};

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
    /// Rows are copied right into the table.
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
    /// What it is, unless it is not there.
    pub(super) relation: Option<Relation>,
    /// The columns of a table that SyncApp makes.
    pub(super) declared: Vec<Declared>,
    /// Whether SyncApp made it for this stream.
    ours: bool,
    pub(super) ties: Ties,
}

impl Found {
    /// Looks the table up.
    pub(super) async fn look(client: &Client, target: &Target) -> Result<Self> {
        let name = full_name(client, &target.name).await?;
        let declared = declare::columns(client, target).await?;
        let Some(relation) = catalog::relation_of(client, &name).await? else {
            return Ok(Self {
                name,
                relation: None,
                declared,
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
        let ties = Ties::look(client, relation.oid, target).await?;
        Ok(Self {
            name,
            // A replay leaves even SyncApp's own table as it is.
            ours: made == Some(relation.oid) && !target.replay,
            relation: Some(relation),
            declared,
            ties,
        })
    }

    /// How a load gets in.
    pub(super) fn way(&self, target: &Target) -> Result<Way> {
        let Some(relation) = &self.relation else {
            return Ok(Way::Create);
        };
        Ok(match (target.write, self.ties.hold) {
            (Write::Merge, _) => Way::Merge,
            (Write::History, _) => Way::History,
            // What lands by a statement can be kept by it.
            (Write::Append, _)
                if self.alterations(target).is_empty() && target.undo.is_none() && !self.sets_aside(target) =>
            {
                Way::Append
            }
            (Write::Append, _) => Way::Insert,
            (_, Hold::Nothing) if self.ours && self.replaceable(relation, target) && !self.sets_aside(target) => {
                Way::Swap
            }
            (_, Hold::Rows) if target.primary_key.is_empty() => {
                let why = format!(
                    "other tables refer to {}, so its rows cannot all be replaced",
                    self.name
                );
                return Err(Error::new(Code::Dependents, why)
                    .help("give the stream a `primary_key`: rows are then updated by key, and vanished ones deleted"));
            }
            (_, Hold::Rows) => Way::RefillByKey,
            _ => Way::Refill,
        })
    }

    /// Whether the table may refuse rows that its columns can hold.
    pub(super) fn refuses(&self) -> bool {
        self.relation.is_some() && (!self.ours || self.ties.refuses)
    }

    /// Whether rows that the table refuses are set aside: they wait in a table that refuses none.
    pub(super) fn sets_aside(&self, target: &Target) -> bool {
        target.refusals.is_some() && self.refuses()
    }

    /// Whether a new table has all that this one has: its columns at least, and where something stands beside them,
    /// columns that are just the same.
    fn replaceable(&self, relation: &Relation, target: &Target) -> bool {
        let columns = &relation.spec.columns;
        let wanted = target.columns.iter().zip(&self.declared);
        if self.ties.extras {
            columns.len() == target.columns.len()
                && columns.iter().zip(wanted).all(|(have, (want, declared))| {
                    have.name == want.name && have.native.name == declared.name() && have.nullable == want.nullable
                })
        } else {
            columns
                .iter()
                .all(|have| wanted.clone().any(|(want, _)| want.name == have.name))
        }
    }

    /// What the table is and becomes, or the reason why its columns cannot take the stream's.
    pub(super) fn shape(&self, target: &Target) -> Result<TargetShape> {
        let way = self.way(target)?;
        let rebuilt = matches!(way, Way::Create | Way::Swap);
        let changes = match way {
            Way::Create => vec![TargetChange::Create {
                sql: declare::create(&sql::table(&self.name), target, &self.declared),
            }],
            Way::Swap => Vec::new(),
            _ => self.alterations(target),
        };
        let mut columns = Vec::new();
        for (want, declared) in target.columns.iter().zip(&self.declared) {
            columns.push(match self.existing(&want.name) {
                Some((have, ty)) if !rebuilt && !self.widens(want, have, declared) => self.fitting(want, have, ty)?,
                _ => declared.column(want)?,
            });
        }
        let relation = self.relation.as_ref();
        Ok(TargetShape {
            name: self.name.clone(),
            losses: losses::losses(&target.columns, &columns),
            columns,
            changes,
            wire: true,
            present: relation.map_or_else(Vec::new, |relation| relation.spec.columns.clone()),
            ours: self.ours,
            refuses: self.refuses() && !rebuilt,
        })
    }

    /// What the table needs to take the stream's columns: new ones, and, where SyncApp made it, wider types and NULL.
    pub(super) fn alterations(&self, target: &Target) -> Vec<TargetChange> {
        let Some(relation) = &self.relation else {
            return Vec::new();
        };
        let table = sql::table(&self.name);
        let mut changes = Vec::new();
        for (want, declared) in target.columns.iter().zip(&self.declared) {
            let (column, name, words) = (want.name.clone(), sql::ident(&want.name), declared.words());
            match relation.spec.column(&want.name) {
                None => changes.push(TargetChange::AddColumn {
                    sql: format!("alter table {table} add column {name} {words}"),
                    column,
                }),
                Some(have) if self.widens(want, have, declared) => changes.push(TargetChange::Widen {
                    sql: format!("alter table {table} alter column {name} type {words}"),
                    from: have.native.name.clone(),
                    to: declared.name().to_owned(),
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
                "alter table {table} alter column {} drop not null",
                sql::ident(&have.name)
            ),
        }));
        changes
    }

    /// Whether a column of SyncApp's own table gets a wider type, in which every value stays as it is.
    pub(super) fn widens(&self, want: &TargetColumn, have: &Column, declared: &Declared) -> bool {
        self.ours && (have.ty.widens_to(&want.ty) || types::longer(&have.native.name, declared.name()))
    }

    /// A column of the table as it is.
    fn existing(&self, name: &str) -> Option<(&Column, &PgType)> {
        let relation = self.relation.as_ref()?;
        let at = relation.spec.columns.iter().position(|column| column.name == name)?;
        Some((&relation.spec.columns[at], &relation.types[at]))
    }

    /// The column as it is, if the stream's values can land in it.
    fn fitting(&self, want: &TargetColumn, have: &Column, ty: &PgType) -> Result<Column> {
        let Self {
            name: table, relation, ..
        } = self;
        let wrong = |why: String| Error::new(Code::TypeMismatch(Side::Destination), why).column(&want.name);
        if relation
            .as_ref()
            .is_some_and(|relation| relation.generated.contains(&want.name))
        {
            return Err(wrong(format!("`{}` of {table} is a generated column", want.name))
                .help(format!("leave it out: `select: [\"*\", -{}]`", want.name)));
        }
        let same = want.source_native.as_ref() == Some(&have.native) && have.portable && ty.native_cast.is_empty();
        let writable = ty.typed_cast.is_empty() && encode::accepts(&want.ty, &ty.wire);
        if !same && !writable {
            let why = format!(
                "`{}` of {table} is {}, which cannot hold every {}",
                want.name, have.native.name, want.ty
            );
            return Err(wrong(why).help("cast it in the mapping by `type:`, or change the target's column"));
        }
        Ok(have.clone())
    }

    /// How the values of each column look in COPY: as the table has it where rows go into it, or as its new type says.
    pub(super) fn wires(&self, target: &Target, way: Way) -> Vec<Wire> {
        let rebuilt = matches!(way, Way::Create | Way::Swap);
        let wanted = target.columns.iter().zip(&self.declared);
        wanted
            .map(|(want, declared)| match self.existing(&want.name) {
                Some((have, ty)) if !rebuilt && !self.widens(want, have, declared) => ty.wire.clone(),
                _ => declared.wire().clone(),
            })
            .collect()
    }
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
    let query = "select current_schema()::text";
    let look = async {
        client
            .inner
            .query_typed_one(query, &[])
            .await
            .map_err(|error| client.error(&error))
    };
    let row = client.granted(look).await?;
    row.get::<_, Option<String>>(0).ok_or_else(|| {
        Error::new(
            Code::NamespaceNotFound(Side::Destination),
            "the user's search path names no schema that exists",
        )
        .help("name the schema in `into`, or set the user's search_path")
    })
}
