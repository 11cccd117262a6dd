//! `syncapp runs`: what this machine remembers.

use syncapp_control::{RunFilter, RunRecord, Runs as _};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::failure::{Exit, Failure};
use crate::output::{self, count};
use crate::{args, history};

pub(crate) async fn runs(args: args::Runs) -> Result<Exit, Failure> {
    let filter = RunFilter {
        project: args.project,
        sync: args.sync,
        limit: Some(args.limit),
    };
    let runs = history::open()?.history(&filter).await?;
    if args.json {
        for run in &runs {
            output::json(run)?;
        }
        return Ok(Exit::Done);
    }
    let header = [
        "run",
        "sync",
        "started (UTC)",
        "outcome",
        "streams",
        "read",
        "written",
        "inserted",
        "updated",
        "deleted",
    ];
    output::table(&header, runs.iter().map(row));
    Ok(Exit::Done)
}

fn row(run: &RunRecord) -> Vec<String> {
    let sum = |part: fn(&syncapp_control::StreamRecord) -> u64| count(run.streams.iter().map(part).sum());
    let started = OffsetDateTime::from(run.started_at)
        .format(format_description!("[year]-[month]-[day] [hour]:[minute]:[second]"))
        .unwrap_or_default();
    vec![
        run.id.to_string(),
        format!("{}/{}", run.project, run.sync),
        started,
        run.outcome.name().into(),
        run.streams.len().to_string(),
        sum(|stream| stream.rows_read),
        sum(|stream| stream.rows_written),
        sum(|stream| stream.inserted),
        sum(|stream| stream.updated),
        sum(|stream| stream.deleted),
    ]
}
