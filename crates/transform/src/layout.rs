//! Which columns the target gets, in which order, and where each comes from. Names only: no types, no values.
//!
//! Columns stand in the source's order, or as `select` lists them. A column of `columns` takes the place of the source
//! column that it is named after or renames; the others follow in the file's order.

use std::collections::HashSet;

use indexmap::IndexMap;
use syncapp_model::sync_file::{ColumnConfig, Naming};
use syncapp_model::{Code, Column, Error};

use crate::names::{find, resolve, snake, unknown};

/// A target column before its type is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slot<'a> {
    pub(crate) name: String,
    pub(crate) origin: Origin<'a>,
    pub(crate) config: Option<&'a ColumnConfig>,
}

/// Where a target column's values come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin<'a> {
    /// A source column, by its place.
    Source(usize),
    /// An expression over source columns.
    Expr(&'a str),
}

/// A source column as chosen by `select`.
struct Chosen {
    column: usize,
    /// Whether it was named, not only covered by `*`.
    named: bool,
}

/// Lays the target's columns out. Problems go to `errors`; what they touch is left out.
pub(crate) fn lay_out<'a>(
    source: &[Column],
    select: Option<&[String]>,
    columns: &'a IndexMap<String, ColumnConfig>,
    naming: Naming,
    errors: &mut Vec<Error>,
) -> Vec<Slot<'a>> {
    let target_name = |at: usize| match naming {
        Naming::Keep => source[at].name.clone(),
        Naming::Snake => snake(&source[at].name),
    };
    let (chosen, excluded) = choose(source, select, errors);
    let named: HashSet<usize> = chosen
        .iter()
        .filter(|chosen| chosen.named)
        .map(|chosen| chosen.column)
        .collect();
    let mut hidden = HashSet::new();
    // Each with the source column whose place it takes.
    let mut configured: Vec<(Option<usize>, Slot<'a>)> = Vec::new();
    for (target, config) in columns {
        let namesake = source
            .iter()
            .position(|column| column.name == *target)
            .or_else(|| (0..source.len()).find(|at| target_name(*at) == *target))
            .or_else(|| find(source, target));
        let found = match (&config.from, &config.expr) {
            (Some(_), Some(_)) => {
                Err(Error::new(Code::Conflict, "`from` and `expr` exclude each other").help("keep one of them"))
            }
            (None, Some(expr)) => Ok((namesake, Origin::Expr(expr))),
            (Some(from), None) => resolve(source, from).map(|column| {
                if !named.contains(&column) {
                    hidden.insert(column);
                }
                let vacated = Some(column).filter(|column| !named.contains(column));
                (namesake.or(vacated), Origin::Source(column))
            }),
            (None, None) => match namesake {
                Some(column) if excluded.contains(&column) => Err(Error::new(
                    Code::Conflict,
                    format!("`columns` describes `{target}`, and `select` leaves it out"),
                )
                .help("remove one of the two")),
                Some(column) => Ok((Some(column), Origin::Source(column))),
                None => Err(unknown(source, target)),
            },
        };
        match found {
            Ok((place, origin)) => configured.push((
                place,
                Slot {
                    name: target.clone(),
                    origin,
                    config: Some(config),
                },
            )),
            Err(error) => errors.push(error.column(target)),
        }
    }

    let mut slots = Vec::with_capacity(chosen.len() + configured.len());
    for Chosen { column, .. } in chosen {
        if let Some(at) = configured.iter().position(|(place, _)| *place == Some(column)) {
            slots.push(configured.remove(at).1);
        } else if !hidden.contains(&column) {
            slots.push(Slot {
                name: target_name(column),
                origin: Origin::Source(column),
                config: None,
            });
        }
    }
    slots.extend(configured.into_iter().map(|(_, slot)| slot));
    check_names(&slots, errors);
    slots
}

fn check_names(slots: &[Slot<'_>], errors: &mut Vec<Error>) {
    let mut seen = HashSet::new();
    for slot in slots {
        if !seen.insert(&slot.name) {
            errors.push(
                Error::new(
                    Code::Conflict,
                    format!("two columns of the target are named `{}`", slot.name),
                )
                .help("rename one of them with `from`, or leave it out with `select`")
                .column(&slot.name),
            );
        }
    }
    if slots.is_empty() && errors.is_empty() {
        errors.push(Error::new(Code::InvalidValue, "no column is left for the target").help("widen `select`"));
    }
}

/// The source columns in the order of `select`, and those it leaves out by name.
fn choose(source: &[Column], select: Option<&[String]>, errors: &mut Vec<Error>) -> (Vec<Chosen>, HashSet<usize>) {
    let mut excluded = HashSet::new();
    let Some(select) = select else {
        let all = (0..source.len()).map(|column| Chosen { column, named: false });
        return (all.collect(), excluded);
    };
    let invalid = |why: String, help: &str| Error::new(Code::InvalidValue, why).help(help);
    let starred = select.iter().any(|entry| entry == "*");
    // `None` stands for `*`.
    let mut entries: Vec<Option<usize>> = Vec::new();
    for entry in select {
        if entry == "*" {
            if entries.contains(&None) {
                errors.push(invalid("`select` has `*` twice".into(), "keep one of them"));
            } else {
                entries.push(None);
            }
            continue;
        }
        let exact = source.iter().position(|column| column.name == *entry);
        let (name, left_out) = match entry.strip_prefix('-') {
            Some(name) if exact.is_none() => (name, true),
            _ => (entry.as_str(), false),
        };
        match resolve(source, name) {
            Err(error) => errors.push(error),
            Ok(_) if left_out && !starred => errors.push(invalid(
                format!("`{entry}` leaves a column out of nothing"),
                "put \"*\" before it in `select`",
            )),
            Ok(column) if left_out => _ = excluded.insert(column),
            Ok(column) if entries.contains(&Some(column)) => {
                errors.push(invalid(format!("`select` has `{name}` twice"), "keep one of them"));
            }
            Ok(column) => entries.push(Some(column)),
        }
    }
    for column in &excluded {
        if entries.contains(&Some(*column)) {
            let name = &source[*column].name;
            errors.push(
                Error::new(Code::Conflict, format!("`select` has both `{name}` and `-{name}`"))
                    .help("keep one of them"),
            );
        }
    }
    let named: Vec<usize> = entries.iter().flatten().copied().collect();
    let mut chosen = Vec::new();
    for entry in entries {
        match entry {
            Some(column) => chosen.push(Chosen { column, named: true }),
            None => chosen.extend(
                (0..source.len())
                    .filter(|column| !named.contains(column) && !excluded.contains(column))
                    .map(|column| Chosen { column, named: false }),
            ),
        }
    }
    (chosen, excluded)
}
