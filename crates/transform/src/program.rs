//! A mapping with its reads decided: which source columns come in which form, and what becomes of them.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, new_null_array};
use arrow_schema::{Field, Schema, SchemaRef};
use arrow_select::filter::{FilterBuilder, FilterPredicate};
use syncapp_model::{Column, DataType, Error};

use crate::cast;
use crate::expression::Expression;
use crate::fault::Fault;
use crate::mapping::{Mapping, Recipe, Value};
use crate::mask::Mask;

/// A source column and the form it is wanted in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Read {
    /// Its name in the source.
    pub name: String,
    /// The system's wire bytes instead of the typed form.
    pub native: bool,
}

/// Turns batches of the columns that it [reads](Program::reads) into batches of the target's columns.
#[derive(Clone)]
pub struct Program {
    reads: Vec<Read>,
    extra: Vec<usize>,
    input: SchemaRef,
    output: SchemaRef,
    steps: Vec<Step>,
    filter: Option<Condition>,
    identity: bool,
}

/// What makes one target column.
#[derive(Clone)]
struct Step {
    recipe: Recipe,
    /// The places of what the recipe reads in the batches read.
    inputs: Vec<usize>,
}

/// What decides whether a row stays.
#[derive(Clone)]
struct Condition {
    expression: Expression,
    inputs: Vec<usize>,
    secret: bool,
}

/// The reads as they are collected.
struct Reads<'a> {
    source: &'a [Column],
    reads: Vec<(usize, bool)>,
}

impl Reads<'_> {
    /// The place of a source column in the batches read; it is added where it is new.
    fn place(&mut self, column: usize, native: bool) -> usize {
        let read = (column, native);
        self.reads.iter().position(|known| *known == read).unwrap_or_else(|| {
            self.reads.push(read);
            self.reads.len() - 1
        })
    }

    fn places(&mut self, columns: &[usize]) -> Vec<usize> {
        columns.iter().map(|column| self.place(*column, false)).collect()
    }
}

impl Program {
    pub(crate) fn new(mapping: &Mapping, native: &[bool], extra: &[&str]) -> Result<Self, Error> {
        if native.len() != mapping.columns.len() {
            return Err(Error::internal(
                "the number of native columns is not that of the mapping's",
            ));
        }
        let mut reads = Reads {
            source: &mapping.source,
            reads: Vec::new(),
        };
        let mut steps = Vec::with_capacity(native.len());
        let mut fields = Vec::with_capacity(native.len());
        for ((column, recipe), native) in mapping.columns.iter().zip(&mapping.recipes).zip(native) {
            let inputs = match &recipe.value {
                // What is replaced as a whole is not even read.
                _ if matches!(recipe.mask, Some(Mask::Null)) => Vec::new(),
                Value::Source(source) => vec![reads.place(*source, *native)],
                Value::Expression(expression) => reads.places(&expression.columns),
            };
            fields.push(match (&recipe.value, native) {
                (_, false) => column.ty.field(&column.name, column.nullable),
                (Value::Source(source), true) if column.native.is_some() => {
                    mapping.source[*source].field(true).with_name(&column.name)
                }
                _ => return Err(Error::internal("the column cannot pass as native bytes").column(&column.name)),
            });
            steps.push(Step {
                recipe: recipe.clone(),
                inputs,
            });
        }
        let filter = mapping.filter.as_ref().map(|expression| Condition {
            inputs: reads.places(&expression.columns),
            expression: expression.clone(),
            secret: mapping.secret_filter,
        });
        let mut places = Vec::with_capacity(extra.len());
        for name in extra {
            let column = crate::names::resolve(reads.source, name)?;
            places.push(reads.place(column, false));
        }
        // A batch of constants still needs to know how many rows it has.
        if reads.reads.is_empty() && !mapping.source.is_empty() {
            reads.place(0, false);
        }
        let input: Vec<Field> = reads
            .reads
            .iter()
            .map(|(at, native)| mapping.source[*at].field(*native))
            .collect();
        let identity = filter.is_none()
            && input == fields
            && steps
                .iter()
                .enumerate()
                .all(|(at, step)| step.recipe.passes() && step.inputs == [at]);
        Ok(Self {
            reads: reads
                .reads
                .iter()
                .map(|(at, native)| Read {
                    name: mapping.source[*at].name.clone(),
                    native: *native,
                })
                .collect(),
            extra: places,
            input: Arc::new(Schema::new(input)),
            output: Arc::new(Schema::new(fields)),
            steps,
            filter,
            identity,
        })
    }

