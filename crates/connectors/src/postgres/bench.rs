//! Doors for benchmarks: rows and numerics in binary COPY.

use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use syncapp_connector::Batch;
use syncapp_model::{DataType, Error, Result};

use super::decode::{self, Decoder};
use super::framing::Framing;
use super::types::{self, Wire};
use super::{encode, numeric};

/// A table that SyncApp made for a schema.
#[derive(Debug)]
pub struct Table {
    schema: SchemaRef,
    wires: Vec<Wire>,
}

impl Table {
    /// The one for this schema.
    pub fn of(schema: &Schema) -> Self {
        let wires = schema.fields().iter().map(|field| {
            let declared = DataType::of(field).map(|ty| types::declare(&ty));
            let known = declared.and_then(|declared| types::parse_declared(&declared));
            known.map_or(Wire::Other, |(ty, typmod)| types::wire(&ty, typmod))
        });
        Self {
            wires: wires.collect(),
            schema: decode::schema(schema.fields().iter().map(|field| field.as_ref().clone()).collect()),
        }
    }

    /// A COPY as a server sends it: the header, each row, the trailer.
    pub fn messages(&self, batch: &RecordBatch) -> Result<Vec<Vec<u8>>> {
        let mut messages = vec![encode::HEADER.to_vec()];
        for row in 0..batch.num_rows() {
            let mut message = Vec::new();
            self.encode(&batch.slice(row, 1), &mut message)?;
            messages.push(message);
        }
        messages.push(encode::TRAILER.to_vec());
        Ok(messages)
    }

    /// Reads a COPY.
    pub fn decode(&self, messages: &[Vec<u8>]) -> Result<RecordBatch> {
        let wires: Vec<_> = self.wires.iter().cloned().map(Some).collect();
        let mut decoder = Decoder::new(self.schema.clone(), decode::builders(&wires), false);
        let mut framing = Framing::default();
        for message in messages {
            framing.rows(message, |row| decoder.row(row))?;
        }
        framing.finish()?;
        match decoder.finish()? {
            Batch::Columns(columns) => Ok(columns),
            other => Err(Error::internal(format!("rows were read as {other:?}"))),
        }
    }

    /// Writes rows.
    pub fn encode(&self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<()> {
        encode::rows(batch, &self.wires, 0, out)
    }
}

/// Reads one numeric of a scale.
pub fn read_numeric(bytes: &[u8], scale: u8) -> Result<i128> {
    numeric::to_i128(bytes, scale)
}

/// Writes one numeric, its length in front.
pub fn write_numeric(value: i128, scale: u8, out: &mut Vec<u8>) {
    numeric::put_i128(out, value, scale);
}
