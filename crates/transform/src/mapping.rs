//! A mapping against the columns of its stream: checked, typed, ready to be turned into programs.

use std::collections::HashSet;
use std::thread;
use std::time::SystemTime;

use indexmap::IndexMap;
use syncapp_model::sync_file::{ColumnConfig, Naming};
use syncapp_model::{Code, Column, DataType, Error, NativeType, StreamSpec};

use crate::cast::{Fit, fit};
use crate::expression::Expression;
use crate::layout::{Origin, Slot, lay_out};
use crate::mask::Mask;
use crate::program::Program;

/// What a sync file says of one stream's columns and rows.
#[derive(Debug, Clone)]
pub struct MappingSpec<'a> {
    /// Source columns: `*`, names, and names left out by a leading `-`; all where it is not given.
    pub select: Option<&'a [String]>,
    /// By the target's column name.
    pub columns: &'a IndexMap<String, ColumnConfig>,
    /// Names of columns that `columns` does not name.
    pub naming: Naming,
    /// The rows that stay: those for which the expression is true.
    pub filter: Option<&'a str>,
    /// The key of `mask: hash`.
    pub mask_key: Option<&'a [u8]>,
    /// Consent to lossy types for columns that do not decide themselves.
    pub allow_lossy: bool,
    /// What `now()` gives on every row; digits finer than microseconds are cut.
    pub now: SystemTime,
}

/// What becomes of values on their way from the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing: they are the source column's own.
    None,
    /// They are cast to another type.
    Cast,
    /// They are computed.
    Computed,
    /// They are hidden, computed and cast or not.
    Masked,
}

/// A column of the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedColumn {
    /// Its name in the target.
    pub name: String,
    /// The type of its values, masked if they are.
    pub ty: DataType,
    /// Whether NULL may stand in it.
    pub nullable: bool,
    /// The source column whose values it holds: unchanged, cast or masked. `None` for an expression.
    pub source: Option<String>,
    /// What becomes of the values on their way.
    pub change: Change,
    /// The native type as which the values may pass, byte by byte. Only unchanged columns have one, of portable types,
    /// and only where the file asks for no type.
    pub native: Option<NativeType>,
    /// The source's own type of an unchanged column whose values pass by their typed form.
    pub origin: Option<NativeType>,
    /// The target system's own type that the file asks for.
    pub wanted: Option<String>,
    /// Whether its values may change in the cast: the user consents.
    pub lossy: bool,
    /// Whether its values may change in the target: the user consents, or asks for the target's type by its own name.
    pub consent: bool,
}

/// How a target column's values are made, before casting and masking.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// A source column, by its place.
    Source(usize),
    Expression(Box<Expression>),
}

impl Value {
    /// The source columns it is made from.
    pub(crate) fn reads(&self) -> &[usize] {
        match self {
            Self::Source(column) => std::slice::from_ref(column),
            Self::Expression(expression) => &expression.columns,
        }
    }
}

/// The way from source columns to one target column.
#[derive(Clone)]
pub(crate) struct Recipe {
    pub(crate) value: Value,
    /// The type of the value; `None` for a bare NULL.
    pub(crate) made: Option<DataType>,
    /// The type it is cast to.
    pub(crate) cast: DataType,
    pub(crate) mask: Option<Mask>,
    /// Whether its values may not be shown.
    pub(crate) secret: bool,
}

/// A mapping that fits its stream.
#[derive(Clone)]
pub struct Mapping {
    pub(crate) source: Vec<Column>,
    pub(crate) columns: Vec<MappedColumn>,
    pub(crate) recipes: Vec<Recipe>,
    pub(crate) filter: Option<Expression>,
    /// Whether the filter reads masked columns.
    pub(crate) secret_filter: bool,
}

impl std::fmt::Debug for Mapping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mapping")
            .field("columns", &self.columns)
            .finish_non_exhaustive()
    }
}

impl Mapping {
    /// Checks a mapping against a stream. Fails with all problems at once; each names the target column it is about, or
    /// none where it is about `select` or `where`.
    pub fn compile(stream: &StreamSpec, spec: &MappingSpec<'_>) -> Result<Self, Vec<Error>> {
        let computes = spec.filter.is_some() || spec.columns.values().any(|column| column.expr.is_some());
        if computes {
            on_deep_stack(|| Self::check(stream, spec))
        } else {
            Self::check(stream, spec)
        }
    }

