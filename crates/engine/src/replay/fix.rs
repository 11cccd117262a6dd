//! `--fix`: values of source columns, computed from the row that was kept.

use std::collections::HashMap;

use arrow_array::{ArrayRef, RecordBatch};
use indexmap::IndexMap;
use syncapp_model::sync_file::{ColumnConfig, Naming};
use syncapp_model::{Code, DataType, Error, Result, nearest};
use syncapp_transform::{Mapping, MappingSpec, Program};

use super::rows::Row;
use crate::{RunOptions, StreamPlan};

/// A value that takes the place of a source column's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// The source column.
    pub column: String,
    /// A SQL expression over the source row.
    pub expression: String,
}

impl std::str::FromStr for Fix {
    type Err = String;

    /// ```
    /// use syncapp_engine::Fix;
    /// let fix: Fix = "\"a = b\" = replace(x, '=', '')".parse().unwrap();
    /// assert_eq!((fix.column.as_str(), fix.expression.as_str()), ("a = b", "replace(x, '=', '')"));
    /// assert!("no expression".parse::<Fix>().is_err() && "age =".parse::<Fix>().is_err());
    /// ```
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write it as \"column = expression\"".to_owned();
        let text = text.trim();
        let (column, rest) = match text.strip_prefix('"') {
            Some(quoted) => {
                let (name, rest) = quoted.split_once('"').ok_or_else(wrong)?;
                (name, rest.trim_start().strip_prefix('=').ok_or_else(wrong)?)
            }
            None => text.split_once('=').ok_or_else(wrong)?,
        };
        let (column, expression) = (column.trim(), rest.trim());
        if column.is_empty() || expression.is_empty() {
            return Err(wrong());
        }
        Ok(Self {
            column: column.to_owned(),
            expression: expression.to_owned(),
        })
    }
}

/// The fixes of one stream, compiled once.
pub(super) struct Fixes {
    program: Option<Program>,
    /// The source's types of the columns that the expressions read.
    types: Vec<DataType>,
    columns: Vec<String>,
}

impl Fixes {
    /// Checks fixes against a stream; all problems at once.
    pub(super) fn compile(plan: &StreamPlan, fixes: &[Fix], options: &RunOptions) -> Result<Self, Vec<Error>> {
        let mut none = Self {
            program: None,
            types: Vec::new(),
            columns: Vec::new(),
        };
        if fixes.is_empty() {
            return Ok(none);
        }
        let mut problems = Vec::new();
        let mut columns = IndexMap::new();
        for Fix { column, expression } in fixes {
            let Some(found) = plan.spec.column(column) else {
                problems.push(unknown(plan, column));
                continue;
            };
            let config = ColumnConfig {
                expr: Some(expression.clone()),
                ty: Some(found.ty.to_string()),
                ..ColumnConfig::default()
            };
            if columns.insert(column.clone(), config).is_some() {
                let twice = Error::new(Code::Conflict, format!("`{column}` is fixed twice"));
                problems.push(twice.help("give one `--fix` a column"));
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let names: Vec<String> = columns.keys().cloned().collect();
        let mapping = Mapping::compile(
            &plan.spec,
            &MappingSpec {
                select: Some(&names),
                columns: &columns,
                naming: Naming::Keep,
                filter: None,
                mask_key: None,
                // The value is the user's own: a float takes the nearest one.
                allow_lossy: true,
                now: options.now,
            },
        )?;
        let program = mapping
            .program(&vec![false; names.len()], &[])
            .map_err(|error| vec![error])?;
        let types = program.reads().iter().map(|read| {
            let column = plan.spec.column(&read.name);
            column.map_or(DataType::String, |column| column.ty.clone())
        });
        none.types = types.collect();
        none.columns = names;
        none.program = Some(program);
        Ok(none)
    }

    /// Whether the stream's program reads what is fixed.
    pub(super) fn check(&self, program: &Program) -> Result<()> {
        let read = |fixed: &String| program.reads().iter().any(|read| read.name == *fixed);
        match self.columns.iter().find(|fixed| !read(fixed)) {
            None => Ok(()),
            Some(fixed) => {
                let why = format!("nothing in the target comes from the source's column `{fixed}`");
                Err(Error::new(Code::Conflict, why).help("fix a column that the mapping reads"))
            }
        }
    }

    /// Whether a source column gets a value of its own.
    pub(super) fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|fixed| fixed == column)
    }

    /// The values for a row, by their columns.
    pub(super) fn apply(&self, row: &Row) -> Result<HashMap<String, ArrayRef>> {
        let Some(program) = &self.program else {
            return Ok(HashMap::new());
        };
        let inputs = program.reads().iter().zip(&self.types);
        let inputs = inputs.map(|(read, ty)| row.typed(&read.name, ty));
        let batch = RecordBatch::try_new(program.input().clone(), inputs.collect::<Result<Vec<_>>>()?)
            .map_err(|problem| Error::internal(problem.to_string()))?;
        let fixed = program.apply(&batch, 1)?;
        Ok(self
            .columns
            .iter()
            .cloned()
            .zip(fixed.columns().iter().cloned())
            .collect())
    }
}

fn unknown(plan: &StreamPlan, column: &str) -> Error {
    let names = plan.spec.columns.iter().map(|column| column.name.as_str());
    let meant = nearest(column, names.clone()).map(|meant| format!("did you mean `{meant}`? "));
    let listed = names.collect::<Vec<_>>().join(", ");
    Error::new(
        Code::UnknownColumn,
        format!("the source has no column `{column}` to fix"),
    )
    .help(format!("{}its columns: {listed}", meant.unwrap_or_default()))
}
