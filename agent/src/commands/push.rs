//! `syncapp push`: a sync file becomes a project of an agent, or the next version of it.

use serde_json::json;

use crate::args;
use crate::failure::{Exit, Failure};
use crate::output;
use crate::project::Project;
use crate::remote::{Pushed, Remote};

pub(crate) async fn push(args: args::Push) -> Result<Exit, Failure> {
    let file = args::File {
        path: args.file,
        env: None,
    };
    let project = Project::open(&file).await?;
    let remote = Remote::new(&args.agent)?;
    if args.with_secrets {
        send_secrets(&remote, &project).await?;
    }
    let planned = remote.push(&project, None, true).await?;
    if args.dry_run || planned.changes.is_empty() {
        return say(&args.agent, &planned, args.json, false);
    }
    let applied = remote.push(&project, planned.version, false).await?;
    say(&args.agent, &applied, args.json, true)
}

/// Those that have no value here may have one there.
async fn send_secrets(remote: &Remote, project: &Project) -> Result<(), Failure> {
    let secrets = project.secrets();
    for name in secrets.names() {
        match secrets.get(name)? {
            Some(value) => {
                let version = remote.set_secret(&project.name, name, value).await?;
                output::note(&format!("sent the secret `{name}`: version {version} there"));
            }
            None => output::note(&format!("the secret `{name}` has no value here, and was not sent")),
        }
    }
    Ok(())
}

fn say(agent: &str, pushed: &Pushed, as_json: bool, applied: bool) -> Result<Exit, Failure> {
    let Pushed {
        project,
        version,
        changes,
    } = pushed;
    if as_json {
        output::json(&json!({ "project": project, "version": version, "applied": applied, "changes": changes }))?;
        return Ok(Exit::Done);
    }
    for change in changes {
        output::line(&change.to_string());
    }
    let version = version.map_or_else(|| "not there yet".to_owned(), |version| format!("version {version}"));
    output::line(&match (applied, changes.is_empty()) {
        (true, _) => format!("{project} at {agent}: {version}"),
        (false, true) => format!("{project} at {agent}: nothing to change, {version}"),
        (false, false) => format!("{project} at {agent}: {version}; nothing was changed"),
    });
    Ok(Exit::Done)
}
