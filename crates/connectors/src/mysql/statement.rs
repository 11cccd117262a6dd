//! What is asked of the server for a stream.

use syncapp_connector::{Range, ReadRequest, StreamRef};
use syncapp_model::{Code, Column, DataType, Error, Result, StreamSpec};

use super::catalog::Relation;
use super::sql;

/// Where a column stands.
pub(super) fn position(relation: &Relation, name: &str) -> Result<usize> {
    let found = relation.spec.columns.iter().position(|column| column.name == name);
    found.ok_or_else(|| {
        Error::new(
            Code::UnknownColumn,
            format!("the stream has no column `{name}` any more"),
        )
        .help("its table changed while the run began: run again")
    })
}

/// The query of a stream. Columns are named by their place: one may come both typed and native.
pub(super) fn select(relation: &Relation, request: &ReadRequest) -> Result<String> {
    let mut list = Vec::with_capacity(request.columns.len());
    for (at, read) in request.columns.iter().enumerate() {
        position(relation, &read.name)?;
        list.push(format!("{} as c{at}", sql::ident(&read.name)));
    }
    let from = from(relation, &request.stream);
    let (condition, order) = match request.bounded() {
        Some(range) => {
            let (key, condition) = bounds(relation, range)?;
            (format!(" where {condition}"), format!(" order by {key}"))
        }
        None => (String::new(), String::new()),
    };
    let limit = request
        .limit
        .map_or_else(String::new, |limit| format!(" limit {limit}"));
    let list = if list.is_empty() { "1".into() } else { list.join(", ") };
    Ok(format!("select {list} from {from}{condition}{order}{limit}"))
}

/// A query without the semicolons and spaces behind it.
fn trimmed(query: &str) -> &str {
    query.trim_end_matches(|c: char| c == ';' || c.is_whitespace())
}

/// What finds a row whose decimal cursor, kept as text, has more digits than the server can compare.
pub(super) fn beyond_compare(relation: &Relation, request: &ReadRequest) -> Result<Option<String>> {
    let Some(range) = request.bounded() else {
        return Ok(None);
    };
    let column = cursor(&relation.spec, range)?;
    let spelled = match column.ty {
        DataType::BigDecimal => true,
        DataType::Decimal { precision, scale } => scale > 30 || precision - scale > 35,
        _ => false,
    };
    Ok(spelled.then(|| {
        let name = sql::ident(&range.cursor);
        format!(
            "select 1 from {} where {name} not regexp '^-?[0-9]{{1,35}}([.][0-9]{{1,30}})?$' limit 1",
            from(relation, &request.stream)
        )
    }))
}

/// What stands behind FROM.
pub(super) fn from(relation: &Relation, stream: &StreamRef) -> String {
    match &stream.query {
        // A comment may end the query.
        Some(query) => format!("({}\n) as query", trimmed(query)),
        None => sql::table(&relation.spec.name),
    }
}

/// The cursor's column.
pub(super) fn cursor<'a>(spec: &'a StreamSpec, range: &Range) -> Result<&'a Column> {
    spec.column(&range.cursor).ok_or_else(|| {
        Error::new(
            Code::UnknownColumn,
            format!("the stream has no column `{}`", range.cursor),
        )
    })
}

/// The expression that a range compares and orders by, and its condition. Text is compared by its bytes, as the engine
/// does, not by a collation.
fn bounds(relation: &Relation, range: &Range) -> Result<(String, String)> {
    let column = cursor(&relation.spec, range)?;
    let name = sql::ident(&range.cursor);
    let key = match column.ty {
        DataType::String => format!("cast(convert({name} using utf8mb4) as binary)"),
        DataType::BigDecimal | DataType::Decimal { .. } => format!("cast({name} as decimal(65,30))"),
        _ => name.clone(),
    };
    let from = range
        .from
        .as_ref()
        .map(|from| format!("{key} >= {}", sql::scalar(from)));
    let below = range
        .below
        .as_ref()
        .map(|below| format!("{key} < {}", sql::scalar(below)));
    let inside = from.into_iter().chain(below).collect::<Vec<_>>().join(" and ");
    let condition = if column.nullable {
        format!("(({inside}) or {name} is null)")
    } else {
        inside
    };
    Ok((key, condition))
}
