//! The history of runs.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use serde::{Serialize, Serializer};
use syncapp_model::{Error, Result, Scalar};
use uuid::Uuid;

/// Remembers runs. Each call is durable when it returns.
#[async_trait]
pub trait Runs: Send + Sync {
    /// A run begins: it is known as running for as long as this process lives.
    async fn started(&self, run: &RunRecord) -> Result<()>;

    /// A run has ended: the record replaces what was known of it.
    async fn finished(&self, run: &RunRecord) -> Result<()>;

    /// The runs that match, the newest first. A run whose process died is [`Outcome::Interrupted`].
    async fn history(&self, filter: &RunFilter) -> Result<Vec<RunRecord>>;

    /// One run.
    async fn run(&self, id: RunId) -> Result<Option<RunRecord>>;
}

/// A run's name: a UUID of version 7, so that the order of names is the order in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct RunId(pub Uuid);

impl RunId {
    /// A new one, greater than all that this process made before.
    #[expect(clippy::new_without_default, reason = "each is another one: no value is the default")]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RunId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

/// Which runs to list; what is `None` matches all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// The sync file's project.
    pub project: Option<String>,
    /// The sync's name.
    pub sync: Option<String>,
    /// At most so many.
    pub limit: Option<usize>,
}

/// One run of one sync.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunRecord {
    /// Its name.
    pub id: RunId,
    /// The sync file's project.
    pub project: String,
    /// The sync's name.
    pub sync: String,
    /// The sync file's full path; `None` where there was none.
    pub file: Option<String>,
    /// Which of the file's environments held.
    pub environment: Option<String>,
    /// When it began; kept to the microsecond.
    #[serde(serialize_with = "instant")]
    pub started_at: SystemTime,
    /// When it ended; `None` while it runs, and where nobody saw its end.
    #[serde(serialize_with = "optional_instant")]
    pub finished_at: Option<SystemTime>,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it failed, where that was not a stream's own fault.
    pub error: Option<ErrorRecord>,
    /// Its streams, in the order in which they were run.
    pub streams: Vec<StreamRecord>,
}

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It goes on.
    Running,
    /// All streams landed.
    Done,
    /// Some streams failed and others landed.
    Partial,
    /// It failed.
    Failed,
    /// The user stopped it.
    Cancelled,
    /// Its process ended without a word: killed, or the machine went down.
    Interrupted,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Running,
        Self::Done,
        Self::Partial,
        Self::Failed,
        Self::Cancelled,
        Self::Interrupted,
    ];

    /// Its word, as it is stored and printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }

    /// The outcome of that word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// What a run did to one stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StreamRecord {
    /// The source stream's full name.
    pub stream: String,
    /// The target's full name.
    pub target: String,
    /// Rows that were read.
    pub rows_read: u64,
    /// Rows that were written.
    pub rows_written: u64,
    /// Rows that are new in the target.
    pub inserted: u64,
    /// Rows that were there and changed.
    pub updated: u64,
    /// Rows that are gone.
    pub deleted: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// The cursor's position in the end, as text.
    pub position: Option<String>,
    /// Why it failed.
    pub error: Option<ErrorRecord>,
}

/// What is kept of an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorRecord {
    /// Its stable name.
    pub code: String,
    /// What is wrong, why, and where.
    pub text: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl From<&Error> for ErrorRecord {
    fn from(error: &Error) -> Self {
        let text = error.to_string();
        let code = error.code().name();
        Self {
            text: text.strip_prefix(&format!("{code}: ")).unwrap_or(&text).to_owned(),
            code,
            help: error.report().help.clone(),
        }
    }
}

fn instant<S: Serializer>(at: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let micros = at
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_micros() as i64);
    serializer.collect_str(&Scalar::TimestampTz(micros))
}

// The signature is serde's.
#[expect(clippy::ref_option)]
fn optional_instant<S: Serializer>(at: &Option<SystemTime>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => instant(at, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use syncapp_model::{Code, Side};

    #[test]
    fn an_outcome_is_its_word() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::from_name(outcome.name()), Some(outcome));
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.name());
        }
        assert_eq!(Outcome::from_name("unheard of"), None);
    }

    #[test]
    fn an_error_is_kept_with_its_places_and_its_help() {
        let error = Error::new(Code::AuthFailed(Side::Source), "the password is wrong")
            .connection("shop")
            .help("set SHOP_PASSWORD")
            .driver("28P01");
        assert_eq!(
            ErrorRecord::from(&error),
            ErrorRecord {
                code: "source.auth_failed".into(),
                text: "the password is wrong, connection shop".into(),
                help: Some("set SHOP_PASSWORD".into()),
            }
        );
    }

    #[test]
    fn instants_are_printed_as_text() {
        let mut run = RunRecord {
            id: RunId::new(),
            project: "p".into(),
            sync: "s".into(),
            file: None,
            environment: None,
            started_at: UNIX_EPOCH + Duration::from_micros(1_704_067_200_000_001),
            finished_at: None,
            outcome: Outcome::Running,
            error: None,
            streams: Vec::new(),
        };
        let json = serde_json::to_value(&run).unwrap();
        assert_eq!(json["started_at"], "2024-01-01T00:00:00.000001Z");
        assert!(json["finished_at"].is_null());
        assert_eq!(json["id"], run.id.to_string());
        run.finished_at = Some(UNIX_EPOCH);
        assert_eq!(
            serde_json::to_value(&run).unwrap()["finished_at"],
            "1970-01-01T00:00:00Z"
        );
    }

    #[test]
    fn ids_grow() {
        let ids: Vec<_> = (0..1000).map(|_| RunId::new()).collect();
        assert!(ids.is_sorted());
        assert_eq!(ids[0].to_string().parse(), Ok(ids[0]));
    }
}
