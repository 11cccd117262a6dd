//! What is told, in words and as JSON.

use serde_json::{Value, json};
use syncapp_control::{ErrorRecord, Message, RunState, Task};

use crate::output::printable;

/// How many streams are told of in words.
const STREAMS: usize = 20;

/// The news in one line.
pub(super) fn subject(message: &Message) -> String {
    let run = &message.run;
    let what = match run.state {
        RunState::Done => "succeeded",
        RunState::Partial => "failed in part",
        RunState::Cancelled => "was cancelled",
        _ => "failed",
    };
    // It becomes a header: one line.
    printable(&format!("{}/{} {what}", run.project, run.sync)).replace('\n', " ")
}

/// Causes and remedies.
pub(super) fn body(message: &Message) -> String {
    let mut parts = vec![format!("{}.\n\n", subject(message))];
    let failed: Vec<(&Task, &ErrorRecord)> = failed(message).collect();
    for (task, error) in failed.iter().take(STREAMS) {
        parts.push(format!("{}: {} [{}]\n", task.stream, error.text, error.code));
        parts.extend(error.help.as_ref().map(|help| format!("  What to do: {help}\n")));
        parts.push("\n".into());
    }
    if failed.len() > STREAMS {
        parts.push(format!("and {} streams more.\n\n", failed.len() - STREAMS));
    }
    parts.push(format!("Run {}\n", message.run.id));
    printable(&parts.concat())
}

/// The same for programs.
pub(super) fn json(message: &Message) -> Value {
    let run = &message.run;
    let failed = failed(message).map(|(task, error)| json!({ "stream": task.stream, "error": error }));
    json!({
        "id": message.id,
        "project": run.project,
        "sync": run.sync,
        "run": run.id.to_string(),
        "state": run.state,
        "failed": failed.collect::<Vec<_>>(),
    })
}

fn failed(message: &Message) -> impl Iterator<Item = (&Task, &ErrorRecord)> {
    let tasks = message.tasks.iter();
    tasks.filter_map(|task| Some((task, task.error.as_ref()?)))
}
