//! What the values of a few rows look like, column by column.
//!
//! Order and equality are those of Arrow's row format: exact, whatever the type. A float is only the place of a bar in a histogram.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_cast::cast;
use arrow_row::{OwnedRow, RowConverter, SortField};
use arrow_schema::DataType as Arrow;
use serde_json::{Value, json};
use syncapp_model::{Error, Result};

use crate::commands::preview::texts;

/// How many bars a histogram has.
const BARS: usize = 20;
/// How many of the values that are there most often are told.
const COMMON: usize = 20;
/// How much of a value is told.
const LONGEST: usize = 200;

/// The profile of each column of these batches, which have the same ones.
pub(crate) fn profile(batches: &[RecordBatch]) -> Result<Vec<Value>> {
    let Some(first) = batches.first() else {
        return Ok(Vec::new());
    };
    let all = batches.iter().map(texts).collect::<Result<Vec<_>>>()?;
    let fields = first.schema_ref().fields().iter().enumerate();
    let columns = fields.map(|(place, field)| {
        let arrays: Vec<&ArrayRef> = batches.iter().map(|batch| batch.column(place)).collect();
        let rows = all.iter().flatten();
        let texts = rows.map(|row| row[place].as_deref()).collect::<Vec<_>>();
        column(field.name(), field.data_type(), &arrays, &texts)
    });
    columns.collect()
}

/// A value that is there, and how often.
struct Seen<'a> {
    text: &'a str,
    times: u64,
}

fn column(name: &str, form: &Arrow, arrays: &[&ArrayRef], texts: &[Option<&str>]) -> Result<Value> {
    let rows = texts.len() as u64;
    let there: Vec<&str> = texts.iter().flatten().copied().collect();
    let mut told = json!({ "column": name, "rows": rows, "nulls": rows - there.len() as u64 });
    if is_text(form) {
        let lengths = || there.iter().map(|text| text.chars().count() as u64);
        told["shortest"] = lengths().min().into();
        told["longest"] = lengths().max().into();
    }
    let Some(seen) = seen(form, arrays, texts)? else {
        return Ok(told);
    };
    told["distinct"] = (seen.len() as u64).into();
    let (least, most) = (seen.first_key_value(), seen.last_key_value());
    told["min"] = least.map(|(_, seen)| short(seen.text)).into();
    told["max"] = most.map(|(_, seen)| short(seen.text)).into();
    let mut common: Vec<&Seen<'_>> = seen.values().collect();
    common.sort_by_key(|seen| std::cmp::Reverse(seen.times));
    let common = common.iter().take(COMMON);
    told["common"] = common
        .map(|seen| json!({ "value": short(seen.text), "rows": seen.times }))
        .collect();
    if let Some(bars) = bars(form, arrays) {
        told["histogram"] = bars.into();
    }
    Ok(told)
}

/// The values that are there, in their order; `None` for a type that has none.
fn seen<'a>(
    form: &Arrow,
    arrays: &[&ArrayRef],
    texts: &[Option<&'a str>],
) -> Result<Option<BTreeMap<OwnedRow, Seen<'a>>>> {
    let field = SortField::new(form.clone());
    if !RowConverter::supports_fields(std::slice::from_ref(&field)) {
        return Ok(None);
    }
    let internal = |problem: arrow_schema::ArrowError| Error::internal(problem.to_string());
    let converter = RowConverter::new(vec![field]).map_err(internal)?;
    let mut seen: BTreeMap<OwnedRow, Seen<'a>> = BTreeMap::new();
    let mut texts = texts.iter();
    for array in arrays {
        let rows = converter.convert_columns(&[ArrayRef::clone(array)]).map_err(internal)?;
        for (row, text) in rows.iter().zip(texts.by_ref()) {
            if let Some(text) = text {
                let known = seen.entry(row.owned()).or_insert(Seen { text, times: 0 });
                known.times += 1;
            }
        }
    }
    Ok(Some(seen))
}

