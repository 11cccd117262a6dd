//! Rows that are only looked at, checked as if they were to land.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BinaryArray, RecordBatch};
use arrow_schema::{Field, Schema};
use syncapp_connector::{Check, Target, TargetShape};
use syncapp_model::{Error, Result};

/// What a target says of typed rows whose columns would come as its own bytes: those it holds as they are.
pub(crate) struct Typed {
    target: Box<dyn Check>,
    /// For each column that would, its field.
    native: Vec<Option<Field>>,
}

impl Typed {
    pub(crate) fn new((target, shape): (&Target, &TargetShape), check: Box<dyn Check>) -> Self {
        let columns = target.columns.iter().zip(&shape.columns);
        let native = columns.map(|(wanted, lands)| {
            let same = wanted.source_native.as_ref() == Some(&lands.native);
            same.then(|| lands.field(true).with_nullable(true))
        });
        Self {
            target: check,
            native: native.collect(),
        }
    }
}

impl Check for Typed {
    fn check(&self, batch: &RecordBatch) -> Result<()> {
        let schema = batch.schema();
        let columns = schema.fields().iter().zip(batch.columns()).zip(&self.native);
        let (fields, arrays): (Vec<_>, Vec<_>) = columns
            .map(|((field, array), native)| match native {
                Some(native) => (Arc::new(native.clone()), present(array)),
                None => (field.clone(), array.clone()),
            })
            .unzip();
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays);
        self.target
            .check(&batch.map_err(|problem| Error::internal(problem.to_string()))?)
    }
}

/// Bytes that say no more than where NULL stands.
fn present(array: &ArrayRef) -> ArrayRef {
    let bytes = (0..array.len()).map(|row| array.is_valid(row).then_some(b""));
    Arc::new(bytes.collect::<BinaryArray>())
}
