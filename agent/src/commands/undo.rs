//! `syncapp undo`: takes a run back, by the journal that it kept in its targets.

use std::path::PathBuf;

use serde_json::json;
use syncapp_connector::{TableFate, UndoRequest, Undone};
use syncapp_control::{Outcome, RunId, RunRecord, Runs as _};
use syncapp_model::{Code, Error};

use crate::failure::{Exit, Failure};
use crate::output::{self, count, printable};
use crate::project::Project;
use crate::{args, history};

pub(crate) async fn undo(args: args::Undo) -> Result<Exit, Failure> {
    let id: RunId = args.run.parse().map_err(|problem| {
        Error::new(Code::InvalidValue, format!("`{}` is no run's id", args.run))
            .help("`syncapp runs` lists the ids of past runs")
            .driver(problem)
    })?;
    let known = history::open()?.run(id).await?;
    if known.as_ref().is_some_and(|run| run.outcome == Outcome::Running) {
        return Err(Error::new(Code::Conflict, format!("the run {id} goes on"))
            .help("stop it, or wait for its end")
            .into());
    }
    let project = Project::open(&file(&args, id, known.as_ref())?).await?;
    let request = UndoRequest {
        run_id: id.to_string(),
        dry_run: args.dry_run,
    };
    let mut undone = Vec::new();
    for name in destinations(&project, known.as_ref()) {
        let Some(destination) = project.endpoint(&name)?.destination() else {
            continue;
        };
        if destination.undoes() {
            let found = destination.undo(&request).await;
            undone.extend(found.map_err(|error| project.failure(vec![error.connection(&name)]))?);
        }
    }
    if undone.is_empty() {
        return Err(
            Error::new(Code::UnknownName, format!("no journal of the run {id} is kept"))
                .help("it ran without `undo`, changed nothing, was taken back already, or is older than `keep` says")
                .into(),
        );
    }
    let left: u64 = undone.iter().map(|stream| stream.left_alone).sum();
    if args.json {
        for stream in &undone {
            output::json(&json!({ "event": "stream_undone", "dry_run": args.dry_run, "stream": stream }))?;
        }
        output::json(&json!({ "event": "run_undone", "run": id, "dry_run": args.dry_run, "left_alone": left }))?;
    } else {
        tell(&undone, args.dry_run);
    }
    Ok(if left == 0 { Exit::Done } else { Exit::Partial })
}

/// The sync file of the run.
fn file(args: &args::Undo, id: RunId, known: Option<&RunRecord>) -> Result<args::File, Failure> {
    let path = args
        .file
        .clone()
        .or_else(|| known?.file.as_ref().map(PathBuf::from))
        .ok_or_else(|| match known {
            Some(_) => Error::new(Code::Conflict, format!("the run {id} was made without a sync file"))
                .help("only runs of a sync file with `undo` keep a journal"),
            None => Error::new(Code::UnknownName, format!("this machine remembers no run {id}"))
                .help("name the sync file by `--file`: the journal lies in the target"),
        })?;
    let env = args.env.clone().or_else(|| known?.environment.clone());
    Ok(args::File { path, env })
}

/// The connections that the run may have written to: its sync's, or all of the file's where that is not known.
fn destinations(project: &Project, known: Option<&RunRecord>) -> Vec<String> {
    let syncs = &project.file.syncs;
    let own = known.and_then(|run| syncs.get(&run.sync));
    let mut names = Vec::new();
    for sync in syncs.values().filter(|sync| own.is_none_or(|own| own == *sync)) {
        if !names.contains(&sync.destination) {
            names.push(sync.destination.clone());
        }
    }
    names
}

fn tell(undone: &[Undone], dry_run: bool) {
    let rows = undone.iter().map(|stream| {
        let table = match stream.table {
            TableFate::Stays => "",
            TableFate::Dropped => "dropped",
            TableFate::SwappedBack => "the old one",
        };
        vec![
            stream.key.stream.clone(),
            stream.target.clone(),
            count(stream.removed),
            count(stream.restored),
            count(stream.put_back),
            count(stream.left_alone),
            table.into(),
        ]
    });
    let header = [
        "stream",
        "target",
        "removed",
        "restored",
        "put back",
        "left alone",
        "table",
    ];
    output::table(&header, rows);
    for stream in undone {
        for left in &stream.left {
            output::note(&format!(
                "left alone in {}: {} ({})",
                printable(&stream.target),
                printable(&left.row),
                left.reason
            ));
        }
    }
    if dry_run {
        output::note("nothing was changed: without `--dry-run` it will be");
    }
}
