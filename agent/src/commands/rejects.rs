//! `syncapp rejects`: rows that could not land, as their targets keep them.

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::value::RawValue;
use syncapp_connector::{Reject, RejectFilter};
use syncapp_model::{Code, Error, StreamKey};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::replay;
use crate::args::{self, RejectsAction, StateOf};
use crate::failure::{Exit, Failure};
use crate::output;
use crate::project::Project;
use crate::scope::scope;

pub(crate) async fn rejects(args: args::Rejects) -> Result<Exit, Failure> {
    match args.action {
        RejectsAction::List {
            of,
            stream,
            limit,
            json,
        } => list(&of, stream, limit.get(), json).await,
        RejectsAction::Show { of, id, json } => show(&of, id, json).await,
        RejectsAction::Replay(args) => replay::replay(args).await,
    }
}

async fn list(of: &StateOf, stream: Option<String>, limit: usize, as_json: bool) -> Result<Exit, Failure> {
    let found = find(of, stream, None, limit).await?;
    if as_json {
        for reject in &found {
            output::json(&Told::new(reject)?)?;
        }
        return Ok(Exit::Done);
    }
    let none = || "-".to_owned();
    let rows = found.iter().map(|reject| {
        vec![
            reject.id.clone(),
            reject.key.stream.clone(),
            reject.row_key.clone().unwrap_or_else(none),
            reject.column.clone().unwrap_or_else(none),
            reject.code.clone(),
            reject.message.clone(),
        ]
    });
    output::table(&["id", "stream", "key", "column", "code", "why"], rows);
    if found.len() == limit {
        output::note(&format!("these are the first {limit}: ask for more with `--limit`"));
    }
    Ok(Exit::Done)
}

async fn show(of: &StateOf, id: String, as_json: bool) -> Result<Exit, Failure> {
    let found = find(of, None, Some(id.clone()), usize::MAX >> 1).await?;
    if found.is_empty() {
        let problem = Error::new(Code::Conflict, format!("no rejected row has the id `{id}`"));
        return Err(problem.help("`syncapp rejects list` shows the ids").into());
    }
    for reject in &found {
        let told = Told::new(reject)?;
        if as_json {
            output::json(&told)?;
        } else {
            print(&told)?;
        }
    }
    Ok(Exit::Done)
}

fn print(told: &Told<'_>) -> Result<(), Error> {
    let parts = [
        ("id", told.id),
        ("stream", &told.key.stream),
        ("run", told.run_id),
        ("rejected at", &told.rejected_at),
        ("column", told.column.unwrap_or("-")),
        ("code", told.code),
        ("why", told.message),
        ("row", ""),
    ];
    for (name, text) in parts {
        output::line(output::printable(&format!("{name:<12} {text}")).trim_end());
    }
    let row: IndexMap<String, &RawValue> =
        serde_json::from_str(told.row.get()).map_err(|problem| Error::internal(problem.to_string()))?;
    for (column, value) in row {
        output::line(&output::printable(&format!("  {column:<10} {value}")));
    }
    Ok(())
}

async fn find(of: &StateOf, stream: Option<String>, id: Option<String>, limit: usize) -> Result<Vec<Reject>, Failure> {
    let project = Project::open(&of.file).await?;
    let syncs = project.syncs(of.sync.as_deref())?;
    let mut found = Vec::new();
    for (name, sync) in syncs {
        let ends = project.ends(sync)?;
        let (scope, _) = scope(&project, name, sync, &ends, Vec::new()).await?;
        let wanted = RejectFilter {
            project: project.name.clone(),
            sync: name.into(),
            stream: stream.clone(),
            id: id.clone(),
            after: None,
            limit: limit - found.len(),
        };
        found.extend(ends.destination.rejects(&scope, &wanted).await?);
    }
    Ok(found)
}

/// A rejected row as it is printed: its time in RFC 3339, the row and its key as they were written, digit by digit.
#[derive(Serialize)]
struct Told<'a> {
    id: &'a str,
    #[serde(flatten)]
    key: &'a StreamKey,
    run_id: &'a str,
    rejected_at: String,
    row_key: Option<&'a RawValue>,
    column: Option<&'a str>,
    code: &'a str,
    message: &'a str,
    row: &'a RawValue,
}

impl<'a> Told<'a> {
    fn new(reject: &'a Reject) -> Result<Self, Error> {
        let json = |text: &'a String| serde_json::from_str(text).map_err(|problem| unreadable(reject, problem));
        Ok(Self {
            id: &reject.id,
            key: &reject.key,
            run_id: &reject.run_id,
            rejected_at: rejected_at(reject)?,
            row_key: reject.row_key.as_ref().map(json).transpose()?,
            column: reject.column.as_deref(),
            code: &reject.code,
            message: &reject.message,
            row: json(&reject.row)?,
        })
    }
}

/// When a row was rejected, in RFC 3339.
pub(crate) fn rejected_at(reject: &Reject) -> Result<String, Error> {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(reject.rejected_at) * 1000);
    let at = at.map_err(|problem| unreadable(reject, problem))?;
    at.format(&Rfc3339).map_err(|problem| unreadable(reject, problem))
}

fn unreadable(reject: &Reject, problem: impl std::fmt::Display) -> Error {
    Error::internal(format!("the rejected row {} cannot be read: {problem}", reject.id))
}
