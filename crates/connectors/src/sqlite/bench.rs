//! A door for benchmarks: rows into the staging table.

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use rusqlite::Connection;
use syncapp_connector::{Target, TargetColumn};
use syncapp_model::sync_file::Write;
use syncapp_model::{DataType, Result, StreamKey, StreamName};

use super::error::At;
use super::stage;
use super::target::{self, Plan};

/// A load into a new database in memory.
#[derive(Debug)]
pub struct Staging {
    connection: Connection,
    target: Target,
    plan: Plan,
}

impl Staging {
    /// One for this schema.
    pub fn of(schema: &Schema) -> Result<Self> {
        let name = StreamName::bare("t");
        let key = StreamKey {
            project: String::new(),
            sync: String::new(),
            stream: name.to_string(),
        };
        let column = |field: &std::sync::Arc<arrow_schema::Field>| {
            TargetColumn::new(field.name(), DataType::of(field).unwrap_or(DataType::String))
        };
        let columns = schema.fields().iter().map(column).collect();
        let target = Target::new(key, name, columns, Write::Overwrite);
        let connection = Connection::open_in_memory().writing()?;
        let plan = target::plan(&connection, &target)?;
        stage::open(&connection, &target, &plan)?;
        Ok(Self {
            connection,
            target,
            plan,
        })
    }

    /// Binds and adds all rows.
    pub fn fill(&self, batch: RecordBatch) -> Result<()> {
        let mut insert = stage::insert(&self.connection, self.target.columns.len())?;
        stage::fill(&mut insert, &self.target, &self.plan, batch, 0)
    }
}
