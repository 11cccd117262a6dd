//! What is asked of the server: a COPY for each split of a stream.

use syncapp_connector::{Range, ReadColumn, ReadRequest, Split};
use syncapp_model::{Code, Column, DataType, Error, Result, StreamSpec};

use super::catalog::Relation;
use super::sql;

/// A split of fewer pages than this is not worth a connection (8 MiB).
const MIN_PAGES: u32 = 1024;

/// Ranges of heap pages, where the whole of one heap is read in no order.
pub(super) fn splits(relation: &Relation, request: &ReadRequest) -> Vec<Split> {
    let wanted = u32::try_from(request.splits)
        .unwrap_or(u32::MAX)
        .min(relation.pages / MIN_PAGES);
    if !relation.heap || request.bounded().is_some() || request.limit.is_some() || wanted < 2 {
        return Split::whole();
    }
    let step = relation.pages.div_ceil(wanted);
    (0..wanted)
        .map(|number| {
            let from = format!("ctid >= '({},0)'::tid", number * step);
            // The last split has no end: the table may have grown since its pages were counted.
            let predicate = if number + 1 == wanted {
                from
            } else {
                format!("{from} and ctid < '({},0)'::tid", (number + 1) * step)
            };
            Split {
                number: number as usize,
                predicate: Some(predicate),
            }
        })
        .collect()
}

/// Where a column stands.
pub(super) fn position(relation: &Relation, read: &ReadColumn) -> Result<usize> {
    relation
        .spec
        .columns
        .iter()
        .position(|column| column.name == read.name)
        .ok_or_else(|| {
            Error::new(
                Code::UnknownColumn,
                format!("the stream has no column `{}` any more", read.name),
            )
            .help("its table changed while the run began: run again")
        })
}

/// The COPY statement of a split.
pub(super) fn copy(relation: &Relation, request: &ReadRequest, split: &Split) -> Result<String> {
    let mut list = Vec::with_capacity(request.columns.len());
    let mut plain = true;
    for read in &request.columns {
        let ty = &relation.types[position(relation, read)?];
        let cast = if read.native { ty.native_cast } else { ty.typed_cast };
        let expression = format!("{}{cast}", sql::ident(&read.name));
        // A column that comes both typed and native is named twice, which only a query may, as it may name a generated one.
        plain &= cast.is_empty() && !list.contains(&expression) && !relation.generated.contains(&read.name);
        list.push(expression);
    }
    let list = list.join(", ");
    let from = match &request.stream.query {
        Some(query) => format!("({}) as query", sql::statement(query)),
        None => sql::table(&relation.spec.name),
    };
    let mut conditions: Vec<String> = split.predicate.iter().cloned().collect();
    let mut order = String::new();
    if let Some(range) = request.bounded() {
        let (key, bounds) = bounds(relation, range)?;
        conditions.extend(bounds);
        order = format!(" order by {key}");
    }
    if plain && relation.heap && conditions.is_empty() && request.limit.is_none() && order.is_empty() {
        return Ok(format!("copy {from} ({list}) to stdout (format binary)"));
    }
    let filter = if conditions.is_empty() {
        String::new()
    } else {
        format!(" where {}", conditions.join(" and "))
    };
    let limit = request
        .limit
        .map_or_else(String::new, |limit| format!(" limit {limit}"));
    Ok(format!(
        "copy (select {list} from {from}{filter}{order}{limit}) to stdout (format binary)"
    ))
}

/// The cursor's column.
pub(super) fn cursor<'a>(spec: &'a StreamSpec, range: &Range) -> Result<&'a Column> {
    let missing = || {
        Error::new(
            Code::UnknownColumn,
            format!("the stream has no column `{}`", range.cursor),
        )
    };
    spec.column(&range.cursor).ok_or_else(missing)
}

/// The expression that a range compares and orders by, and its condition. Text is compared by its bytes, as the engine
/// does, not by a collation.
fn bounds(relation: &Relation, range: &Range) -> Result<(String, Option<String>)> {
    let column = cursor(&relation.spec, range)?;
    let name = sql::ident(&range.cursor);
    let key = if column.ty == DataType::String {
        format!("{name}::text collate \"C\"")
    } else {
        name.clone()
    };
    let mut conditions = Vec::new();
    if let Some(from) = &range.from {
        conditions.push(format!("{key} >= {}", sql::scalar(from)));
    }
    if let Some(below) = &range.below {
        conditions.push(format!("{key} < {}", sql::scalar(below)));
    }
    if conditions.is_empty() {
        return Ok((key, None));
    }
    let inside = conditions.join(" and ");
    let condition = if column.nullable {
        format!("(({inside}) or {name} is null)")
    } else {
        inside
    };
    Ok((key, Some(condition)))
}
