//! What of a stream is compared, and in which words: decided before any row is read. Pure, but for the columns that the
//! caller brings.

use indexmap::IndexMap;
use syncapp_connector::{DELETED_AT, DigestColumn, DigestRequest, Fetch, Form, Part, StreamRef, TargetShape, VALID_TO};
use syncapp_model::sync_file::{ColumnConfig, DeleteRule, Naming, OnError, Write};
use syncapp_model::{Code, Column, DataType, Error, Result, Side, StreamSpec};
use syncapp_transform::{Change, Mapping, MappingSpec, Program};

use super::canonical::Canon;
use super::side::{Fetched, Turn};
use crate::StreamPlan;
use crate::reading::{reads, typed};

/// What is compared.
pub(super) struct Layout {
    pub(super) columns: Vec<Compared>,
    /// Places of the key's columns; none where rows have no key.
    pub(super) key: Vec<usize>,
}

/// A column that is compared.
pub(super) struct Compared {
    /// As the mapping names it.
    pub(super) name: String,
    pub(super) form: Form,
    /// Whether its values may not be shown.
    pub(super) masked: bool,
    /// As the target has it.
    target: Column,
    /// The type that the target's values are cast to, where they are of another kind.
    cast: Option<DataType>,
    /// The source's column, where its values can be summed up as they are.
    source: Option<String>,
}

/// What is asked of one end, and what becomes of its rows.
pub(super) struct Ask {
    pub(super) request: DigestRequest,
    pub(super) fetched: Fetched,
    pub(super) turn: Turn,
    /// Whether the end could sum up, as far as the mapping goes.
    pub(super) can_sum: bool,
    /// Where the columns stand among the fetched ones that a run reads.
    pub(super) run: Vec<usize>,
    /// Where the key's columns stand among the fetched ones, typed.
    pub(super) keys: Vec<usize>,
}

/// In which words values of a type are compared.
fn form(ty: &DataType) -> Form {
    match ty {
        DataType::Bool | DataType::Int16 | DataType::Int32 | DataType::Int64 => Form::Number,
        DataType::Decimal { .. } | DataType::BigDecimal => Form::Number,
        DataType::Float32 | DataType::Float64 => Form::Float,
        DataType::String => Form::Text,
        DataType::Binary => Form::Binary,
        DataType::Date => Form::Date,
        DataType::Timestamp | DataType::TimestampTz => Form::Moment,
        DataType::Time | DataType::Interval => Form::Span,
        DataType::Uuid => Form::Uuid,
        DataType::Json => Form::Json,
        DataType::List(_) => Form::List,
    }
}

/// A column of that name, as the target's system compares names.
fn find<'a>(spec: &'a StreamSpec, name: &str) -> Option<&'a Column> {
    let alike = || {
        spec.columns
            .iter()
            .find(|column| column.name.eq_ignore_ascii_case(name))
    };
    spec.column(name).or_else(alike)
}

impl Layout {
    /// What of a stream is compared with a target.
    pub(super) fn new(plan: &StreamPlan, target: &StreamSpec) -> Result<Self> {
        let plain = !plan.mapping.has_filter();
        let mut columns = Vec::new();
        for mapped in plan.mapping.columns() {
            let Some(found) = find(target, &mapped.name) else {
                let why = format!("the target has no column `{}`", mapped.name);
                return Err(Error::new(Code::SchemaChanged, why)
                    .column(&mapped.name)
                    .help("run the sync: it brings the target up to date"));
            };
            let wanted = match (form(&mapped.ty), form(&found.ty)) {
                // What has no lists keeps them as JSON.
                (Form::List, Form::Json) => Form::Json,
                (wanted, _) => wanted,
            };
            let alike = form(&found.ty) == wanted && (wanted != Form::List || found.ty == mapped.ty);
            let source = mapped.source.as_ref().filter(|name| {
                let kept = matches!(mapped.change, Change::None | Change::Cast);
                plain && kept && plan.spec.column(name).is_some_and(|column| form(&column.ty) == wanted)
            });
            columns.push(Compared {
                name: mapped.name.clone(),
                form: wanted,
                masked: mapped.change == Change::Masked,
                target: found.clone(),
                cast: (!alike).then(|| mapped.ty.clone()),
                source: source.cloned(),
            });
        }
        let keyed = plan.write != Write::Append;
        let key: Option<Vec<usize>> = plan
            .primary_key
            .iter()
            .filter(|_| keyed)
            .map(|key| columns.iter().position(|column| column.name == *key))
            .collect();
        Ok(Self {
            columns,
            key: key.unwrap_or_default(),
        })
    }

