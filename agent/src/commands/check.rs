//! `syncapp check`: is the file right, do its connections work, do its streams and keys exist?

use std::collections::BTreeSet;

use serde_json::{Value, json};
use syncapp_engine::{Fit, RunOptions, Way, plan};
use syncapp_model::{Code, Error, Side};

use crate::args;
use crate::failure::{Exit, Failure, exit, show};
use crate::output;
use crate::project::Project;

pub(crate) async fn check(args: args::Check) -> Result<Exit, Failure> {
    let project = Project::open(&args.file).await?;
    let mut problems = Vec::new();
    let mut said = Vec::new();
    let mut ways = Vec::new();
    // Rights that a target's user lacks: its streams tell them more exactly.
    let mut vague = Vec::new();
    let sides = sides(&project);
    if let Some(name) = &args.connection {
        project.endpoint(name)?;
    }
    for (name, side) in sides
        .iter()
        .filter(|(name, _)| args.connection.as_ref().is_none_or(|only| only == name))
    {
        let checked = match project.endpoint(name) {
            Ok(endpoint) => endpoint
                .check(*side)
                .await
                .map_err(|error| vec![error.connection(name)]),
            Err(failure) => Err(failure.problems),
        };
        said.push(format!(
            "connection {name} ({side}): {}",
            if checked.is_ok() { "ok" } else { "failed" }
        ));
        let found = checked.err().unwrap_or_default();
        let lacks = |error: &Error| error.code() == Code::PermissionDenied(Side::Destination);
        let (rights, others): (Vec<_>, Vec<_>) = found.into_iter().partition(lacks);
        vague.extend(rights);
        problems.extend(others);
    }
    if args.connection.is_none() && problems.is_empty() {
        for (name, sync) in &project.file.syncs {
            let ends = project.ends(sync)?;
            let options = RunOptions {
                mask_key: project.mask_key()?,
                ..RunOptions::default()
            };
            match plan(&ends, &project.name, name, sync, &options).await {
                Ok(plan) => {
                    said.push(streams(name, plan.streams.len()));
                    problems.extend(plan.failed.into_iter().map(|(_, error)| project.locate(name, error)));
                    for stream in &plan.streams {
                        let found = syncapp_engine::check(&ends, stream, &options).await;
                        problems.extend(found.problems.into_iter().map(|error| project.locate(name, error)));
                        said.extend(fits(&stream.key.stream, &found.ways));
                        ways.push(json!({ "sync": name, "stream": stream.key.stream, "columns": found.ways }));
                    }
                }
                Err(found) => problems.extend(found.into_iter().map(|error| project.locate(name, error))),
            }
        }
    }
    if problems.iter().all(Error::is_warning) {
        problems.extend(vague);
    }
    if args.json {
        let ok = problems.iter().all(Error::is_warning);
        output::json(&json!({ "ok": ok, "problems": problems, "streams": Value::Array(ways) }))?;
    } else {
        for line in &said {
            output::line(&output::printable(line));
        }
        show(&problems, Some(&project.source()));
    }
    Ok(exit(&problems))
}

/// How many streams a sync has.
fn streams(sync: &str, count: usize) -> String {
    format!("sync {sync}: {count} {}", if count == 1 { "stream" } else { "streams" })
}

/// The columns of a stream whose values do not land in a type that is just as theirs.
fn fits(stream: &str, ways: &[Way]) -> Vec<String> {
    let told = |way: &Way| {
        let what = match way.fit {
            Fit::Widened => "widened",
            Fit::Lossy => "may change, which the file allows",
            Fit::Refused => "would change",
            _ => return None,
        };
        let from = way.from.as_ref().map_or(&way.ty, |from| &from.native);
        Some(format!("  {stream}.{}: {from} → {}, {what}", way.column, way.lands))
    };
    ways.iter().filter_map(told).collect()
}

/// The connections that syncs use, and as which side.
fn sides(project: &Project) -> BTreeSet<(String, Side)> {
    let syncs = project.file.syncs.values();
    syncs
        .flat_map(|sync| {
            [
                (sync.source.clone(), Side::Source),
                (sync.destination.clone(), Side::Destination),
            ]
        })
        .collect()
}
