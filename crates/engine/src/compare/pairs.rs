//! Rows of both sets that fit into memory, brought together by key.

use std::cmp::Ordering;
use std::collections::HashMap;

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use syncapp_model::{Code, DataType, Error, Result};

use super::layout::{Layout, internal};
use super::parts::Rows;
use super::{Difference, Of, Repeats, Row};
use crate::cursor::Cursor;

/// Hands on what differs, in the order of the keys.
pub(super) fn compare(layout: &Layout, rows: &Rows, each: &mut impl FnMut(Difference<'_>) -> Result<()>) -> Result<()> {
    let mut all: Vec<(Of, Row<'_>)> = rows.iter().map(|(of, row)| (of, Row::new(layout, row))).collect();
    all.sort_by(|(_, one), (_, other)| one.key().cmp(other.key()));
    for group in all.chunk_by(|(_, one), (_, other)| one.key() == other.key()) {
        let of = |wanted: Of| group.iter().filter(move |(of, _)| *of == wanted).map(|(_, row)| *row);
        let (mut wanted, mut present): (Vec<_>, Vec<_>) = (of(Of::Wanted).collect(), of(Of::Present).collect());
        if let Repeats::Settled(by) = layout.repeats
            && wanted.len() > 1
        {
            wanted = vec![settle(layout, &wanted, by)?];
        }
        pair_off(&mut wanted, &mut present);
        if let ([new], [old]) = (wanted.as_slice(), present.as_slice()) {
            each(Difference::Update { new: *new, old: *old })?;
            continue;
        }
        for old in present {
            each(Difference::Delete(old))?;
        }
        for new in wanted {
            each(Difference::Insert(new))?;
        }
    }
    Ok(())
}

/// Takes equal rows out of both, one for one.
fn pair_off(wanted: &mut Vec<Row<'_>>, present: &mut Vec<Row<'_>>) {
    if wanted.is_empty() || present.is_empty() {
        return;
    }
    let mut found: HashMap<Vec<&[u8]>, usize> = HashMap::new();
    for row in present.iter() {
        *found.entry(row.image()).or_default() += 1;
    }
    let mut paired: HashMap<Vec<&[u8]>, usize> = HashMap::new();
    wanted.retain(|row| {
        let image = row.image();
        let Some(left) = found.get_mut(&image).filter(|left| **left > 0) else {
            return true;
        };
        *left -= 1;
        *paired.entry(image).or_default() += 1;
        false
    });
    present.retain(|row| {
        let Some(left) = paired.get_mut(&row.image()).filter(|left| **left > 0) else {
            return true;
        };
        *left -= 1;
        false
    });
}

/// The one row that stands for several of one key.
fn settle<'a>(layout: &'a Layout, rows: &[Row<'a>], by: Option<usize>) -> Result<Row<'a>> {
    let mut best = vec![rows[0]];
    for row in &rows[1..] {
        match by.map_or(Ok(Ordering::Equal), |by| order(layout, row, &best[0], by))? {
            Ordering::Greater => best = vec![*row],
            Ordering::Equal => best.push(*row),
            Ordering::Less => {}
        }
    }
    if best.iter().all(|row| row.image() == best[0].image()) {
        return Ok(best[0]);
    }
    let name = |at: &usize| layout.schema.field(*at).name().clone();
    let named: Vec<String> = layout.key.iter().map(name).collect();
    let values = layout.key.iter().map(|at| {
        let ty = DataType::of(layout.schema.field(*at)).unwrap_or(DataType::Binary);
        Ok(syncapp_values::short(best[0].value(*at)?.as_ref(), &ty, 0))
    });
    let values: Vec<String> = values.collect::<Result<_>>()?;
    let why = match by {
        Some(by) => format!("rows of one key and one `{}` differ", name(&by)),
        None => "rows of one key differ".to_owned(),
    };
    Err(Error::new(Code::DuplicateKey, why)
        .row(format!("{} = ({})", named.join(", "), values.join(", ")))
        .help("choose a `primary_key` that tells the rows apart"))
}

/// How a row stands to another by one column. NULL stands below all values.
fn order(layout: &Layout, one: &Row<'_>, other: &Row<'_>, by: usize) -> Result<Ordering> {
    let both = layout.decode(by, [one.cell(by), other.cell(by)].into_iter())?;
    if both.is_null(0) || both.is_null(1) {
        return Ok(both.is_null(1).cmp(&both.is_null(0)));
    }
    let schema = Schema::new(vec![layout.schema.field(by).clone()]);
    let batch = RecordBatch::try_new(schema.into(), vec![both]).map_err(internal)?;
    let cursor = Cursor::of(&batch, 0)?;
    cursor.compare(0, &cursor.value(1)?)
}
