//! The columns in which rows of both ends are compared: those of the target that hold data.

use std::collections::HashSet;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, new_null_array};
use arrow_schema::{Schema, SchemaRef};
use syncapp_connector::{Destination, ReadColumn, Role, TargetChange};
use syncapp_model::{Column as TableColumn, DataType, Error, Result, StreamSpec};
use syncapp_transform::{Change, Common};

use crate::ground::Ground;

/// The columns in the target's order.
pub(crate) struct Columns {
    columns: Vec<Column>,
    schema: SchemaRef,
}

struct Column {
    name: String,
    /// Its place in the batches that would land.
    at: usize,
    masked: bool,
    wanted: DataType,
    /// The target's column as it will be.
    lands: TableColumn,
    /// The target's column as it is now, if there is one.
    present: Option<TableColumn>,
    /// How typed values are compared; `None` where the system's bytes are.
    common: Option<Common>,
}

impl Columns {
    /// The columns of a stream and of the table as it is now. Those named in `natives` are compared as the system's bytes.
    pub(crate) fn new(ground: &Ground, table: Option<&StreamSpec>, natives: &HashSet<String>) -> Self {
        let Ground {
            plan, target, shape, ..
        } = ground;
        let new = |name: &str| {
            let adds =
                |change: &TargetChange| matches!(change, TargetChange::AddColumn { column, .. } if column == name);
            shape.changes.iter().any(adds)
        };
        let present = |name: &str| {
            let columns = &table.filter(|_| !new(name))?.columns;
            let same = columns.iter().find(|column| column.name == name);
            same.or_else(|| columns.iter().find(|column| column.name.eq_ignore_ascii_case(name)))
        };
        let mut columns = Vec::new();
        let mut fields = Vec::new();
        for (at, (wanted, lands)) in target.columns.iter().zip(&shape.columns).enumerate() {
            if wanted.role != Role::Data {
                continue;
            }
            let mapped = plan.mapping.columns().get(at);
            let present = present(&wanted.name);
            let native = natives.contains(&wanted.name);
            let common = Common::of(&wanted.ty, present.map_or(&wanted.ty, |column| &column.ty));
            fields.push(if native {
                lands.field(true).with_name(&wanted.name).with_nullable(true)
            } else {
                common.ty.field(&wanted.name, true)
            });
            columns.push(Column {
                name: wanted.name.clone(),
                at,
                masked: mapped.is_some_and(|mapped| mapped.change == Change::Masked),
                wanted: wanted.ty.clone(),
                lands: lands.clone(),
                common: (!native).then_some(common),
                present: present.cloned(),
            });
        }
        Self {
            columns,
            schema: Arc::new(Schema::new(fields)),
        }
    }

    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(crate) fn len(&self) -> usize {
        self.columns.len()
    }

    pub(crate) fn name(&self, at: usize) -> &str {
        &self.columns[at].name
    }

    pub(crate) fn masked(&self, at: usize) -> bool {
        self.columns[at].masked
    }

    /// The type in which a column is compared, unless as the system's bytes.
    pub(crate) fn ty(&self, at: usize) -> Option<&DataType> {
        self.columns[at].common.as_ref().map(|common| &common.ty)
    }

    /// The place of a column.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// What to read of the target: its columns that there are.
    pub(crate) fn reads(&self) -> Vec<ReadColumn> {
        let present = self
            .columns
            .iter()
            .filter_map(|column| Some((column, column.present.as_ref()?)));
        present
            .map(|(column, present)| ReadColumn {
                name: present.name.clone(),
                native: column.common.is_none(),
            })
            .collect()
    }

    /// Rows as they would land, ready to be compared.
    pub(crate) fn wanted(&self, batch: &RecordBatch, target: &dyn Destination) -> Result<RecordBatch> {
        let arrays = self.columns.iter().map(|column| {
            let array = batch.column(column.at);
            match &column.common {
                Some(common) => common
                    .take(array, &column.wanted)
                    .map(|array| target.stored(&column.lands, &array))
                    .map_err(|error| error.column(&column.name)),
                None => Ok(array.clone()),
            }
        });
        self.batch(arrays.collect::<Result<_>>()?)
    }

    /// Rows of the target as [`Self::reads`] asks for them, ready to be compared. More columns may stand behind.
    pub(crate) fn present(&self, batch: &RecordBatch, target: &dyn Destination) -> Result<RecordBatch> {
        let mut read = batch.columns().iter();
        let arrays = self.columns.iter().zip(self.schema.fields()).map(|(column, field)| {
            let Some(present) = &column.present else {
                return Ok(new_null_array(field.data_type(), batch.num_rows()));
            };
            let missing = || Error::internal("the target left a column out");
            let array = read.next().ok_or_else(missing)?;
            match &column.common {
                Some(common) => common
                    .take(array, &present.ty)
                    .map(|array| target.stored(&column.lands, &array))
                    .map_err(|error| error.column(&column.name)),
                None => Ok(array.clone()),
            }
        });
        let arrays = arrays.collect::<Result<_>>()?;
        self.batch(arrays)
    }

    fn batch(&self, arrays: Vec<ArrayRef>) -> Result<RecordBatch> {
        RecordBatch::try_new(self.schema.clone(), arrays).map_err(|problem| Error::internal(problem.to_string()))
    }
}
