//! What is known of a job.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use syncapp_control::{Cache, MAX_CACHED};
use syncapp_model::{Code, Error, Result, Side};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use crate::problem::ErrorView;
use crate::view::instant;

/// How long a job that is over is remembered.
const KEPT: Duration = Duration::from_hours(1);
/// How long the record of a job that goes on holds without being renewed.
const LEASE: Duration = Duration::from_secs(30);
/// How often it is renewed.
pub(super) const RENEWED: Duration = Duration::from_secs(10);

/// A job.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = Job)]
pub(crate) struct JobView {
    /// Its name.
    #[schema(format = "uuid")]
    pub(super) id: String,
    /// Its project.
    pub(super) project: String,
    /// The project's version that it is about; 0 where that is a draft.
    pub(super) version: u32,
    /// What is done.
    pub(super) kind: JobKind,
    /// Where it stands.
    pub(super) state: JobState,
    /// When it was asked for.
    #[schema(format = DateTime)]
    pub(super) asked_at: String,
    /// When it was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub(super) finished_at: Option<String>,
    /// What was found, once it is done: as the command of that name prints it with `--json`, all numbers as strings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) result: Option<Value>,
    /// All that is wrong, once it has failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<KnownError>)]
    pub(super) errors: Vec<Value>,
}

/// An [`ErrorView`] that was kept.
struct KnownError;

impl PartialSchema for KnownError {
    fn schema() -> RefOr<Schema> {
        ErrorView::schema()
    }
}

impl ToSchema for KnownError {
    fn name() -> Cow<'static, str> {
        ErrorView::name()
    }
}

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobKind {
    /// Looks whether a connection works.
    Check,
    /// Looks what a connection holds.
    Discover,
    /// Reads the first rows of a stream, and maps them.
    Preview,
    /// Says what a run would do.
    Plan,
    /// Compares source and target.
    Verify,
    /// Makes a stream forget how far it has come.
    Reset,
    /// Tells rows that could not land.
    Rejects,
    /// Sends them again.
    Replay,
    /// Takes a run back.
    Undo,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobState {
    /// It waits for others to end.
    Queued,
    /// It goes on.
    Running,
    /// It is done.
    Done,
    /// It has failed.
    Failed,
    /// It was stopped.
    Cancelled,
}

impl JobState {
    pub(super) fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

impl JobView {
    /// It with its end.
    pub(super) fn ended(self, found: Result<Value, Vec<Error>>) -> Self {
        let told = Self {
            finished_at: Some(instant(SystemTime::now())),
            ..self
        };
        match found {
            Ok(found) => Self {
                state: JobState::Done,
                result: Some(spelled(found)),
                ..told
            },
            Err(errors) => {
                let view = |error| serde_json::to_value(ErrorView::from(error)).unwrap_or_default();
                Self {
                    state: JobState::Failed,
                    errors: errors.iter().map(view).collect(),
                    ..told
                }
            }
        }
    }

    pub(super) fn cancelled(self) -> Self {
        Self {
            state: JobState::Cancelled,
            finished_at: Some(instant(SystemTime::now())),
            ..self
        }
    }

    /// What is known of it under its name.
    pub(super) async fn known(cache: &dyn Cache, id: &str) -> Result<Option<Self>> {
        let kept = cache.get(&key(id)).await?;
        Ok(kept.and_then(|kept| serde_json::from_slice(&kept).ok()))
    }

    /// Keeps it. What is too long to be kept is an end of its own.
    pub(super) async fn keep(&self, cache: &dyn Cache) -> Result<()> {
        let life = if self.state.is_final() { KEPT } else { LEASE };
        let text = serde_json::to_vec(self).unwrap_or_default();
        if text.len() <= MAX_CACHED {
            return cache.put(&key(&self.id), &text, life).await;
        }
        let error = Error::new(Code::TooLarge(Side::Source), "what was found is longer than 1 MiB");
        let short = Self {
            result: None,
            ..self.clone()
        };
        let short = short.ended(Err(vec![error.help("ask for fewer rows or streams")]));
        cache
            .put(&key(&short.id), &serde_json::to_vec(&short).unwrap_or_default(), life)
            .await
    }
}

fn key(id: &str) -> String {
    format!("job/{id}")
}

/// Where it is said that a job is to stop.
pub(super) fn stop_topic(id: &str) -> String {
    format!("job/{id}/stop")
}

/// The same with all numbers as text, so that none loses a digit on its way.
fn spelled(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::String(number.to_string()),
        Value::Array(values) => values.into_iter().map(spelled).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (name, spelled(value)))
            .collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_spelled() {
        let found =
            json!({ "rows": 18_446_744_073_709_551_615_u64, "list": [1, { "share": 0.5 }], "ok": true, "none": null });
        let told =
            json!({ "rows": "18446744073709551615", "list": ["1", { "share": "0.5" }], "ok": true, "none": null });
        assert_eq!(spelled(found), told);
    }
}
