//! Rows summed up by the server, in one REPEATABLE READ snapshot: what differs is fetched by binary COPY.

use std::sync::Arc;

use arrow_schema::{DataType as Arrow, Field};
use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use syncapp_connector::{BatchStream, Bucket, Digest, DigestColumn, DigestRequest, Fetch, Form, Range, ReadColumn};
use syncapp_model::{DataType, Result};
use tokio_postgres::SimpleQueryMessage;

use super::catalog::Relation;
use super::clients::{Clients, Lease};
use super::decode::{Decoder, builders, schema};
use super::framing::Framing;
use super::source::{Reading, Turn, describe};
use super::types::{PgType, Wire};
use super::{sql, statement};
use crate::sums;
use crate::unreadable::field;

/// Rows of a fetched batch, and bytes.
const MOST: (usize, usize) = (4096, 1 << 20);

pub(super) struct PostgresDigest {
    client: Arc<Lease>,
    relation: Relation,
    fetched: Vec<Fetch>,
    lenient: bool,
    sums: Sums,
}

/// The pieces of the statements.
struct Sums {
    /// What stands behind FROM, conditions included.
    from: String,
    /// The text of a row, and of its key.
    row: String,
    key: String,
}

impl PostgresDigest {
    /// Opens a view; `None` where a column cannot be spelled as it should be.
    pub(super) async fn open(clients: &Clients, request: &DigestRequest) -> Result<Option<Self>> {
        let client = clients.client().await?;
        client.begin("isolation level repeatable read, read only").await?;
        // Texts are spelled in UTF-8, and told as the server has them.
        let row = client
            .inner
            .query_typed_one("select current_setting('server_encoding')", &[]);
        let encoding: String = row.await.map_err(|error| client.error(&error))?.get(0);
        let relation = describe(&client, &request.stream).await?;
        client.rest();
        if encoding != "UTF8" {
            return Ok(None);
        }
        let Some(sums) = Sums::new(&relation, request)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            client: Arc::new(client),
            relation,
            fetched: request.fetched.clone(),
            lenient: request.lenient,
            sums,
        }))
    }

    /// The columns of fetched rows, as the server is asked for them.
    fn list(&self) -> Result<(String, Decoder)> {
        let (mut list, mut fields, mut wires) = (Vec::new(), Vec::new(), Vec::new());
        for column in &self.fetched {
            let (Fetch::Typed(name) | Fetch::Native(name) | Fetch::Text(name)) = column;
            let at = position(&self.relation, name)?;
            let (ident, ty) = (sql::ident(name), &self.relation.types[at]);
            let known = &self.relation.spec.columns[at];
            match column {
                Fetch::Typed(_) => {
                    list.push(format!("{ident}{}", ty.typed_cast));
                    fields.push(field(known.field(false), self.lenient));
                    wires.push(Some(ty.wire.clone()));
                }
                Fetch::Native(_) => {
                    list.push(format!("{ident}{}", ty.native_cast));
                    fields.push(known.field(true));
                    wires.push(None);
                }
                Fetch::Text(_) => {
                    list.push(format!("{ident}{}::text", ty.native_cast));
                    fields.push(Field::new(name, Arrow::Binary, true));
                    wires.push(None);
                }
            }
        }
        let decoder = Decoder::new(schema(fields), builders(&wires), self.lenient);
        Ok((list.join(", "), decoder))
    }
}

#[async_trait]
impl Digest for PostgresDigest {
    fn estimated_rows(&self) -> Option<u64> {
        self.relation.spec.estimated_rows
    }

    async fn buckets(&self, bits: u8) -> Result<Vec<(u32, Bucket)>> {
        self.client.work();
        let answer = self.client.inner.simple_query(&self.sums.buckets(bits)).await;
        self.client.rest();
        let mut buckets = Vec::new();
        for message in answer.map_err(|error| self.client.error(&error))? {
            let SimpleQueryMessage::Row(row) = message else {
                continue;
            };
            buckets.push(sums::bucket(|at| row.get(at), false)?);
        }
        Ok(buckets)
    }

    async fn rows(&self, bits: u8, buckets: &[u32]) -> Result<BatchStream> {
        let (list, decoder) = self.list()?;
        let query = self.sums.rows(&list, bits, buckets);
        self.client.work();
        let rows = self.client.inner.copy_out(&query).await;
        let reading = Reading {
            rows: Box::pin(rows.map_err(|error| self.client.error(&error))?),
            client: self.client.clone(),
            framing: Framing::default(),
            turn: Turn::Columns(Box::new(decoder)),
            most: MOST,
            done: false,
        };
        Ok(stream::try_unfold(reading, Reading::next).boxed())
    }
}

