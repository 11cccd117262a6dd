//! SQL expressions over source columns, compiled once and evaluated on batches.
//!
//! Invariants:
//! * Semantics are DataFusion's, with two exceptions in favour of exactness: integer arithmetic that overflows is an
//!   error, and so is a result that its type cannot hold. Floats follow IEEE 754: 1.0 / 0 is infinite.
//! * `now()` and its kin are fixed when the expression is compiled. `random()` and `uuid()` are not.
//! * An expression fails on a row only if it fails on that row alone, whatever rows stand beside it.
//! * There is no access to the host: no files, no environment, no variables.

mod parse;
mod plan;
mod result;
mod view;

use std::sync::Arc;
use std::time::SystemTime;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::SchemaRef;
use datafusion_common::DataFusionError;
use datafusion_physical_expr::PhysicalExpr;
use syncapp_model::{Code, Column, DataType, Error};

use crate::fault::Fault;

/// A compiled expression.
#[derive(Debug, Clone)]
pub(crate) struct Expression {
    /// As the user wrote it.
    pub(crate) text: String,
    /// The source columns that it reads, by their places.
    pub(crate) columns: Vec<usize>,
    /// The one source column that it is, if it is nothing else.
    pub(crate) bare: Option<usize>,
    /// What its values are; `None` where it is nothing but NULL.
    pub(crate) ty: Option<DataType>,
    pub(crate) nullable: bool,
    types: Vec<DataType>,
    view: SchemaRef,
    physical: Arc<dyn PhysicalExpr>,
}

impl Expression {
    /// Parses, checks and plans an expression.
    pub(crate) fn compile(text: &str, source: &[Column], now: SystemTime) -> Result<Self, Vec<Error>> {
        let parsed = parse::parse(text, source)?;
        let view = view::schema(source, &parsed.columns);
        let invalid = |why: String| {
            let help = "check the functions' names and the types they take; a cast is written `cast(x as bigint)`";
            vec![Error::new(Code::InvalidExpression, why).help(help)]
        };
        let planned = plan::plan(parsed.ast, &view, now).map_err(|error| invalid(plan::words(&error)))?;
        let ty = result::ty(&planned.field).map_err(invalid)?;
        Ok(Self {
            text: text.to_owned(),
            types: parsed.columns.iter().map(|at| source[*at].ty.clone()).collect(),
            bare: parsed.bare,
            columns: parsed.columns,
            ty,
            nullable: planned.field.is_nullable(),
            view,
            physical: planned.physical,
        })
    }

    /// Evaluates it on the columns that it reads, given in its order, and brings the result into its type's one form.
    pub(crate) fn evaluate(&self, inputs: &[ArrayRef], rows: usize) -> Result<ArrayRef, Fault> {
        let mut columns = Vec::with_capacity(inputs.len());
        for ((input, ty), field) in inputs.iter().zip(&self.types).zip(self.view.fields()) {
            columns.push(view::show(input, ty).map_err(|error| {
                let why = format!("{} in the column `{}`", error.why, field.name());
                Fault::cast(error.row, input, ty, why)
                    .help("give the column a `type` that holds it, and write the expression without it")
            })?);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.view), columns, &options)
            .map_err(|error| Fault::internal(error.to_string()))?;
        let array = self.run(&batch, 0).map_err(|(row, error)| {
            let values = (0..inputs.len().min(3)).map(|at| {
                let value = syncapp_values::short(&inputs[at], &self.types[at], row);
                format!("{} = {value}", self.view.field(at).name())
            });
            Fault::expression(row, &plan::words(&error), &values.collect::<Vec<_>>().join(", "))
        })?;
        let Some(ty) = &self.ty else { return Ok(array) };
        result::canonical(&array, ty)
            .map_err(|error| Fault::expression(error.row, &format!("the result {}", error.why), ""))
    }

    /// The values of a batch that begins at a row; where it fails, the first row that fails on its own.
    fn run(&self, batch: &RecordBatch, first: usize) -> Result<ArrayRef, (usize, DataFusionError)> {
        let rows = batch.num_rows();
        let whole = self.physical.evaluate(batch).and_then(|value| value.into_array(rows));
        let error = match whole {
            Ok(array) => return Ok(array),
            Err(error) => error,
        };
        if rows <= 1 {
            return Err((first, error));
        }
        // `AND`, `OR` and `CASE` skip what need not be evaluated only if no row of the batch needs it: halves may pass.
        let half = rows / 2;
        let left = self.run(&batch.slice(0, half), first)?;
        let right = self.run(&batch.slice(half, rows - half), first + half)?;
        arrow_select::concat::concat(&[&left, &right]).map_err(|error| (first, error.into()))
    }
}
