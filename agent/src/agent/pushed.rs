//! Sync files that were pushed: read as this agent's operator allows, or, on a desktop, as its user's own.

use std::sync::Arc;

use async_trait::async_trait;
use syncapp_api::{Compiled, Compiler};
use syncapp_connector::Context;
use syncapp_control::compile;
use syncapp_model::sync_file::{Sending, SyncFile, load};
use syncapp_model::{Code, Error};

use crate::project::{Origin, Project, connector, schemas};
use crate::secrets::Secrets;
use crate::variables::Usable;

/// What pushed files may use of this machine.
#[derive(Debug, Clone)]
pub(super) struct Allowed {
    /// Variables.
    pub(super) usable: Usable,
    /// Where secrets of their projects come from.
    pub(super) secrets: Secrets,
    /// Where their paths begin, which files they may name, and where their connections may go.
    pub(super) context: Context,
    /// The environment of their connections that holds.
    pub(super) environment: Option<String>,
    /// The pools that somebody carries, where that is known.
    pub(super) pools: Option<Vec<String>>,
}

impl Allowed {
    /// A file as it would run here, without its secrets. Which variables are set does not matter before a connection is opened.
    pub(super) fn project(&self, name: &str, text: &str, shown: &str) -> Result<Project, Vec<Error>> {
        let origin = Origin {
            shown: shown.to_owned(),
            context: self.context.clone(),
            environment: self.environment.clone(),
            usable: self.usable.clone(),
        };
        let project = Project::read(text, origin).map_err(|failure| failure.problems)?;
        match &project.file.project {
            Some(own) if own != name => {
                let error = Error::new(
                    Code::Conflict,
                    format!("the file is of the project `{own}`, not `{name}`"),
                );
                Err(vec![error.help("push it under its own name")])
            }
            _ => Ok(project.named(name)),
        }
    }
}

#[async_trait]
impl Compiler for Allowed {
    async fn compile(&self, name: &str, text: &str, shown: &str) -> Result<Compiled, Vec<Error>> {
        let project = self.project(name, text, shown)?.unlocked(&self.secrets).await;
        let mut problems = Vec::new();
        if let Some(line) = project.secret_line() {
            let error = Error::new(Code::InvalidValue, "a secret stands in the file in plain text");
            let help = "an agent keeps the file: write `${NAME}` or `secret://NAME` in its place";
            problems.push(error.help(help).file(shown).span(line, 1, 1));
        }
        for connection in project.file.connections.keys() {
            problems.extend(
                project
                    .endpoint(connection)
                    .err()
                    .into_iter()
                    .flat_map(|failure| failure.problems),
            );
        }
        let syncs = compile(&project.file, project.environment.as_deref())
            .map_err(|wrong| problems.extend(wrong))
            .unwrap_or_default();
        for stream in syncs.iter().flat_map(|sync| &sync.streams) {
            if let Some(pools) = self.pools.as_ref().filter(|pools| !pools.contains(&stream.pool)) {
                let why = format!("nobody carries the pool `{}`", stream.pool);
                let help = format!("this agent is all there is, and has the pools {}", pools.join(", "));
                problems.push(Error::new(Code::UnknownName, why).stream(&stream.stream).help(help));
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Compiled {
            file: Arc::unwrap_or_clone(project.file),
            syncs,
        })
    }

    fn read(&self, text: &str) -> Option<SyncFile> {
        load(text, "", &schemas(), syncapp_connectors::PLANNED).file
    }

    fn sendings(&self, file: &SyncFile) -> Vec<Sending> {
        if !matches!(self.usable, Usable::Listed(_)) {
            return Vec::new();
        }
        file.sendings(|id| connector(id).map_or(&[], |connector| connector.staying()))
    }
}
