//! Doors for benchmarks: rows of the binary protocol, and lines of `LOAD DATA`.

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use mysql_async::Value;
use syncapp_connector::{Batch, ReadColumn, Target, TargetColumn};
use syncapp_model::sync_file::Write;
use syncapp_model::{Column, DataType, Error, Result, StreamKey, StreamKind, StreamName, StreamSpec};

use super::catalog::Relation;
use super::decode::Decoder;
use super::encode::{self, Manner, Style};
use super::types::{self, MyType, Place};

/// A table that SyncApp made for a schema.
#[derive(Debug)]
pub struct Table {
    relation: Relation,
    target: Target,
}

impl Table {
    /// The one for this schema.
    pub fn of(schema: &Schema) -> Self {
        let place = Place {
            collation: "utf8mb4_bin",
            key: None,
        };
        let (mut columns, mut types, mut targets) = (Vec::new(), Vec::new(), Vec::new());
        for field in schema.fields() {
            let ty = DataType::of(field).unwrap_or(DataType::String);
            let declared = MyType::parse(&types::declare(&ty, place));
            targets.push(TargetColumn::new(field.name(), ty.clone()));
            columns.push(Column {
                name: field.name().clone(),
                ty,
                native: declared.native(),
                portable: true,
                nullable: field.is_nullable(),
            });
            types.push(declared);
        }
        let name = StreamName::bare("t");
        let key = StreamKey {
            project: String::new(),
            sync: String::new(),
            stream: name.to_string(),
        };
        Self {
            target: Target::new(key, name.clone(), targets, Write::Overwrite),
            relation: Relation {
                spec: StreamSpec {
                    name,
                    kind: StreamKind::Table,
                    columns,
                    primary_key: Vec::new(),
                    estimated_rows: None,
                },
                types,
                generated: Vec::new(),
                engine: String::new(),
                comment: String::new(),
            },
        }
    }

    /// Reads rows.
    pub fn decode(&self, rows: Vec<Vec<Value>>) -> Result<RecordBatch> {
        let columns = self.relation.spec.columns.iter().map(|column| ReadColumn {
            name: column.name.clone(),
            native: false,
        });
        let mut decoder = Decoder::new(&self.relation, &columns.collect::<Vec<_>>(), false)?;
        for row in rows {
            decoder.push(row)?;
        }
        match decoder.finish()? {
            Batch::Columns(columns) => Ok(columns),
            other => Err(Error::internal(format!("rows were read as {other:?}"))),
        }
    }

    /// Writes lines.
    pub fn encode(&self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<()> {
        let manner = Manner {
            style: Style::Load,
            negative_zero: true,
        };
        encode::rows(batch, &self.target, &self.relation.types, manner, 0, out)
    }
}