    /// The columns of each batch to apply it to, in this order. A column may stand here twice: typed and native.
    pub fn reads(&self) -> &[Read] {
        &self.reads
    }

    /// The fields of each batch to apply it to.
    pub fn input(&self) -> &SchemaRef {
        &self.input
    }

    /// Where the extra columns stand among the [reads](Self::reads), in the order they were asked for.
    pub fn extra(&self) -> &[usize] {
        &self.extra
    }

    /// Whether batches come out as they go in: the same columns under the same names, and every row.
    #[cfg(test)]
    pub(crate) fn is_identity(&self) -> bool {
        self.identity
    }

    /// Whether rows come out as they go in, but for the names of columns: rows in a system's own wire format may pass.
    /// Extra columns follow them.
    pub fn keeps_rows(&self) -> bool {
        self.filter.is_none()
            && self.reads.len() == self.steps.len() + self.extra.len()
            && self
                .steps
                .iter()
                .enumerate()
                .all(|(at, step)| step.recipe.passes() && step.inputs == [at])
    }

    /// The source columns that decide whether a row stays, if any do.
    pub fn filters_by(&self) -> Option<Vec<&str>> {
        let filter = self.filter.as_ref()?;
        Some(filter.inputs.iter().map(|at| self.reads[*at].name.as_str()).collect())
    }

    /// Which rows of a batch stay: `None` if all do.
    pub fn kept(&self, batch: &RecordBatch, first_row: u64) -> Result<Option<BooleanArray>, Error> {
        match &self.filter {
            Some(filter) => filter.kept(batch, first_row),
            None => Ok(None),
        }
    }

    /// The target's columns.
    pub fn output(&self) -> &SchemaRef {
        &self.output
    }

    /// The target's rows of a batch. `first_row` is the number of its first row in the stream, counted from 1: errors name
    /// rows by it.
    pub fn apply(&self, batch: &RecordBatch, first_row: u64) -> Result<RecordBatch, Error> {
        self.apply_kept(batch, first_row, &[]).map(|(batch, _)| batch)
    }

    /// [`Self::apply`] with NULL in some of the target's columns, whatever their recipes say.
    pub fn apply_with_nulls(
        &self,
        batch: &RecordBatch,
        first_row: u64,
        nulls: &[String],
    ) -> Result<RecordBatch, Error> {
        self.apply_kept(batch, first_row, nulls).map(|(batch, _)| batch)
    }

    /// [`Self::apply`], and which rows of the batch stayed: `None` if all did.
    pub fn apply_kept(
        &self,
        batch: &RecordBatch,
        first_row: u64,
        nulls: &[String],
    ) -> Result<(RecordBatch, Option<BooleanArray>), Error> {
        self.check(batch)?;
        if self.identity && nulls.is_empty() {
            return Ok((batch.clone(), None));
        }
        let kept = self.kept(batch, first_row)?;
        let rows = kept.as_ref().map_or(batch.num_rows(), BooleanArray::true_count);
        let predicate = kept.as_ref().map(|kept| FilterBuilder::new(kept).optimize().build());
        let number = |row: usize| {
            let row = kept
                .as_ref()
                .map_or(Some(row), |kept| kept.values().set_indices().nth(row));
            first_row + row.unwrap_or_default() as u64
        };
        let mut columns = Vec::with_capacity(self.steps.len());
        for (step, field) in self.steps.iter().zip(self.output.fields()) {
            if nulls.contains(field.name()) {
                columns.push(new_null_array(field.data_type(), rows));
                continue;
            }
            let inputs = step.inputs.iter().map(|at| keep(batch.column(*at), predicate.as_ref()));
            let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
            columns.push(step.recipe.make(&inputs, rows, field).map_err(|fault| {
                let row = number(fault.row);
                let expression = match &step.recipe.value {
                    Value::Expression(expression) => Some(expression.text.as_str()),
                    Value::Source(_) => None,
                };
                fault
                    .error(expression, step.recipe.secret)
                    .column(field.name())
                    .row(row)
            })?);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(&self.output), columns, &options)
            .map(|batch| (batch, kept))
            .map_err(|error| Error::internal(error.to_string()))
    }

