//! What a hint looks like on its way.
//!
//! A small JSON object with its version: `{"v":1,"run":"0193a1b2-…","task":3}`. The pool is not part of it, it is the queue's.

use serde::{Deserialize, Serialize};
use syncapp_control::{RunId, TaskId, TraceParent};
use uuid::Uuid;

const VERSION: u32 = 1;

/// No hint is longer; what is longer is not looked at.
const LIMIT: usize = 1024;

#[derive(Serialize, Deserialize)]
struct Message {
    v: u32,
    run: Uuid,
    task: u32,
    /// What caused the run, as a W3C traceparent; only for those who trace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trace: Option<String>,
}

pub(super) fn write(task: TaskId, trace: Option<TraceParent>) -> Vec<u8> {
    let TaskId { run, number } = task;
    let message = Message {
        v: VERSION,
        run: run.0,
        task: number,
        trace: trace.map(|trace| trace.to_string()),
    };
    // Numbers and a text always have a form.
    serde_json::to_vec(&message).unwrap_or_default()
}

/// The task and what caused it, or why this is no hint. The reason repeats nothing of the message.
pub(super) fn read(bytes: &[u8]) -> Result<(TaskId, Option<TraceParent>), &'static str> {
    if bytes.len() > LIMIT {
        return Err("it is too long");
    }
    let message: Message = serde_json::from_slice(bytes).map_err(|_| "it has not the form of a hint")?;
    if message.v != VERSION {
        return Err("its version is not known");
    }
    let task = TaskId {
        run: RunId(message.run),
        number: message.task,
    };
    Ok((task, message.trace.as_deref().and_then(TraceParent::parse)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_comes_back_as_it_was() {
        let task = TaskId {
            run: RunId(Uuid::from_u128(7)),
            number: u32::MAX,
        };
        let bytes = write(task, None);
        let text = r#"{"v":1,"run":"00000000-0000-0000-0000-000000000007","task":4294967295}"#;
        assert_eq!(String::from_utf8_lossy(&bytes), text);
        assert_eq!(read(&bytes), Ok((task, None)));
        let trace = TraceParent::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        assert_eq!(read(&write(task, trace)), Ok((task, trace)));
        let odd = text.replace('}', r#","trace":"what is this"}"#);
        assert_eq!(read(odd.as_bytes()), Ok((task, None)));
    }

    #[test]
    fn what_is_no_hint() {
        let run = r#""run":"00000000-0000-0000-0000-000000000007""#;
        let cases = [
            (format!(r#"{{"v":1,{run},"task":1,"more":true}}"#), None),
            (format!(r#"{{"v":2,{run},"task":1}}"#), Some("its version is not known")),
            (
                format!(r#"{{"v":1,{run},"task":-1}}"#),
                Some("it has not the form of a hint"),
            ),
            (format!(r#"{{"v":1,{run}}}"#), Some("it has not the form of a hint")),
            ("\0".into(), Some("it has not the form of a hint")),
            (String::new(), Some("it has not the form of a hint")),
            (
                format!("{}{run}", "[".repeat(900)),
                Some("it has not the form of a hint"),
            ),
            (" ".repeat(LIMIT + 1), Some("it is too long")),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text.as_bytes()).err(), expected, "{text}");
        }
    }
}
