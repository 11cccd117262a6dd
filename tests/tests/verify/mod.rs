//! `syncapp verify`: what differs is found, wherever it lies, and nothing else.

mod million;
mod modes;
mod postgres;
mod repair;
mod values;

use serde_json::Value as Json;

use crate::contract::place::Ran;

/// What a stream was found to be, the last time.
fn verdict(ran: &Ran) -> Json {
    let mut events = ran.json().into_iter().rev();
    let verdict = events.find(|event| event["event"] == "stream_verified");
    verdict.unwrap_or_else(|| panic!("{}{}", ran.stdout, ran.stderr))
}

/// The differences, each in a line: how, which row, which cells.
fn differences(ran: &Ran) -> Vec<String> {
    let differences = ran.json().into_iter().filter(|event| event["event"] == "difference");
    let pairs = |list: &Json, of: &dyn Fn(&Json) -> String| {
        let list = list.as_array().cloned().unwrap_or_default();
        list.iter().map(of).collect::<Vec<_>>().join(", ")
    };
    let text = |value: &Json| value.as_str().unwrap_or_default().trim_matches('`').to_owned();
    let mut told: Vec<String> = differences
        .map(|event| {
            let row = pairs(&event["row"], &|pair| format!("{}={}", text(&pair[0]), text(&pair[1])));
            let cells = pairs(&event["cells"], &|cell| {
                format!(
                    "{}: {} for {}",
                    text(&cell["column"]),
                    text(&cell["target"]),
                    text(&cell["source"])
                )
            });
            let told = format!("{} {row} {cells}", text(&event["difference"]));
            told.trim_end().to_owned()
        })
        .collect();
    told.sort();
    told
}