    fn check(stream: &StreamSpec, spec: &MappingSpec<'_>) -> Result<Self, Vec<Error>> {
        let source = &stream.columns;
        let mut errors = Vec::new();
        let slots = lay_out(source, spec.select, spec.columns, spec.naming, &mut errors);
        let mut columns = Vec::with_capacity(slots.len());
        let mut recipes = Vec::with_capacity(slots.len());
        for slot in &slots {
            match map_column(source, slot, spec) {
                Ok((column, recipe)) => {
                    columns.push(column);
                    recipes.push(recipe);
                }
                Err(found) => errors.extend(found.into_iter().map(|error| error.column(&slot.name))),
            }
        }
        let filter = spec
            .filter
            .map(|text| compile_filter(text, source, spec.now))
            .transpose();
        let filter = filter.unwrap_or_else(|found| {
            errors.extend(found);
            None
        });
        if !errors.is_empty() {
            return Err(errors);
        }
        let masked: HashSet<usize> = recipes
            .iter()
            .filter(|recipe| recipe.mask.is_some())
            .flat_map(|recipe| recipe.value.reads().iter().copied())
            .collect();
        let touches = |reads: &[usize]| reads.iter().any(|column| masked.contains(column));
        for recipe in &mut recipes {
            recipe.secret = recipe.mask.is_some() || touches(recipe.value.reads());
        }
        Ok(Self {
            secret_filter: filter.as_ref().is_some_and(|filter| touches(&filter.columns)),
            source: source.clone(),
            columns,
            recipes,
            filter,
        })
    }

    /// The target's columns, in order.
    pub fn columns(&self) -> &[MappedColumn] {
        &self.columns
    }

    /// Whether rows are left out.
    pub fn has_filter(&self) -> bool {
        self.filter.is_some()
    }

    /// Source columns whose values are masked on their way, and may be shown nowhere.
    pub fn masked(&self) -> HashSet<&str> {
        let masked = self.recipes.iter().filter(|recipe| recipe.mask.is_some());
        masked
            .flat_map(|recipe| recipe.value.reads())
            .map(|column| self.source[*column].name.as_str())
            .collect()
    }

    /// The same without some of the target's columns.
    pub fn without(&self, names: &[String]) -> Self {
        let pairs = self.columns.iter().zip(&self.recipes);
        let kept = pairs.filter(|(column, _)| !names.contains(&column.name));
        let (columns, recipes) = kept.map(|(column, recipe)| (column.clone(), recipe.clone())).unzip();
        Self {
            columns,
            recipes,
            ..self.clone()
        }
    }

    /// Decides how columns are read. `native[i]` says that the i-th target column comes and goes as native bytes, which
    /// its [`MappedColumn::native`] must allow. `extra` names source columns that the caller needs, typed, in the batches
    /// read: [`Program::extra`] tells their places.
    pub fn program(&self, native: &[bool], extra: &[&str]) -> Result<Program, Error> {
        Program::new(self, native, extra)
    }
}

/// Runs on a stack that the deepest expression allowed cannot overflow: parser and planner recurse, with frames of some
/// kilobytes, and the caller's stack may be small.
fn on_deep_stack<T: Send>(work: impl FnOnce() -> Result<T, Vec<Error>> + Send) -> Result<T, Vec<Error>> {
    /// Reserved, not used: pages that are never touched cost nothing.
    const STACK: usize = 64 << 20;
    let failed = |why: String| vec![Error::internal(format!("the mapping could not be compiled: {why}"))];
    thread::scope(|scope| {
        let worker = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        let worker = worker.map_err(|error| failed(error.to_string()))?;
        worker
            .join()
            .unwrap_or_else(|_| Err(failed("the planner panicked".to_owned())))
    })
}

