//! A page of a list of runs, as a statement's end.

use std::time::SystemTime;

use syncapp_control::{RunId, RunList, RunPlace, RunsOf};

use crate::words;

/// What is bound to a place of the statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Argument {
    Text(String),
    At(SystemTime),
    Run(RunId),
    Count(i64),
}

/// From `where` on, and what is bound to `$1`, `$2` and so on.
///
/// What is not asked for is not in the statement: each kind of list has an index of its own, and its plan does not depend on
/// what is bound.
pub(crate) fn page(list: &RunList, after: Option<RunPlace>, limit: usize) -> (String, Vec<Argument>) {
    let mut arguments = Vec::new();
    let mut bind = |argument| {
        arguments.push(argument);
        format!("${}", arguments.len())
    };
    let mut conditions = Vec::new();
    match &list.of {
        RunsOf::All => {}
        RunsOf::Project(project) => conditions.push(format!("project = {}", bind(Argument::Text(project.clone())))),
        RunsOf::Sync(id) => {
            conditions.push(format!("project = {}", bind(Argument::Text(id.project.clone()))));
            conditions.push(format!("sync = {}", bind(Argument::Text(id.sync.clone()))));
        }
    }
    if let Some(state) = list.state {
        conditions.push(format!("state = {}", bind(Argument::Text(state.name().to_owned()))));
    }
    if let Some(after) = after {
        let (at, id) = (bind(Argument::At(after.submitted_at)), bind(Argument::Run(after.id)));
        conditions.push(format!("(submitted_at, id) < ({at}, {id})"));
    }
    let limit = bind(Argument::Count(words::limit(limit)));
    let conditions = if conditions.is_empty() {
        String::new()
    } else {
        format!("where {} ", conditions.join(" and "))
    };
    (
        format!("{conditions}order by submitted_at desc, id desc limit {limit}"),
        arguments,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncapp_control::{RunState, ScheduleId};

    #[test]
    fn what_is_asked_for_is_what_is_written() {
        let place = RunPlace {
            submitted_at: SystemTime::UNIX_EPOCH,
            id: RunId::new(),
        };
        let sync = RunsOf::Sync(ScheduleId {
            project: "shop".into(),
            sync: "orders".into(),
        });
        let order = "order by submitted_at desc, id desc limit";
        let cases = [
            (RunsOf::All, None, None, format!("{order} $1")),
            (
                RunsOf::Project("shop".into()),
                Some(RunState::Failed),
                None,
                format!("where project = $1 and state = $2 {order} $3"),
            ),
            (
                sync,
                Some(RunState::Done),
                Some(place),
                format!("where project = $1 and sync = $2 and state = $3 and (submitted_at, id) < ($4, $5) {order} $6"),
            ),
        ];
        for (of, state, after, expected) in cases {
            let (sql, arguments) = page(&RunList { of, state }, after, 10);
            assert_eq!(sql, expected);
            assert!(sql.ends_with(&format!("${}", arguments.len())));
            assert_eq!(arguments.last(), Some(&Argument::Count(10)));
        }
    }
}
