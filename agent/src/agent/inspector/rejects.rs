//! Rows that could not land: told, and sent again.

use std::collections::HashSet;

use serde_json::{Value, json};
use syncapp_connector::{Reject, RejectFilter};
use syncapp_control::{RejectsAsked, ReplayAsked, RunId};
use syncapp_engine::{Fix, Replay, RunOptions, StreamPlan};
use syncapp_model::{Code, Error};
use tokio_util::sync::CancellationToken;

use crate::commands::preview::cells;
use crate::commands::rejects::rejected_at;
use crate::failure::Failure;
use crate::project::Project;
use crate::scope::scope;

/// How many rows are looked at at once.
const PAGE: usize = 200;

/// A page of them, stream by stream.
pub(super) async fn rejects(project: &Project, asked: &RejectsAsked) -> Result<Value, Failure> {
    let (name, sync) = project.sync(Some(&asked.sync))?;
    let ends = project.ends(sync)?;
    let (scope, mut streams) = scope(project, name, sync, &ends, asked.stream.iter().cloned().collect()).await?;
    streams.sort_by(|one, other| one.key.stream.cmp(&other.key.stream));
    let from = asked.from.as_ref();
    let streams = streams.iter().map(|plan| &plan.key.stream);
    let mut rows = Vec::new();
    let mut next = None;
    'all: for stream in streams.filter(|stream| from.is_none_or(|(first, _)| *stream >= first)) {
        let mut after = from.filter(|(first, _)| first == stream).map(|(_, id)| id.clone());
        loop {
            let wanted = RejectFilter {
                project: project.name.clone(),
                sync: name.into(),
                stream: Some(stream.clone()),
                id: None,
                after: after.clone(),
                limit: PAGE,
            };
            let found = ends.destination.rejects(&scope, &wanted).await?;
            for reject in &found {
                if asked.run.is_none_or(|run| reject.run_id == run.to_string()) {
                    if rows.len() == asked.limit {
                        next = Some(json!({ "stream": stream, "id": after.unwrap_or_default() }));
                        break 'all;
                    }
                    rows.push(told(reject)?);
                }
                after = Some(reject.id.clone());
            }
            if found.len() < PAGE {
                break;
            }
        }
    }
    Ok(json!({ "rejects": rows, "next": next }))
}

/// A row with its time in RFC 3339, and each of its values as text.
fn told(reject: &Reject) -> Result<Value, Error> {
    Ok(json!({
        "id": reject.id, "stream": reject.key.stream, "run": reject.run_id, "rejected_at": rejected_at(reject)?,
        "code": reject.code, "column": reject.column, "message": reject.message,
        "row_key": reject.row_key.as_deref().map(cells), "row": cells(&reject.row),
    }))
}

/// Sends rows again, under the name of a run of its own.
pub(super) async fn replay(project: &Project, asked: &ReplayAsked) -> Result<Value, Failure> {
    let (name, sync) = project.sync(Some(&asked.sync))?;
    let ends = project.ends(sync)?;
    let (_, streams) = scope(project, name, sync, &ends, asked.stream.iter().cloned().collect()).await?;
    let fixes = asked.fixes.iter().map(|(column, expression)| Fix {
        column: column.clone(),
        expression: expression.clone(),
    });
    let wanted = Replay {
        ids: asked.ids.iter().cloned().collect(),
        fixes: fixes.collect(),
    };
    let options = RunOptions {
        run_id: RunId::new().to_string(),
        mask_key: project.mask_key()?,
        ..RunOptions::default()
    };
    // Dropping the job ends it: what is committed stays so.
    let stop = CancellationToken::new();
    let mut missing = wanted.ids.clone();
    let mut told = Vec::new();
    for plan in &streams {
        let sent = syncapp_engine::replay(&ends, plan, &options, &wanted, &stop).await;
        let sent = sent.map_err(|problems| all_of(project, name, plan, problems))?;
        for row in &sent.rows {
            missing.remove(&row.id);
        }
        told.push(sent);
    }
    none_missing(&missing)?;
    Ok(json!({ "run_id": options.run_id, "streams": told }))
}

fn all_of(project: &Project, sync: &str, plan: &StreamPlan, problems: Vec<Error>) -> Failure {
    let located = problems.into_iter().map(|problem| {
        let problem = match &problem.report().at.stream {
            Some(_) => problem,
            None => problem.stream(&plan.key.stream),
        };
        project.locate(sync, problem)
    });
    project.failure(located.collect())
}

/// An id that nobody keeps is the caller's mistake; others were sent all the same.
fn none_missing(missing: &HashSet<String>) -> Result<(), Error> {
    let Some(id) = missing.iter().min() else { return Ok(()) };
    let error = Error::new(Code::Conflict, format!("no rejected row has the id `{id}`"));
    Err(error.help("it may have landed meanwhile: list them again"))
}