    /// The same with the system's own texts of values that travel natively, if there are any.
    pub(super) fn native(&self, plan: &StreamPlan) -> Option<Self> {
        let mut any = false;
        let columns = self.columns.iter().zip(plan.mapping.columns()).map(|(column, mapped)| {
            let native = mapped.native.as_ref() == Some(&column.target.native);
            any |= native;
            column.source.as_ref()?;
            Some(Compared {
                name: column.name.clone(),
                form: if native { Form::Native } else { column.form },
                masked: column.masked,
                target: column.target.clone(),
                cast: column.cast.clone().filter(|_| !native),
                source: column.source.clone(),
            })
        });
        let columns: Option<Vec<Compared>> = columns.collect();
        columns.filter(|_| any).map(|columns| Self {
            columns,
            key: self.key.clone(),
        })
    }

    /// What both ends spell.
    pub(super) fn canon(&self) -> Canon {
        Canon {
            forms: self.columns.iter().map(|column| column.form).collect(),
            key: self.key.clone(),
        }
    }

    /// What is asked of the source. `run` is the program of a run, whose columns come along.
    pub(super) fn of_source(&self, plan: &StreamPlan, part: Option<Part>, run: Option<&Program>) -> Result<Ask> {
        let mut fetched = Fetched::default();
        let native = self.columns.iter().any(|column| column.form == Form::Native);
        let sources = self.columns.iter().map(|column| column.source.clone());
        let sources: Option<Vec<String>> = sources.collect();
        let (program, places) = match &sources {
            Some(sources) if native => {
                let columns = self.columns.iter().zip(sources);
                let places = columns.map(|(column, source)| {
                    fetched.place(match column.form {
                        Form::Native => Fetch::Text(source.clone()),
                        _ => Fetch::Typed(source.clone()),
                    })
                });
                (None, places.collect())
            }
            _ => {
                let program = plan.mapping.program(&vec![false; self.columns.len()], &[])?;
                let places = reads(&program)
                    .into_iter()
                    .map(|read| fetched.place(Fetch::Typed(read.name)));
                let places = places.collect();
                (Some(program), places)
            }
        };
        let cursor = part.as_ref().map(|_| ()).and(plan.cursor.clone());
        let cursor = cursor.map(|cursor| fetched.place(Fetch::Typed(cursor)));
        let run = run.map(reads).unwrap_or_default();
        let typed = typed(&run);
        let run = run.into_iter().map(|read| {
            fetched.place(if read.native {
                Fetch::Native(read.name)
            } else {
                Fetch::Typed(read.name)
            })
        });
        let run = run.collect();
        let digest = self.columns.iter().zip(sources.iter().flatten());
        Ok(Ask {
            request: DigestRequest {
                stream: plan.stream.clone(),
                columns: digest
                    .map(|(column, source)| DigestColumn {
                        name: source.clone(),
                        form: column.form,
                    })
                    .collect(),
                key: self.key.clone(),
                only_null: Vec::new(),
                part,
                fetched: fetched.clone().into_columns(),
                lenient: plan.on_error != OnError::Fail,
            },
            fetched,
            turn: Turn {
                places,
                program,
                cursor,
                on_error: plan.on_error,
                typed,
                refused: 0.into(),
            },
            can_sum: sources.is_some(),
            run,
            keys: Vec::new(),
        })
    }

