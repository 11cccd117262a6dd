//! Why a command came to nothing, as pages hear it: a problem document like those of the interface.

use serde::Serialize;
use serde_json::Value;
use syncapp_model::{Error, ErrorKind, Report};

/// What went wrong. No secret is in it.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub(crate) struct Failed {
    /// Its stable name, to branch on.
    pub(crate) code: String,
    title: &'static str,
    /// What is wrong, and why.
    pub(crate) detail: String,
    /// The driver's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remedy: Option<String>,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        let Report {
            code,
            kind,
            why,
            help,
            driver,
            ..
        } = error.report().clone();
        Self {
            code: code.name(),
            title: match kind {
                ErrorKind::Config => "Something has to be changed",
                ErrorKind::Transient => "Trying again may help",
                ErrorKind::System => "Something failed",
            },
            detail: why,
            cause: driver,
            remedy: help,
        }
    }
}

impl Failed {
    /// What an agent has answered, if that is a problem of its interface.
    pub(crate) fn of_agent(answer: &Value) -> Option<Self> {
        let first = answer.get("errors")?.get(0)?;
        let text = |key: &str| Some(first.get(key)?.as_str()?.to_owned());
        Some(Self {
            code: text("code")?,
            title: "The agent refuses",
            detail: text("why")?,
            cause: text("driver"),
            remedy: text("help"),
        })
    }
}
