//! Sets of rows against a model of them, in memory and through files.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{Field, Schema};
use proptest::prelude::*;
use syncapp_model::{Code, DataType};

use super::{Comparison, Difference, Of, Repeats, Rule};

type Rows = Vec<(i64, Option<String>)>;

fn batch(rows: &[(i64, Option<String>)]) -> RecordBatch {
    let ids: ArrayRef = Arc::new(rows.iter().map(|(id, _)| *id).collect::<Int64Array>());
    let texts: ArrayRef = Arc::new(rows.iter().map(|(_, text)| text.clone()).collect::<StringArray>());
    let fields = vec![DataType::Int64.field("id", false), DataType::String.field("text", true)];
    RecordBatch::try_new(Arc::new(Schema::new(fields)), vec![ids, texts]).unwrap()
}

fn rule(key: &[usize], repeats: Repeats) -> Rule {
    Rule {
        schema: batch(&[]).schema(),
        key: key.to_vec(),
        compared: vec![0, 1],
        repeats,
    }
}

/// The differences as text, sorted.
fn differences(rule: Rule, wanted: &Rows, present: &Rows, memory: usize) -> Result<Vec<String>, syncapp_model::Error> {
    let mut comparison = Comparison::within(rule, memory).unwrap();
    for (of, rows) in [(Of::Wanted, wanted), (Of::Present, present)] {
        for some in rows.chunks(7) {
            comparison.add(of, &batch(some)).unwrap();
        }
    }
    let mut found = Vec::new();
    comparison.finish(|difference| {
        let text = |row: &super::Row<'_>| {
            let batch = row.batch().unwrap();
            let ids: &Int64Array = batch.column(0).as_any().downcast_ref().unwrap();
            let texts: &StringArray = batch.column(1).as_any().downcast_ref().unwrap();
            let text = texts.is_valid(0).then(|| texts.value(0));
            format!("{} {text:?}", ids.value(0))
        };
        found.push(match difference {
            Difference::Insert(row) => format!("+ {}", text(&row)),
            Difference::Update { new, old } => format!("~ {} {} {:?}", text(&old), text(&new), new.differs(&old)),
            Difference::Delete(row) => format!("- {}", text(&row)),
        });
        Ok(())
    })?;
    found.sort();
    Ok(found)
}

/// What should be found, one row a key.
fn model(wanted: &Rows, present: &Rows) -> Vec<String> {
    let (wanted, present): (BTreeMap<_, _>, BTreeMap<_, _>) =
        (wanted.iter().cloned().collect(), present.iter().cloned().collect());
    let mut found = Vec::new();
    for (id, new) in &wanted {
        match present.get(id) {
            None => found.push(format!("+ {id} {new:?}")),
            Some(old) if old != new => found.push(format!("~ {id} {old:?} {id} {new:?} [1]")),
            Some(_) => {}
        }
    }
    let gone = present.iter().filter(|(id, _)| !wanted.contains_key(id));
    found.extend(gone.map(|(id, old)| format!("- {id} {old:?}")));
    found.sort();
    found
}

fn texts() -> impl Strategy<Value = Option<String>> {
    proptest::option::weighted(0.8, "[ab]{0,2}")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn by_key_as_the_model_says(
        wanted in proptest::collection::btree_map(0..60_i64, texts(), 0..40),
        present in proptest::collection::btree_map(0..60_i64, texts(), 0..40),
        memory in prop_oneof![Just(100), Just(600), Just(1 << 20)],
    ) {
        let (wanted, present): (Rows, Rows) = (wanted.into_iter().collect(), present.into_iter().collect());
        let found = differences(rule(&[0], Repeats::Settled(None)), &wanted, &present, memory).unwrap();
        prop_assert_eq!(found, model(&wanted, &present));
    }

    #[test]
    fn without_a_key_as_multisets(
        wanted in proptest::collection::vec((0..3_i64, texts()), 0..30),
        present in proptest::collection::vec((0..3_i64, texts()), 0..30),
        memory in prop_oneof![Just(100), Just(600), Just(1 << 20)],
    ) {
        let mut counts: BTreeMap<(i64, Option<String>), i64> = BTreeMap::new();
        for row in &wanted {
            *counts.entry(row.clone()).or_default() += 1;
        }
        for row in &present {
            *counts.entry(row.clone()).or_default() -= 1;
        }
        let mut want = Vec::new();
        for ((id, text), count) in counts {
            let sign = if count > 0 { '+' } else { '-' };
            want.extend((0..count.abs()).map(|_| format!("{sign} {id} {text:?}")));
        }
        want.sort();
        prop_assert_eq!(differences(rule(&[], Repeats::Kept), &wanted, &present, memory).unwrap(), want);
    }
}