    /// A batch that is not what was asked for is a bug of its source.
    fn check(&self, batch: &RecordBatch) -> Result<(), Error> {
        let found = batch.columns();
        let fits = found.len() == self.reads.len()
            && found
                .iter()
                .zip(self.input.fields())
                .all(|(array, field)| array.data_type() == field.data_type());
        if fits {
            return Ok(());
        }
        let types = |types: Vec<String>| types.join(", ");
        Err(Error::internal(format!(
            "the source gave columns of {}, not of {}",
            types(found.iter().map(|array| array.data_type().to_string()).collect()),
            types(
                self.input
                    .fields()
                    .iter()
                    .map(|field| field.data_type().to_string())
                    .collect()
            ),
        )))
    }
}

/// The kept values of a column.
fn keep(array: &ArrayRef, predicate: Option<&FilterPredicate>) -> Result<ArrayRef, Error> {
    match predicate {
        Some(predicate) => predicate
            .filter(array)
            .map_err(|error| Error::internal(error.to_string())),
        None => Ok(Arc::clone(array)),
    }
}

impl Condition {
    /// The rows for which it is true; `None` if it is for all.
    fn kept(&self, batch: &RecordBatch, first_row: u64) -> Result<Option<BooleanArray>, Error> {
        let inputs: Vec<_> = self.inputs.iter().map(|at| Arc::clone(batch.column(*at))).collect();
        let truths = self.expression.evaluate(&inputs, batch.num_rows()).map_err(|fault| {
            let row = first_row + fault.row as u64;
            fault
                .error(Some(&format!("where {}", self.expression.text)), self.secret)
                .row(row)
        })?;
        let kept = match truths.as_boolean_opt() {
            // NULL is not true.
            Some(truths) => match truths.nulls() {
                Some(valid) => BooleanArray::new(truths.values() & valid.inner(), None),
                None => truths.clone(),
            },
            None => BooleanArray::from(vec![false; batch.num_rows()]),
        };
        Ok((kept.true_count() < kept.len()).then_some(kept))
    }
}

impl Recipe {
    /// Whether the value is a source column as it is.
    fn passes(&self) -> bool {
        matches!(self.value, Value::Source(_)) && self.mask.is_none() && self.made.as_ref() == Some(&self.cast)
    }

    /// The column's values, made from what the recipe reads.
    fn make(&self, inputs: &[ArrayRef], rows: usize, field: &Field) -> Result<ArrayRef, Fault> {
        if matches!(self.mask, Some(Mask::Null)) {
            return Ok(new_null_array(field.data_type(), rows));
        }
        let value = match &self.value {
            Value::Source(_) => inputs
                .first()
                .map(Arc::clone)
                .ok_or_else(|| Fault::internal("a column is missing".into()))?,
            Value::Expression(expression) => expression.evaluate(inputs, rows)?,
        };
        if self.passes() {
            return Ok(value);
        }
        let value = match &self.made {
            None => new_null_array(&self.cast.arrow(), rows),
            Some(made) => cast::cast(&value, made, &self.cast)
                .map_err(|error| Fault::of_cast(&error, &value, made, &self.cast))?,
        };
        match &self.mask {
            None => Ok(value),
            Some(mask) => mask
                .apply(&value, &self.cast)
                .map_err(|error| Fault::cast(error.row, &value, &DataType::clone(&self.cast), error.why)),
        }
    }
}
