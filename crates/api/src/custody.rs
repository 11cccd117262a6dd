//! A secret goes where the project's newest version sends it, and elsewhere only for whoever gave it since: who may push a file, look
//! at a draft, or run an old version once more, does not learn by that what a vault has sealed.
//!
//! The first version of a project decides for what was given before it. Secrets outside the vault are their operator's, for all projects.

use std::collections::HashMap;
use std::time::SystemTime;

use syncapp_control::access::By;
use syncapp_control::{Run, SecretEntry, Version};
use syncapp_model::sync_file::{Sending, Sync, SyncFile};
use syncapp_model::{Code, Error, Result};

use crate::{Api, Problem};

/// How many secrets are looked at at once.
const PAGE: usize = 200;

/// The file sends no secret of before anywhere else than the newest version does, but what `by` has given since.
pub(crate) async fn holds(
    api: &Api,
    by: &By,
    project: &str,
    newest: Option<&Version>,
    file: &SyncFile,
) -> Result<(), Problem> {
    match newest {
        Some(newest) => {
            Asked { api, by, newest }
                .may(project, api.compiler.sendings(file), None)
                .await
        }
        None => Ok(()),
    }
}

/// The same of the version of a run that is run again, or taken back, by the connections of its sync that it `uses`: it is done with the
/// secrets of today, and one that was set before that version is what it had already.
pub(crate) async fn holds_again(
    api: &Api,
    by: &By,
    run: &Run,
    version: &Version,
    uses: impl Fn(&Sync, &str) -> bool,
) -> Result<(), Problem> {
    let newest = api.control.store.newest(&run.project).await?;
    let newest = newest.filter(|newest| newest.number != version.number);
    // A file that cannot be read runs no more either.
    let Some((newest, file)) = newest.zip(api.compiler.read(&version.text)) else {
        return Ok(());
    };
    let sync = file.syncs.get(&run.sync);
    let mut sendings = api.compiler.sendings(&file);
    sendings.retain(|sending| sync.is_some_and(|sync| uses(sync, &sending.connection)));
    let asked = Asked {
        api,
        by,
        newest: &newest,
    };
    asked.may(&run.project, sendings, Some(version.applied_at)).await
}

/// Who asks, against which version.
struct Asked<'a> {
    api: &'a Api,
    by: &'a By,
    newest: &'a Version,
}

impl Asked<'_> {
    /// Whether these may be sent. A secret that was set by the time `known` may be in any case.
    async fn may(&self, project: &str, mut sendings: Vec<Sending>, known: Option<SystemTime>) -> Result<(), Problem> {
        if sendings.is_empty() {
            return Ok(());
        }
        let before = self.api.compiler.read(&self.newest.text);
        let before = before.map(|file| self.api.compiler.sendings(&file)).unwrap_or_default();
        let is_new = |sending: &Sending| {
            let same = |known: &Sending| known.secret == sending.secret && known.place == sending.place;
            !before.iter().any(same)
        };
        sendings.retain(is_new);
        if sendings.is_empty() {
            return Ok(());
        }
        let given = given(self.api, project).await?;
        let is_kept = |sending: &Sending| {
            let as_it_was = |entry: &SecretEntry| known.is_some_and(|known| entry.set_at <= known);
            given
                .get(&sending.secret)
                .is_some_and(|entry| !as_it_was(entry) && !self.has_given(entry))
        };
        let problems: Vec<Error> = sendings
            .iter()
            .filter(|sending| is_kept(sending))
            .map(|sending| refusal(sending, project))
            .collect();
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems.into())
        }
    }

    /// Whoever asks has given it since the newest version: then it is known there anyhow. What others have given is not.
    fn has_given(&self, entry: &SecretEntry) -> bool {
        entry.set_at > self.newest.applied_at && entry.set_by.as_ref() == Some(&self.by.actor)
    }
}

/// The secrets of the vault.
async fn given(api: &Api, project: &str) -> Result<HashMap<String, SecretEntry>> {
    let mut given = HashMap::new();
    let mut after = None;
    loop {
        let page = api.vault.list(project, after.as_deref(), PAGE).await?;
        let is_last = page.len() < PAGE;
        after = page.last().map(|entry| entry.name.clone());
        given.extend(page.into_iter().map(|entry| (entry.name.clone(), entry)));
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
            "give its value once more yourself, in the connection's form, by `syncapp push --with-secrets` or by \
         `syncapp secrets set {secret} --project {project}`, and try again then"
        ))
}
