//! `syncapp verify`: does the target hold what it should? Writes nothing, unless it is asked to repair.

use serde_json::json;
use syncapp_connector::Receipt;
use syncapp_control::RunId;
use syncapp_engine::verify::{Difference, Kind, Verdict, Verified, verify as verify_stream};
use syncapp_engine::{Ends, RunOptions, StreamPlan, plan};
use syncapp_model::Error;
use tokio::sync::mpsc::unbounded_channel;

use crate::args;
use crate::failure::{Exit, Failure, exit, show};
use crate::output::{self, count, printable};
use crate::project::Project;

/// How many differences of a stream are shown.
const SHOWN: u64 = 20;

pub(crate) async fn verify(args: args::Verify) -> Result<Exit, Failure> {
    let project = Project::open(&args.file).await?;
    let options = RunOptions {
        run_id: RunId::new().to_string(),
        streams: args.streams,
        mask_key: project.mask_key()?,
        ..RunOptions::default()
    };
    let mut problems = Vec::new();
    let mut verified = Vec::new();
    for (name, sync) in project.syncs(args.sync.as_deref())? {
        let ends = project.ends(sync)?;
        let located = |error| project.locate(name, error);
        let plan = match plan(&ends, &project.name, name, sync, &options).await {
            Ok(plan) => plan,
            Err(found) => {
                problems.extend(found.into_iter().map(located));
                continue;
            }
        };
        problems.extend(plan.failed.into_iter().map(|(_, error)| located(error)));
        for stream in &plan.streams {
            match check(&ends, stream, &options, args.repair, args.json).await {
                Ok(found) => verified.push(found),
                Err(error) => problems.push(located(error)),
            }
        }
    }
    for found in &verified {
        problems.extend(found.warnings.iter().cloned());
    }
    if args.json {
        if !problems.is_empty() {
            output::json(&json!({ "event": "problems", "problems": problems }))?;
        }
    } else {
        table(&verified);
        show(&problems, Some(&project.source()));
    }
    Ok(match exit(&problems) {
        Exit::Done if verified.iter().any(|found| !found.equal) => Exit::Failed,
        exit => exit,
    })
}

/// Compares a stream and shows what differs; repairs it until nothing does.
async fn check(
    ends: &Ends,
    stream: &StreamPlan,
    options: &RunOptions,
    repair: bool,
    as_json: bool,
) -> Result<Verified, Error> {
    let mut changed = Receipt::default();
    let mut found = loop {
        let found = shown(ends, stream, options, repair, as_json).await?;
        let receipt = found.repaired.unwrap_or_default();
        changed.inserted += receipt.inserted;
        changed.updated += receipt.updated;
        changed.deleted += receipt.deleted;
        if !found.partly {
            break found;
        }
    };
    if changed != Receipt::default() {
        found = shown(ends, stream, options, false, as_json).await?;
        if !as_json {
            output::line(&format!(
                "{}: {} inserted, {} updated, {} removed; {}",
                printable(&stream.key.stream),
                count(changed.inserted),
                count(changed.updated),
                count(changed.deleted),
                if found.equal { "now equal" } else { "still different" },
            ));
        }
        found.repaired = Some(changed);
    }
    Ok(found)
}

async fn shown(
    ends: &Ends,
    stream: &StreamPlan,
    options: &RunOptions,
    repair: bool,
    as_json: bool,
) -> Result<Verified, Error> {
    let (verdicts, mut incoming) = unbounded_channel();
    let showing = async {
        let mut differences = 0;
        while let Some(verdict) = incoming.recv().await {
            if as_json {
                output::json(&verdict)?;
            } else if let Verdict::Difference(difference) = verdict {
                differences += 1;
                if differences <= SHOWN {
                    tell(&difference);
                }
            }
        }
        if differences > SHOWN && !as_json {
            output::line(&format!(
                "  … and {} more; `--json` lists them all",
                count(differences - SHOWN)
            ));
        }
        Ok::<_, Error>(())
    };
    let comparing = async {
        let found = verify_stream(ends, stream, options, repair, &verdicts).await;
        drop(verdicts);
        found
    };
    let (found, told) = tokio::join!(comparing, showing);
    told?;
    found
}

/// Prints a row that differs.
fn tell(difference: &Difference) {
    let row: Vec<String> = difference
        .row
        .iter()
        .map(|(column, value)| format!("{column} {value}"))
        .collect();
    let what = match difference.difference {
        Kind::Differs => "differs",
        Kind::Missing => "is missing",
        Kind::Extra => "should not be there",
    };
    let text = format!("{}: {} {what}", difference.stream, row.join(", "));
    output::line(&printable(&text));
    for cell in &difference.cells {
        let text = format!("  {}: {} instead of {}", cell.column, cell.target, cell.source);
        output::line(&printable(&text));
    }
}

fn table(verified: &[Verified]) {
    if verified.is_empty() {
        return;
    }
    let header = [
        "stream",
        "rows",
        "target",
        "moved",
        "share",
        "differ",
        "missing",
        "extra",
        "",
        "not compared",
    ];
    output::table(&header, verified.iter().map(row));
}

fn row(of: &Verified) -> Vec<String> {
    let aside = [
        (of.only_in_target, "only in the target"),
        (of.pending, "not synced yet"),
        (of.rejected, "rejected"),
        (of.nulled, "with values made NULL"),
    ];
    let mut aside: Vec<String> = aside
        .iter()
        .filter(|(rows, _)| *rows > 0)
        .map(|(rows, what)| format!("{} {what}", count(*rows)))
        .collect();
    if let Some(through) = &of.through {
        aside.push(format!("rows after {through}"));
    }
    vec![
        of.stream.clone(),
        count(of.source_rows),
        count(of.target_rows),
        count(of.moved),
        format!("{:.2}%", of.moved_share() * 100.0),
        count(of.differing),
        count(of.missing),
        count(of.extra),
        if of.equal { "equal" } else { "different" }.into(),
        aside.join(", "),
    ]
}
