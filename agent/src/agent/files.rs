//! Pushed files as they were understood: once each, however many runs and jobs ask for one at the same time.
//!
//! Invariant: no secret is kept. Whoever uses a file takes its secrets as they are then.

use std::sync::{Arc, OnceLock};

use syncapp_control::{Recent, Version};
use syncapp_model::Error;

use super::pushed::Allowed;
use crate::project::Project;

/// How many versions of files are kept.
const FILES: usize = 4;

/// A file without its secrets, or what is wrong with it.
type Understood = Result<Arc<Project>, Vec<Error>>;

/// The files that were asked for last.
pub(super) struct Files {
    pub(super) allowed: Allowed,
    /// By project and version.
    kept: Recent<(String, u32), Arc<OnceLock<Understood>>>,
}

impl Files {
    pub(super) fn new(allowed: Allowed) -> Self {
        Self {
            allowed,
            kept: Recent::new(FILES),
        }
    }

    /// A version's file, without its secrets.
    pub(super) async fn of(&self, version: Arc<Version>) -> Understood {
        let key = (version.project.clone(), version.number);
        // Drafts have one number, and each is asked for once.
        let file = if version.is_draft() {
            Arc::default()
        } else {
            self.kept.get_or(key, Arc::default)
        };
        let allowed = self.allowed.clone();
        let understand = move || {
            let shown = if version.is_draft() {
                "sync.yaml".to_owned()
            } else {
                format!("{} {}", version.project, version.number)
            };
            let understood = || allowed.project(&version.project, &version.text, &shown).map(Arc::new);
            file.get_or_init(understood).clone()
        };
        let understood = tokio::task::spawn_blocking(understand).await;
        understood.unwrap_or_else(|problem| Err(vec![Error::internal("reading a file broke down").driver(problem)]))
    }
}
