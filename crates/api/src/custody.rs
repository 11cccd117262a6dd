//! A secret goes where the project's newest version sends it, and elsewhere only once it was given again: whoever may push a file,
//! or look at a draft, does not learn by that what a vault has sealed.
//!
//! The first version of a project decides for what was given before it. Secrets outside the vault are their operator's, for all projects.

use std::collections::HashMap;
use std::time::SystemTime;

use syncapp_control::Version;
use syncapp_model::sync_file::{Sending, SyncFile};
use syncapp_model::{Code, Error, Result};

use crate::{Api, Problem};

/// How many secrets are looked at at once.
const PAGE: usize = 200;

/// The file sends no secret of before anywhere else than the newest version does.
pub(crate) async fn holds(api: &Api, project: &str, newest: Option<&Version>, file: &SyncFile) -> Result<(), Problem> {
    let Some(newest) = newest else { return Ok(()) };
    let mut sendings = api.compiler.sendings(file);
    if sendings.is_empty() {
        return Ok(());
    }
    let before = api.compiler.read(&newest.text);
    let before = before.map(|file| api.compiler.sendings(&file)).unwrap_or_default();
    let is_new = |sending: &Sending| {
        let same = |known: &Sending| known.secret == sending.secret && known.place == sending.place;
        !before.iter().any(same)
    };
    sendings.retain(is_new);
    if sendings.is_empty() {
        return Ok(());
    }
    let given = given(api, project).await?;
    let is_old = |sending: &Sending| given.get(&sending.secret).is_some_and(|at| *at <= newest.applied_at);
    let problems: Vec<Error> = sendings
        .iter()
        .filter(|sending| is_old(sending))
        .map(|sending| refusal(sending, project))
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.into())
    }
}

/// When each secret of the vault was given.
async fn given(api: &Api, project: &str) -> Result<HashMap<String, SystemTime>> {
    let mut given = HashMap::new();
    let mut after = None;
    loop {
        let page = api.vault.list(project, after.as_deref(), PAGE).await?;
        let is_last = page.len() < PAGE;
        after = page.last().map(|entry| entry.name.clone());
        given.extend(page.into_iter().map(|entry| (entry.name, entry.set_at)));
        if is_last {
            return Ok(given);
        }
    }
}

fn refusal(Sending { secret, connection, .. }: &Sending, project: &str) -> Error {
    let why = format!("this sends the secret `{secret}` elsewhere than the project's newest version does");
    Error::new(Code::SecretElsewhere, why)
        .connection(connection)
        .help(format!(
            "give its value once more, in the connection's form, by `syncapp push --with-secrets` or by \
         `syncapp secrets set {secret} --project {project}`, and push then"
        ))
}