impl Sums {
    fn new(relation: &Relation, request: &DigestRequest) -> Result<Option<Self>> {
        let mut cells = Vec::with_capacity(request.columns.len());
        for DigestColumn { name, form } in &request.columns {
            let at = position(relation, name)?;
            match cell(&sql::ident(name), &relation.types[at], *form) {
                Some(cell) => cells.push(format!("coalesce({cell}, '~') || '|'")),
                None => return Ok(None),
            }
        }
        let row = cells.join(" || ");
        let key: Vec<&str> = request.key.iter().map(|at| cells[*at].as_str()).collect();
        let mut conditions: Vec<String> = request
            .only_null
            .iter()
            .map(|name| format!("{} is null", sql::ident(name)))
            .collect();
        if let Some(part) = &request.part {
            let range = Range {
                cursor: part.cursor.clone(),
                from: part.from.clone(),
                below: None,
            };
            let name = sql::ident(&part.cursor);
            // Text is compared by its bytes, as the engine does.
            let key = match statement::cursor(&relation.spec, &range)?.ty {
                DataType::String => format!("{name}::text collate \"C\""),
                _ => name,
            };
            conditions.extend(part.from.iter().map(|from| format!("{key} >= {}", sql::scalar(from))));
            conditions.push(format!("{key} <= {}", sql::scalar(&part.through)));
        }
        let from = match &request.stream.query {
            Some(query) => format!("({}) as query", sql::statement(query)),
            None => sql::table(&relation.spec.name),
        };
        let conditions = conditions
            .into_iter()
            .fold("true".to_owned(), |all, one| format!("{all} and {one}"));
        Ok(Some(Self {
            from: format!("{from} where {conditions}"),
            key: if key.is_empty() { row.clone() } else { key.join(" || ") },
            row,
        }))
    }

    fn buckets(&self, bits: u8) -> String {
        let Self { from, row, key } = self;
        let mask = (1_u32 << bits) - 1;
        let hashes = if row == key {
            format!("select h as k, h as r from (select md5({row}) as h from {from} offset 0) one")
        } else {
            format!("select md5({key}) as k, md5({row}) as r from {from} offset 0")
        };
        format!(
            "select ('x' || substr(k, 29))::bit(16)::int & {mask}, count(*), \
             sum(('x' || substr(r, 1, 15))::bit(60)::int8), sum(('x' || substr(r, 16, 15))::bit(60)::int8) \
             from ({hashes}) hashes group by 1"
        )
    }

    fn rows(&self, list: &str, bits: u8, buckets: &[u32]) -> String {
        let Self { from, key, .. } = self;
        let mask = (1_u32 << bits) - 1;
        let numbers: Vec<String> = buckets.iter().map(ToString::to_string).collect();
        format!(
            "copy (select {list} from {from} and ('x' || substr(md5({key}), 29))::bit(16)::int & {mask} \
             in ({})) to stdout (format binary)",
            numbers.join(", ")
        )
    }
}

fn position(relation: &Relation, name: &str) -> Result<usize> {
    let read = ReadColumn {
        name: name.to_owned(),
        native: false,
    };
    statement::position(relation, &read)
}

/// The text of a cell that is not NULL.
fn cell(name: &str, ty: &PgType, form: Form) -> Option<String> {
    let typed = format!("{name}{}", ty.typed_cast);
    Some(match (form, &ty.wire) {
        (Form::Native, _) => counted(&format!("{name}{}::text", ty.native_cast)),
        (Form::Number, Wire::Bool) => format!("{name}::int::text"),
        (Form::Number, Wire::Int2 | Wire::Int4 | Wire::Int8 | Wire::Oid) => format!("{name}::text"),
        (Form::Number, Wire::Numeric(_)) => {
            let text = format!("({typed})::text");
            format!("case when strpos({text}, '.') > 0 then rtrim(rtrim({text}, '0'), '.') else {text} end")
        }
        (Form::Float, Wire::Float4 | Wire::Float8) => format!(
            "case when {name} = 'NaN' then '7ff8000000000000' \
             else encode(float8send({name}::float8), 'hex') end"
        ),
        // A cast would take the blanks away that fill a text of a fixed length.
        (Form::Text, Wire::Text(_)) if ty.name.starts_with("character(") => {
            counted(&format!("convert_from(bpcharsend({name}), 'UTF8')"))
        }
        (Form::Text, Wire::Text(_) | Wire::Other) => counted(&format!("({typed})::text")),
        (Form::Json, Wire::Json | Wire::Jsonb) => counted(&format!("{name}::text")),
        (Form::Binary, Wire::Bytea) => format!("encode({name}, 'hex')"),
        (Form::Date, Wire::Date) => format!("encode(date_send({name}), 'hex')"),
        (Form::Moment, Wire::Timestamp) => format!("encode(timestamp_send({name}), 'hex')"),
        (Form::Moment, Wire::TimestampTz) => format!("encode(timestamptz_send({name}), 'hex')"),
        (Form::Span, Wire::Time) => format!("encode(time_send({name}), 'hex') || '0000000000000000'"),
        (Form::Span, Wire::Interval) => format!("encode(interval_send({name}), 'hex')"),
        (Form::Uuid, Wire::Uuid) => format!("{name}::text"),
        _ => return None,
    })
}

/// A text with its length in bytes before it.
fn counted(text: &str) -> String {
    format!("octet_length({text})::text || ':' || {text}")
}