fn rows(of: &[(i64, &str)]) -> Rows {
    of.iter().map(|(id, text)| (*id, Some((*text).to_owned()))).collect()
}

#[test]
fn repeats_are_settled_or_counted() {
    let present = rows(&[(1, "b"), (2, "x")]);
    let wanted = rows(&[(1, "a"), (1, "c"), (1, "b"), (2, "x"), (2, "x")]);
    let by_text = rule(&[0], Repeats::Settled(Some(1)));
    assert_eq!(
        differences(by_text, &wanted, &present, 1 << 20).unwrap(),
        ["~ 1 Some(\"b\") 1 Some(\"c\") [1]"]
    );
    let error = differences(rule(&[0], Repeats::Settled(None)), &wanted, &present, 1 << 20).unwrap_err();
    assert_eq!(error.code(), Code::DuplicateKey);
    assert_eq!(error.report().at.row.as_deref(), Some("id = (`1`)"));
    assert_eq!(
        differences(rule(&[0], Repeats::Kept), &wanted, &present, 1 << 20).unwrap(),
        ["+ 1 Some(\"a\")", "+ 1 Some(\"c\")", "+ 2 Some(\"x\")"],
        "an equal row is paired off first"
    );
}

#[test]
fn many_rows_of_one_key_end_all_the_same() {
    let wanted: Rows = (0..500).map(|_| (7, Some("same".to_owned()))).collect();
    assert_eq!(
        differences(rule(&[], Repeats::Kept), &wanted, &Vec::new(), 64)
            .unwrap()
            .len(),
        500
    );
}

/// One column compared under a key that is equal.
fn differs(ty: &DataType, one: ArrayRef, other: ArrayRef) -> bool {
    let keys: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let fields: Vec<Field> = vec![DataType::Int64.field("id", false), ty.field("v", true)];
    let schema = Arc::new(Schema::new(fields));
    let batch = |value| RecordBatch::try_new(schema.clone(), vec![keys.clone(), value]).unwrap();
    let rule = Rule {
        schema: schema.clone(),
        key: vec![0],
        compared: vec![1],
        repeats: Repeats::Kept,
    };
    let mut comparison = Comparison::new(rule).unwrap();
    comparison.add(Of::Wanted, &batch(one)).unwrap();
    comparison.add(Of::Present, &batch(other)).unwrap();
    let mut updates = 0;
    comparison
        .finish(|difference| {
            assert!(matches!(difference, Difference::Update { .. }), "{difference:?}");
            updates += 1;
            Ok(())
        })
        .unwrap();
    updates > 0
}

#[test]
fn every_edge_of_every_type_is_told_from_every_other() {
    for word in syncapp_connector::testkit::TYPES {
        let ty: DataType = word.parse().unwrap();
        let edges = syncapp_connector::testkit::edges(&ty);
        for one in 0..edges.len() {
            for other in 0..edges.len() {
                let (left, right) = (edges.slice(one, 1), edges.slice(other, 1));
                let same = left.to_data() == right.to_data() && spelled(&left, &ty) == spelled(&right, &ty);
                assert_eq!(differs(&ty, left, right), !same, "{word}: edges {one} and {other}");
            }
        }
    }
}

fn spelled(value: &ArrayRef, ty: &DataType) -> String {
    syncapp_values::short(value.as_ref(), ty, 0)
}

#[test]
fn zeros_and_nan_are_what_they_are() {
    let float = |value: f64| -> ArrayRef { Arc::new(Float64Array::from(vec![value])) };
    assert!(differs(&DataType::Float64, float(0.0), float(-0.0)));
    assert!(!differs(&DataType::Float64, float(f64::NAN), float(f64::NAN)));
}