/// How many values lie in each of as many equal parts between the least and the greatest; `None` where there is no such order.
fn bars(form: &Arrow, arrays: &[&ArrayRef]) -> Option<Vec<u64>> {
    let places: Vec<f64> = arrays
        .iter()
        .map(|array| places(form, array))
        .collect::<Option<Vec<_>>>()?
        .concat();
    let least = places.iter().copied().reduce(f64::min)?;
    let most = places.iter().copied().reduce(f64::max)?;
    let width = (most - least) / BARS as f64;
    let mut bars = vec![0; BARS];
    for place in places {
        let bar = if width > 0.0 {
            ((place - least) / width) as usize
        } else {
            0
        };
        bars[bar.min(BARS - 1)] += 1;
    }
    Some(bars)
}

fn places(form: &Arrow, array: &ArrayRef) -> Option<Vec<f64>> {
    let number = match form {
        Arrow::Date32 | Arrow::Time32(_) => cast(&cast(array, &Arrow::Int32).ok()?, &Arrow::Float64).ok()?,
        Arrow::Date64 | Arrow::Time64(_) | Arrow::Timestamp(..) => {
            cast(&cast(array, &Arrow::Int64).ok()?, &Arrow::Float64).ok()?
        }
        form if form.is_numeric() => cast(array, &Arrow::Float64).ok()?,
        _ => return None,
    };
    let places = number.as_primitive::<Float64Type>().iter().flatten();
    Some(places.filter(|place| place.is_finite()).collect())
}

fn is_text(form: &Arrow) -> bool {
    matches!(form, Arrow::Utf8 | Arrow::LargeUtf8 | Arrow::Utf8View)
}

fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Array as _, Decimal128Array, Int64Array, StringArray};
    use arrow_schema::{Field, Schema};

    use super::*;

    fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
        let fields = columns
            .iter()
            .map(|(name, values)| Field::new(*name, values.data_type().clone(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        RecordBatch::try_new(schema, columns.into_iter().map(|(_, values)| values).collect()).unwrap()
    }

    #[test]
    fn values_are_counted_exactly() {
        let numbers = |values: Vec<Option<i64>>| Arc::new(Int64Array::from(values)) as ArrayRef;
        let texts = |values: Vec<Option<&str>>| Arc::new(StringArray::from(values)) as ArrayRef;
        let big = 9_007_199_254_740_993;
        let batches = [
            batch(vec![
                ("n", numbers(vec![Some(big), Some(big - 1), None])),
                ("t", texts(vec![Some("b"), Some("ä\u{e9}"), Some("b")])),
            ]),
            batch(vec![("n", numbers(vec![Some(-5)])), ("t", texts(vec![Some("")]))]),
        ];
        let found = profile(&batches).unwrap();
        let n = &found[0];
        assert_eq!(
            (&n["rows"], &n["nulls"], &n["distinct"], &n["min"], &n["max"]),
            (&json!(4), &json!(1), &json!(3), &json!("-5"), &json!(big.to_string()))
        );
        let bars: Vec<u64> = n["histogram"]
            .as_array()
            .unwrap()
            .iter()
            .map(|bar| bar.as_u64().unwrap())
            .collect();
        assert_eq!((bars.len(), bars[0], bars[19], bars.iter().sum::<u64>()), (20, 1, 2, 3));
        let t = &found[1];
        assert_eq!(
            (&t["shortest"], &t["longest"], &t["distinct"]),
            (&json!(0), &json!(2), &json!(3))
        );
        assert_eq!(t["common"][0], json!({ "value": "b", "rows": 2 }));
        assert_eq!((&t["min"], t.get("histogram")), (&json!(""), None));
    }

    #[test]
    fn decimals_keep_their_digits_and_long_texts_do_not() {
        let decimals = Decimal128Array::from(vec![225, 100])
            .with_precision_and_scale(38, 2)
            .unwrap();
        let long = "x".repeat(500);
        let columns = batch(vec![
            ("d", Arc::new(decimals)),
            ("t", Arc::new(StringArray::from(vec![long.as_str(), "y"]))),
        ]);
        let found = profile(&[columns]).unwrap();
        assert_eq!((&found[0]["min"], &found[0]["max"]), (&json!("1.00"), &json!("2.25")));
        assert_eq!(found[1]["min"].as_str().unwrap().chars().count(), LONGEST + 1);
        assert_eq!(found[1]["longest"], 500);
        assert_eq!(profile(&[]).unwrap(), Vec::<Value>::new());
    }
}
