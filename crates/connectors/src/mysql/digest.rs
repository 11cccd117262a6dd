//! Rows summed up by the server, in one consistent snapshot on one connection: what differs is fetched over it.

use std::sync::Arc;

use async_trait::async_trait;
use syncapp_connector::{BatchStream, Bucket, Digest, DigestColumn, DigestRequest, Fetch, Form, Range};
use syncapp_model::{DataType, Result};
use tokio::sync::Mutex;

use super::catalog::Relation;
use super::client::{Client, optional};
use super::decode::Decoder;
use super::source::{Session, describe, stream_rows};
use super::types::{Form as Spelling, MyType};
use super::{sql, statement};
use crate::sums;

/// Rows of a fetched batch, and bytes.
const MOST: (usize, usize) = (4096, 1 << 20);

pub(super) struct MysqlDigest {
    client: Arc<Mutex<Client>>,
    session: Arc<Session>,
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

impl MysqlDigest {
    /// Opens a view on a connection whose transaction has begun; `None` where a column cannot be spelled as it should
    /// be.
    pub(super) async fn open(mut client: Client, request: &DigestRequest) -> Result<Option<Self>> {
        let relation = describe(&mut client, &request.stream).await?;
        let Some(sums) = Sums::new(&relation, request)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            session: Arc::new(Session::of(&client)),
            client: Arc::new(Mutex::new(client)),
            relation,
            fetched: request.fetched.clone(),
            lenient: request.lenient,
            sums,
        }))
    }
}

#[async_trait]
impl Digest for MysqlDigest {
    fn estimated_rows(&self) -> Option<u64> {
        self.relation.spec.estimated_rows
    }

    async fn buckets(&self, bits: u8) -> Result<Vec<(u32, Bucket)>> {
        self.session.works(true);
        let rows = self.client.lock().await.rows(&self.sums.buckets(bits)).await;
        self.session.works(false);
        let bucket = |row: &mysql_async::Row| {
            // A row that is longer than a packet has no text here.
            let untold = optional(row, 4).is_none_or(|rows| rows != "0");
            sums::bucket(|at| optional(row, at), untold)
        };
        rows?.iter().map(bucket).collect()
    }

    async fn rows(&self, bits: u8, buckets: &[u32]) -> Result<BatchStream> {
        let mut list = Vec::new();
        for (at, column) in self.fetched.iter().enumerate() {
            let (Fetch::Typed(name) | Fetch::Native(name) | Fetch::Text(name)) = column;
            let ty = &self.relation.types[statement::position(&self.relation, name)?];
            let ident = sql::ident(name);
            list.push(match column {
                Fetch::Text(_) => format!("{} as c{at}", own_text(&ident, ty)),
                _ => format!("{ident} as c{at}"),
            });
        }
        let decoder = Decoder::of_fetched(&self.relation, &self.fetched, self.lenient)?;
        let query = self.sums.rows(&list.join(", "), bits, buckets);
        Ok(stream_rows(
            self.client.clone(),
            self.session.clone(),
            query,
            decoder,
            MOST,
        ))
    }
}

impl Sums {
    fn new(relation: &Relation, request: &DigestRequest) -> Result<Option<Self>> {
        let mut cells = Vec::with_capacity(request.columns.len());
        for DigestColumn { name, form } in &request.columns {
            let at = statement::position(relation, name)?;
            let ident = sql::ident(name);
            match cell(&ident, &relation.types[at], *form) {
                // What is not NULL and has no text of the form, such as a date without a day, is told by its own.
                Some(cell) => cells.push(format!(
                    "coalesce(cast({cell} as binary), cast(concat('?', {ident}) as binary), '~'), '|'"
                )),
                None => return Ok(None),
            }
        }
        let text = |cells: &[&str]| format!("concat({})", cells.join(", "));
        let all: Vec<&str> = cells.iter().map(String::as_str).collect();
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
            let key = match statement::cursor(&relation.spec, &range)?.ty {
                DataType::String => format!("cast(convert({name} using utf8mb4) as binary)"),
                DataType::BigDecimal | DataType::Decimal { .. } => format!("cast({name} as decimal(65,30))"),
                _ => name,
            };
            conditions.extend(part.from.iter().map(|from| format!("{key} >= {}", sql::scalar(from))));
            conditions.push(format!("{key} <= {}", sql::scalar(&part.through)));
        }
        let conditions = conditions
            .into_iter()
            .fold("true".to_owned(), |all, one| format!("{all} and {one}"));
        Ok(Some(Self {
            from: format!("{} where {conditions}", statement::from(relation, &request.stream)),
            key: text(if key.is_empty() { &all } else { &key }),
            row: text(&all),
        }))
    }

    fn buckets(&self, bits: u8) -> String {
        let Self { from, row, key } = self;
        let mask = (1_u32 << bits) - 1;
        let part = |from: u8, length: u8| format!("cast(conv(substr(r, {from}, {length}), 16, 10) as unsigned)");
        format!(
            "select {}, cast(count(*) as char), cast(coalesce(sum({}), 0) as char), \
             cast(coalesce(sum({}), 0) as char), cast(sum(k is null or r is null) as char) \
             from (select md5({key}) as k, md5({row}) as r from {from}) as hashes group by 1",
            bucket("k", mask),
            part(1, 15),
            part(16, 15),
        )
    }

    fn rows(&self, list: &str, bits: u8, buckets: &[u32]) -> String {
        let Self { from, key, .. } = self;
        let mask = (1_u32 << bits) - 1;
        let numbers: Vec<String> = buckets.iter().map(ToString::to_string).collect();
        let bucket = bucket(&format!("md5({key})"), mask);
        format!("select {list} from {from} and {bucket} in ({})", numbers.join(", "))
    }
}