    /// What is asked of the target.
    pub(super) fn of_target(
        &self,
        plan: &StreamPlan,
        shape: &TargetShape,
        spec: &StreamSpec,
        now: std::time::SystemTime,
    ) -> Result<Ask> {
        let only_null = only_null(plan, spec)?;
        let casts = self.columns.iter().any(|column| column.cast.is_some());
        let mut fetched = Fetched::default();
        let own = |column: &Compared| match column.form {
            Form::Native => Fetch::Text(column.target.name.clone()),
            _ => Fetch::Typed(column.target.name.clone()),
        };
        // A filter is only needed where the rows are read through: what sums up leaves them out itself.
        let native = self.columns.iter().any(|column| column.form == Form::Native);
        let program = if !native && (casts || !only_null.is_empty()) {
            Some(self.caster(spec, &only_null, now)?)
        } else {
            None
        };
        let places = match &program {
            Some(program) => reads(program)
                .into_iter()
                .map(|read| fetched.place(Fetch::Typed(read.name)))
                .collect(),
            None => self.columns.iter().map(|column| fetched.place(own(column))).collect(),
        };
        let keys = self.key.iter().map(|at| &self.columns[*at].target.name);
        let keys = keys.map(|name| fetched.place(Fetch::Typed(name.clone())));
        let keys = keys.collect();
        let digest = self.columns.iter().map(|column| DigestColumn {
            name: column.target.name.clone(),
            form: column.form,
        });
        Ok(Ask {
            request: DigestRequest {
                stream: StreamRef::table(shape.name.clone()),
                columns: digest.collect(),
                key: self.key.clone(),
                only_null,
                part: None,
                fetched: fetched.clone().into_columns(),
                lenient: false,
            },
            fetched,
            turn: Turn {
                places,
                program,
                cursor: None,
                on_error: OnError::Fail,
                typed: Vec::new(),
                refused: 0.into(),
            },
            can_sum: !casts,
            run: Vec::new(),
            keys,
        })
    }

    /// The target's columns as the mapping makes them, without rows that do not count.
    fn caster(&self, spec: &StreamSpec, only_null: &[String], now: std::time::SystemTime) -> Result<Program> {
        let columns: IndexMap<String, ColumnConfig> = self
            .columns
            .iter()
            .map(|column| {
                let config = ColumnConfig {
                    from: Some(column.target.name.clone()),
                    ty: column.cast.as_ref().map(ToString::to_string),
                    allow_lossy: Some(true),
                    ..ColumnConfig::default()
                };
                (column.name.clone(), config)
            })
            .collect();
        let conditions = only_null
            .iter()
            .map(|name| format!("\"{}\" is null", name.replace('"', "\"\"")));
        let filter = conditions.collect::<Vec<_>>().join(" and ");
        let mapping = Mapping::compile(
            spec,
            &MappingSpec {
                select: Some(&[]),
                columns: &columns,
                naming: Naming::Keep,
                filter: Some(filter.as_str()).filter(|filter| !filter.is_empty()),
                mask_key: None,
                allow_lossy: true,
                now,
            },
        );
        let mapping = mapping.map_err(|problems| {
            let first = problems.into_iter().next();
            let first = first.unwrap_or_else(|| Error::internal("no problem and no mapping"));
            let column = first.report().at.column.clone().unwrap_or_default();
            let why = format!("`{column}` of the target cannot be compared: {}", first.report().why);
            Error::new(Code::TypeMismatch(Side::Destination), why)
                .column(&column)
                .help("cast the column in the mapping by `type`, or make the target anew with `syncapp run --full-refresh`")
        })?;
        let order: Vec<&str> = mapping.columns().iter().map(|column| column.name.as_str()).collect();
        if order
            != self
                .columns
                .iter()
                .map(|column| column.name.as_str())
                .collect::<Vec<_>>()
        {
            return Err(Error::internal("the target's columns came in another order"));
        }
        mapping.program(&vec![false; self.columns.len()], &[])
    }
}

/// Columns that have NULL in every row that counts: ended versions and marked rows are no part of what should be there.
fn only_null(plan: &StreamPlan, spec: &StreamSpec) -> Result<Vec<String>> {
    let name = match (plan.write, plan.deletes) {
        (Write::History, _) => VALID_TO,
        (_, DeleteRule::Soft) => DELETED_AT,
        _ => return Ok(Vec::new()),
    };
    match find(spec, name) {
        Some(column) => Ok(vec![column.name.clone()]),
        None => Err(
            Error::new(Code::SchemaChanged, format!("the target has no column `{name}`"))
                .help("run the sync: it brings the target up to date"),
        ),
    }
}
