//! `syncapp state`: how far streams have come, as their targets keep it.

use serde_json::Value;
use syncapp_connector::{State, StateScope};
use syncapp_model::{Checkpoint, Code, Error, Position, Scalar, StreamKey};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::args::{self, StateAction, StateOf};
use crate::failure::{Exit, Failure};
use crate::output::{self, count};
use crate::project::Project;
use crate::scope::scope;

pub(crate) async fn state(args: args::State) -> Result<Exit, Failure> {
    match args.action {
        StateAction::Show { of, json } => show(&of, json).await,
        StateAction::Set { of, stream, position } => set(&of, stream, &position).await,
        StateAction::Reset { of, stream } => reset(&of, stream).await,
    }
}

async fn show(of: &StateOf, as_json: bool) -> Result<Exit, Failure> {
    let project = Project::open(&of.file).await?;
    let syncs = project.syncs(of.sync.as_deref())?;
    let mut rows = Vec::new();
    for (name, sync) in syncs {
        let ends = project.ends(sync)?;
        let (scope, _) = scope(&project, name, sync, &ends, Vec::new()).await?;
        let states = ends.destination.states(&scope).await?;
        let ours = states
            .into_iter()
            .filter(|state| state.key.project == project.name && state.key.sync == name);
        for state in ours {
            if as_json {
                output::json(&told(&state)?)?;
                continue;
            }
            let position = state
                .checkpoint
                .as_ref()
                .and_then(|checkpoint| checkpoint.position.as_ref());
            rows.push(vec![
                state.key.sync,
                state.key.stream,
                state.epoch.0.to_string(),
                position.map_or_else(|| "-".into(), |position| position.cursor.to_string()),
                state
                    .checkpoint
                    .as_ref()
                    .map_or_else(|| "-".into(), |checkpoint| count(checkpoint.rows)),
            ]);
        }
    }
    if !as_json {
        output::table(&["sync", "stream", "epoch", "position", "rows"], rows);
    }
    Ok(Exit::Done)
}

/// A state as JSON, its time in RFC 3339.
fn told(state: &State) -> Result<Value, Error> {
    let failed = |problem: String| Error::internal(format!("a state cannot be spelled: {problem}"));
    let mut told = serde_json::to_value(state).map_err(|problem| failed(problem.to_string()))?;
    let written = OffsetDateTime::from(state.updated_at).format(&Rfc3339);
    told["updated_at"] = written.map_err(|problem| failed(problem.to_string()))?.into();
    Ok(told)
}

async fn set(of: &StateOf, stream: String, position: &str) -> Result<Exit, Failure> {
    let project = Project::open(&of.file).await?;
    let (name, sync) = project.sync(of.sync.as_deref())?;
    let ends = project.ends(sync)?;
    let (scope, plans) = scope(&project, name, sync, &ends, vec![stream]).await?;
    for plan in &plans {
        let ty = plan
            .cursor
            .as_ref()
            .and_then(|cursor| plan.spec.column(cursor))
            .map(|column| column.ty.clone());
        let ty = ty.ok_or_else(|| {
            Error::new(Code::Conflict, "the stream has no cursor, so it has no position").stream(&plan.key.stream)
        })?;
        let value = Scalar::parse(position, &ty).ok_or_else(|| {
            Error::new(
                Code::InvalidValue,
                format!("`{position}` is not a value of the cursor's type {ty}"),
            )
            .stream(&plan.key.stream)
        })?;
        let position = Position {
            cursor: value.clone(),
            through: value,
            table: None,
            landed: Vec::new(),
        };
        let checkpoint = Checkpoint {
            position: Some(position),
            rows: 0,
        };
        ends.destination.set_state(&scope, &plan.key, Some(&checkpoint)).await?;
    }
    Ok(Exit::Done)
}

async fn reset(of: &StateOf, stream: String) -> Result<Exit, Failure> {
    let project = Project::open(&of.file).await?;
    let (name, sync) = project.sync(of.sync.as_deref())?;
    let ends = project.ends(sync)?;
    // A stream whose source is gone can be forgotten too: its name is enough.
    let scope = match scope(&project, name, sync, &ends, vec![stream.clone()]).await {
        Ok((scope, _)) => scope,
        Err(_) => StateScope {
            namespaces: vec![sync.state_schema.clone()],
        },
    };
    let key = StreamKey {
        project: project.name.clone(),
        sync: name.into(),
        stream,
    };
    ends.destination.set_state(&scope, &key, None).await?;
    Ok(Exit::Done)
}
