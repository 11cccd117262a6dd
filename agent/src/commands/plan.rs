//! `syncapp plan`: what a run would do. Writes nothing.

use std::time::Duration;

use serde_json::json;
use syncapp_connector::Delivery;
use syncapp_engine::{Fit, Outlook, RunOptions, Way, outlook, plan as plan_of};
use syncapp_model::sync_file::{DeleteRule, Write};

use super::rows;
use crate::args;
use crate::failure::{Exit, Failure, exit, show};
use crate::output::{self, count, printable};
use crate::project::Project;

pub(crate) async fn plan(args: args::Plan) -> Result<Exit, Failure> {
    let project = Project::open(&args.file).await?;
    let options = RunOptions {
        streams: args.streams,
        mask_key: project.mask_key()?,
        ..RunOptions::default()
    };
    let mut problems = Vec::new();
    for (name, sync) in project.syncs(args.sync.as_deref())? {
        let ends = project.ends(sync)?;
        let located = |error| project.locate(name, error);
        let plan = match plan_of(&ends, &project.name, name, sync, &options).await {
            Ok(plan) => plan,
            Err(found) => {
                problems.extend(found.into_iter().map(located));
                continue;
            }
        };
        problems.extend(plan.failed.into_iter().map(|(_, error)| located(error)));
        if !args.json {
            output::line(&format!(
                "sync {}: {} → {}",
                printable(name),
                sync.source,
                sync.destination
            ));
        }
        for stream in &plan.streams {
            match outlook(&ends, stream, &options).await {
                Ok(found) if args.json => output::json(&json!({ "sync": name, "plan": found }))?,
                Ok(found) => {
                    tell(&found);
                    problems.extend(found.warnings.into_iter().map(located));
                }
                Err(error) => {
                    problems.push(located(error));
                    continue;
                }
            }
            if args.rows {
                match rows::tell(&ends, name, stream, &options, args.json).await {
                    Ok(warnings) => problems.extend(warnings.into_iter().map(located)),
                    Err(error) => problems.push(located(error)),
                }
            }
        }
    }
    if args.json && !problems.is_empty() {
        output::json(&json!({ "problems": problems }))?;
    } else {
        show(&problems, Some(&project.source()));
    }
    Ok(exit(&problems))
}

/// Prints what would become of one stream.
fn tell(of: &Outlook) {
    output::line(&format!("\n{} → {}", printable(&of.stream), printable(&of.target)));
    output::line(&format!("  reads   {}", reads(of)));
    output::line(&format!("  writes  {}", writes(of)));
    if let Some(seconds) = of.undo {
        let time = humantime::format_duration(Duration::from_secs(seconds));
        output::line(&format!("  undo    the run can be taken back for {time}"));
    }
    for change in &of.changes {
        for line in change.sql().lines() {
            output::line(&format!("  {}", printable(line)));
        }
    }
    let rows = of.columns.iter().map(row);
    output::table(&["", "column", "from", "type", "lands as", ""], rows);
}

fn reads(of: &Outlook) -> String {
    let rows = of
        .estimated_rows
        .map_or_else(String::new, |rows| format!(" of about {}", count(rows)));
    match (&of.cursor, &of.from) {
        (Some(cursor), Some(from)) => format!("the rows{rows} whose {} is {from} or more", printable(cursor)),
        _ => format!("all rows{rows}"),
    }
}

fn writes(of: &Outlook) -> String {
    let key = printable(&of.primary_key.join(", "));
    let lands = match of.write {
        Write::Overwrite => "the rows take the place of the old ones".to_owned(),
        Write::Append => "the rows are added".to_owned(),
        Write::Merge => format!("the rows are inserted or updated by ({key})"),
        Write::History => format!("changed rows become new versions by ({key})"),
    };
    let gone = match of.deletes {
        DeleteRule::Ignore => "",
        DeleteRule::Soft => "; vanished ones are marked",
        DeleteRule::Hard => "; vanished ones are deleted",
    };
    let delivery = match of.delivery {
        Delivery::Transactional => "in one transaction with the checkpoint",
        Delivery::Idempotent => "before the checkpoint, and again where a kill came between",
    };
    format!("{lands}{gone}, {delivery}")
}

fn row(way: &Way) -> Vec<String> {
    let from = way.from.as_ref().map_or_else(String::new, |from| {
        if from.column == way.column {
            from.native.clone()
        } else {
            format!("{} {}", from.column, from.native)
        }
    });
    let fit = match way.fit {
        Fit::Same | Fit::Exact => "",
        Fit::Widened => "widened",
        Fit::Lossy => "may change: allowed",
        Fit::Refused => "would change: refused",
        Fit::Computed => "computed",
        Fit::Masked => "masked",
        Fit::Added => "added by the run",
    };
    vec![
        String::new(),
        way.column.clone(),
        from,
        way.ty.clone(),
        way.lands.clone(),
        fit.into(),
    ]
}
