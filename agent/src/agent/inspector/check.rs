//! Whether a connection works, step by step.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Value, json};
use syncapp_connector::{Endpoint, Step, watched};
use syncapp_model::{Code, Error, Side};

use crate::failure::Failure;
use crate::project::Project;

/// A step as it is told.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Taken {
    step: &'static str,
    ok: bool,
    /// How long it took; one that failed, until it did.
    milliseconds: u64,
}

/// Each side that the project's syncs use the connection as; both where none uses it.
pub(super) async fn check(project: &Project, connection: &str) -> Result<Value, Failure> {
    let endpoint = project.endpoint(connection)?;
    let mut sides = BTreeSet::new();
    for sync in project.file.syncs.values() {
        sides.extend((sync.source == connection).then_some(Side::Source));
        sides.extend((sync.destination == connection).then_some(Side::Destination));
    }
    if sides.is_empty() {
        let manifest = endpoint.manifest();
        sides.extend(manifest.source.then_some(Side::Source));
        sides.extend(manifest.destination.then_some(Side::Destination));
    }
    let mut told = Vec::new();
    for side in sides {
        let (steps, problem) = look(endpoint.as_ref(), side).await;
        let problem = problem.map(|error| error.connection(connection));
        told.push(json!({ "side": side, "ok": problem.is_none(), "problem": problem, "steps": steps }));
    }
    let ok = told.iter().all(|side| side["ok"] == true);
    Ok(json!({ "ok": ok, "steps": told }))
}

async fn look(endpoint: &dyn Endpoint, side: Side) -> (Vec<Taken>, Option<Error>) {
    let begun = Instant::now();
    let (checked, taken) = watched(endpoint.check(side)).await;
    let rest = begun
        .elapsed()
        .saturating_sub(taken.iter().map(|(_, time)| *time).sum());
    let problem = checked.err();
    (steps(&taken, rest, problem.as_ref()), problem)
}

/// What was taken, each kind once; then the step that failed, which took the rest of the time.
fn steps(taken: &[(Step, Duration)], rest: Duration, problem: Option<&Error>) -> Vec<Taken> {
    let mut steps: Vec<Taken> = Vec::new();
    for (step, time) in taken {
        let (step, milliseconds) = (name(*step), time.as_millis() as u64);
        match steps.iter_mut().find(|known| known.step == step) {
            Some(known) => known.milliseconds += milliseconds,
            None => steps.push(Taken {
                step,
                ok: true,
                milliseconds,
            }),
        }
    }
    let last = match problem {
        None if steps.is_empty() => OPEN,
        None => return steps,
        Some(problem) => failed(problem.code(), &steps),
    };
    steps.retain(|step| step.step != last);
    steps.push(Taken {
        step: last,
        ok: problem.is_none(),
        milliseconds: rest.as_millis() as u64,
    });
    steps
}

/// The one step of what has no server.
const OPEN: &str = "open";

fn name(step: Step) -> &'static str {
    match step {
        Step::Resolve => "resolve",
        Step::Connect => "connect",
        Step::Tls => "tls",
        Step::LogIn => "log_in",
        Step::Rights => "rights",
    }
}

/// The step that an error belongs to.
fn failed(code: Code, taken: &[Taken]) -> &'static str {
    let is_taken = |step: Step| taken.iter().any(|known| known.step == name(step));
    match code {
        _ if is_taken(Step::LogIn) => name(Step::Rights),
        Code::Unreachable(_) if !is_taken(Step::Resolve) => name(Step::Resolve),
        Code::Unreachable(_) | Code::HostKeyUnknown(_) | Code::HostKeyChanged(_) => name(Step::Connect),
        Code::TlsFailed(_) => name(Step::Tls),
        Code::AuthFailed(_) | Code::NamespaceNotFound(_) => name(Step::LogIn),
        _ if taken.is_empty() => OPEN,
        _ => name(Step::LogIn),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_belongs_to_the_first_step_that_was_not_taken() {
        let time = Duration::from_millis(2);
        let [resolve, connect, tls, log_in, rights] =
            [Step::Resolve, Step::Connect, Step::Tls, Step::LogIn, Step::Rights].map(|step| (step, time));
        let side = Side::Source;
        let error = |code| Some(Error::new(code, "x"));
        for (taken, problem, expected) in [
            (vec![], None, vec![("open", true)]),
            (vec![], error(Code::UnreadableFile), vec![("open", false)]),
            (vec![], error(Code::Unreachable(side)), vec![("resolve", false)]),
            (
                vec![resolve],
                error(Code::Unreachable(side)),
                vec![("resolve", true), ("connect", false)],
            ),
            (
                vec![resolve, connect],
                error(Code::TlsFailed(side)),
                vec![("resolve", true), ("connect", true), ("tls", false)],
            ),
            (
                vec![resolve, connect, tls],
                error(Code::AuthFailed(side)),
                vec![("resolve", true), ("connect", true), ("tls", true), ("log_in", false)],
            ),
            (
                vec![resolve, resolve, connect],
                error(Code::PermissionDenied(side)),
                vec![("resolve", true), ("connect", true), ("log_in", false)],
            ),
            (
                vec![resolve, connect, log_in],
                error(Code::PermissionDenied(side)),
                vec![
                    ("resolve", true),
                    ("connect", true),
                    ("log_in", true),
                    ("rights", false),
                ],
            ),
            (
                vec![resolve, connect, log_in, rights],
                None,
                vec![("resolve", true), ("connect", true), ("log_in", true), ("rights", true)],
            ),
        ] {
            let found = steps(&taken, time, problem.as_ref());
            let found: Vec<_> = found.iter().map(|step| (step.step, step.ok)).collect();
            assert_eq!(found, expected);
        }
    }
}