/// The number of a row's bucket.
fn bucket(md5: &str, mask: u32) -> String {
    format!("cast(coalesce(cast(conv(substr({md5}, 29), 16, 10) as unsigned), 0) & {mask} as char)")
}

/// The text of a cell that is not NULL.
fn cell(name: &str, ty: &MyType, form: Form) -> Option<String> {
    let hex = |number: &str, digits: u8| format!("lower(right(lpad(hex({number}), 16, '0'), {digits}))");
    let plain = |text: &str| {
        format!(
            "if(locate('.', {text}) > 0 and locate('e', {text}) = 0, \
             trim(trailing '.' from trim(trailing '0' from {text})), {text})"
        )
    };
    let stored_as_text = ty.is_text();
    Some(match (form, &ty.ty) {
        (Form::Native, _) => counted(&own_text(name, ty)),
        (Form::Number, _) if ty.form == Spelling::Year => format!("cast({name} as unsigned)"),
        (Form::Number, DataType::Decimal { .. } | DataType::BigDecimal) if stored_as_text => plain(name),
        (Form::Number, DataType::Decimal { .. }) => plain(&format!("cast({name} + 0 as char)")),
        (Form::Number, DataType::Bool | DataType::Int16 | DataType::Int32 | DataType::Int64) if !stored_as_text => {
            format!("{name} + 0")
        }
        (Form::Text, DataType::String) if ty.form == Spelling::Plain => {
            counted(&format!("cast(convert({name} using utf8mb4) as binary)"))
        }
        (Form::Json, DataType::Json) => counted(&format!("cast(convert({name} using utf8mb4) as binary)")),
        (Form::Binary, DataType::Binary) if ty.form == Spelling::Bytes => format!("lower(hex({name}))"),
        (Form::Date, DataType::Date) if ty.word() == "date" => hex(&format!("to_days({name}) - 730485"), 8),
        (Form::Moment, DataType::Timestamp | DataType::TimestampTz)
            if matches!(ty.word(), "datetime" | "timestamp") =>
        {
            hex(
                &format!("timestampdiff(microsecond, timestamp '2000-01-01 00:00:00', {name})"),
                16,
            )
        }
        (Form::Span, DataType::Time | DataType::Interval) if ty.word() == "time" => {
            let micros = format!(
                "if({name} < time '00:00:00', -1, 1) * (floor(abs(time_to_sec({name}))) * 1000000 + microsecond({name}))"
            );
            format!(
                "concat({}, '0000000000000000')",
                hex(&format!("cast({micros} as signed)"), 16)
            )
        }
        (Form::Uuid, DataType::Uuid) => format!("lower({name})"),
        _ => return None,
    })
}

/// What the server itself would spell, exactly.
fn own_text(name: &str, ty: &MyType) -> String {
    match (ty.form, ty.word()) {
        (Spelling::Bytes, _) => format!("lower(hex({name}))"),
        (Spelling::Bits(_), _) => format!("bin({name} + 0)"),
        // A text of a single precision has fewer digits than its value.
        (_, "float" | "double") => format!("cast({name} + 0e0 as char)"),
        _ if ty.is_text() => format!("cast(convert({name} using utf8mb4) as binary)"),
        _ => format!("cast({name} as char)"),
    }
}

/// A text with its length in bytes before it.
fn counted(text: &str) -> String {
    format!("concat(length({text}), ':', {text})")
}
