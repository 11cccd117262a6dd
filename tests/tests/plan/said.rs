//! What a plan says of a case, in the words in which what became of it is told.

use serde_json::Value as Json;

use super::case::{Case, Row};

/// A value as both sides spell it: truth as a digit, times with a `T` and no zeros at their end.
pub(super) fn spell(column: &str, value: &str) -> String {
    match (column, value) {
        ("flag", "true" | "t") => "1".into(),
        ("flag", "false" | "f") => "0".into(),
        // The moment of a run that is over.
        ("_deleted_at", _) => "then".into(),
        ("at", _) => {
            let value = value.replace(' ', "T");
            match value.split_once('.') {
                Some((seconds, fraction)) => {
                    let fraction = fraction.trim_end_matches('0');
                    if fraction.is_empty() {
                        seconds.to_owned()
                    } else {
                        format!("{seconds}.{fraction}")
                    }
                }
                None => value,
            }
        }
        _ => value.to_owned(),
    }
}

/// What a plan says of a stream's rows.
pub(super) fn said(case: &Case, stream: &str, planned: &[Json]) -> Vec<String> {
    let text = |column: &str, value: &Json| value.as_str().map(|value| spell(column, value));
    let row = |of: &Json| -> Row {
        let cells = of.as_object().unwrap().iter();
        cells
            .map(|(column, value)| (column.clone(), text(column, value)))
            .collect()
    };
    let mut said = Vec::new();
    for line in planned.iter().filter(|line| line["stream"] == stream) {
        let change = &line["change"];
        let key = case.key(&row(&change["key"]));
        match change["change"].as_str().unwrap() {
            "insert" => said.push(format!("+ {}", case.whole(&row(&change["row"])))),
            "update" => {
                for cell in change["cells"].as_array().unwrap() {
                    let column = cell["column"].as_str().unwrap();
                    let (old, new) = (text(column, &cell["old"]), text(column, &cell["new"]));
                    said.push(case.cell(&key, column, old.as_deref(), new.as_deref()));
                }
            }
            "delete" => said.push(format!("- {key}")),
            word => said.push(format!("{word} {key}")),
        }
    }
    said
}