/// Types one column.
fn map_column(
    source: &[Column],
    slot: &Slot<'_>,
    spec: &MappingSpec<'_>,
) -> Result<(MappedColumn, Recipe), Vec<Error>> {
    let mut errors = Vec::new();
    let config = slot.config;
    let declared = config
        .and_then(|config| config.ty.as_deref())
        .and_then(|text| match text.parse::<DataType>() {
            Ok(ty) => Some(ty),
            Err(error) => {
                let help = format!("the types are {}", DataType::WORDS.join(" "));
                errors.push(Error::new(Code::InvalidValue, error.to_string()).help(help));
                None
            }
        });
    let mask = config
        .and_then(|config| config.mask.as_ref())
        .and_then(|mask| Mask::new(mask, spec.mask_key).map_err(|error| errors.push(error)).ok());
    let value = match slot.origin {
        Origin::Source(column) => Some(Value::Source(column)),
        Origin::Expr(text) => match Expression::compile(text, source, spec.now) {
            // Copying keeps types that expressions do not know.
            Ok(Expression { bare: Some(column), .. }) => Some(Value::Source(column)),
            Ok(expression) => Some(Value::Expression(Box::new(expression))),
            Err(found) => {
                errors.extend(found);
                None
            }
        },
    };
    let Some(value) = value else { return Err(errors) };
    let (made, nullable) = match &value {
        Value::Source(column) => (Some(source[*column].ty.clone()), source[*column].nullable),
        Value::Expression(expression) => (expression.ty.clone(), expression.nullable),
    };
    let cast = declared.clone().or_else(|| made.clone()).unwrap_or_else(|| {
        if errors.is_empty() {
            let error = Error::new(Code::InvalidExpression, "an expression that is only NULL has no type");
            errors.push(error.help("say the column's `type`"));
        }
        DataType::String
    });
    let allow_lossy = config.and_then(|config| config.allow_lossy).unwrap_or(spec.allow_lossy);
    if let (Some(from), Some(to)) = (&made, &declared) {
        errors.extend(check_fit(from, to, allow_lossy));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let copied = match &value {
        Value::Source(column) => Some(&source[*column]),
        Value::Expression(_) => None,
    };
    let change = match copied {
        _ if mask.is_some() => Change::Masked,
        None => Change::Computed,
        Some(column) if column.ty == cast => Change::None,
        Some(_) => Change::Cast,
    };
    let lossy = matches!((&made, &declared), (Some(from), Some(to)) if fit(from, to) == Fit::Lossy);
    let wanted = config.and_then(|config| config.native.clone());
    // Nothing says what the column is to be: it may be what it was.
    let kept = copied.filter(|_| change == Change::None && declared.is_none() && wanted.is_none());
    let native = |portable: bool| {
        let kept = kept.filter(|column| column.portable == portable);
        kept.map(|column| column.native.clone())
    };
    let column = MappedColumn {
        name: slot.name.clone(),
        ty: mask.as_ref().map_or_else(|| cast.clone(), |mask| mask.result(&cast)),
        nullable: nullable || matches!(mask, Some(Mask::Null)),
        source: copied.map(|column| column.name.clone()),
        change,
        native: native(true),
        origin: native(false),
        consent: allow_lossy || wanted.is_some(),
        wanted,
        lossy,
    };
    let recipe = Recipe {
        value,
        made,
        cast,
        mask,
        secret: false,
    };
    Ok((column, recipe))
}

/// Whether a cast exists and may be made.
fn check_fit(from: &DataType, to: &DataType, allow_lossy: bool) -> Option<Error> {
    match fit(from, to) {
        Fit::Lossy if !allow_lossy => Some(
            Error::new(
                Code::LossyType,
                format!("{from} values may change when they become {to}"),
            )
            .help("consent with `allow_lossy: true` on the column, or choose a `type` that holds them"),
        ),
        Fit::None => Some(
            Error::new(Code::InvalidValue, format!("{from} cannot become {to}"))
                .help("choose another `type`, or compute the value with `expr`"),
        ),
        _ => None,
    }
}

fn compile_filter(text: &str, source: &[Column], now: SystemTime) -> Result<Expression, Vec<Error>> {
    let within = |error: Error| {
        let report = error.report();
        let outer = Error::new(report.code, format!("`where`: {}", report.why));
        match &report.help {
            Some(help) => outer.help(help),
            None => outer,
        }
    };
    let filter =
        Expression::compile(text, source, now).map_err(|errors| errors.into_iter().map(within).collect::<Vec<_>>())?;
    match &filter.ty {
        Some(DataType::Bool) | None => Ok(filter),
        Some(other) => Err(vec![within(
            Error::new(Code::InvalidExpression, format!("it gives {other}, not true or false"))
                .help("compare it with something, such as `x > 0`"),
        )]),
    }
}
