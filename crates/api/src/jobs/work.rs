//! Jobs at work.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::http::StatusCode;
use futures_util::future::{Either, select};
use futures_util::pin_mut;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use syncapp_control::{Cache, Inspector, Question, Version};
use syncapp_model::{Code, Error, Result};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::record::{JobKind, JobState, JobView, RENEWED, stop_topic};
use crate::Problem;
use crate::view::instant;

/// How many jobs of a process go on at once.
const AT_ONCE: usize = 4;
/// How many more of them wait.
const WAITING: usize = 60;
/// How long a job may take.
const LONGEST: Duration = Duration::from_mins(10);
/// How long what a connection holds is told without a look.
const FRESH: Duration = Duration::from_mins(5);

/// The jobs of this process.
#[derive(Clone)]
pub struct Jobs {
    inspector: Arc<dyn Inspector>,
    cache: Arc<dyn Cache>,
    work: Arc<Semaphore>,
    room: Arc<Semaphore>,
}

impl Jobs {
    /// None yet.
    pub fn new(inspector: Arc<dyn Inspector>, cache: Arc<dyn Cache>) -> Self {
        Self {
            inspector,
            cache,
            work: Arc::new(Semaphore::new(AT_ONCE)),
            room: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
        }
    }

    pub(super) fn cache(&self) -> &dyn Cache {
        self.cache.as_ref()
    }

    /// Begins a job. `fresh` looks again at what a look before has found.
    pub(super) async fn begin(&self, version: Version, question: Question, fresh: bool) -> Result<JobView, Problem> {
        let job = JobView {
            id: Uuid::now_v7().to_string(),
            project: version.project.clone(),
            version: version.number,
            kind: kind(&question),
            state: JobState::Queued,
            asked_at: instant(SystemTime::now()),
            finished_at: None,
            result: None,
            errors: Vec::new(),
        };
        let shelf = shelf(&version, &question);
        if let Some(found) = self.found(shelf.as_deref().filter(|_| !fresh)).await {
            let job = job.ended(Ok(found));
            job.keep(self.cache()).await?;
            return Ok(job);
        }
        let Ok(room) = self.room.clone().try_acquire_owned() else {
            let error = Error::new(Code::TooManyRequests, "too many jobs wait here").help("ask again later");
            return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, error));
        };
        // Whoever stops it from now on is heard.
        let mut stop = self.cache.listen(&stop_topic(&job.id)).await?;
        job.keep(self.cache()).await?;
        let (jobs, record) = (self.clone(), job.clone());
        tokio::spawn(async move {
            let _room = room;
            let found = {
                let working = jobs.work(record.clone(), version, &question);
                pin_mut!(working);
                match select(working, stop.next()).await {
                    Either::Left((found, _)) => Some(found),
                    Either::Right(_) => None,
                }
            };
            let record = match found {
                Some(found) => {
                    jobs.remember(shelf.as_deref(), &found).await;
                    record.ended(found)
                }
                None => record.cancelled(),
            };
            if let Err(error) = record.keep(jobs.cache()).await {
                tracing::warn!(%error, job = record.id, "what became of a job cannot be told");
            }
        });
        Ok(job)
    }

    /// Waits for its turn and does it, and renews its record meanwhile.
    async fn work(&self, mut record: JobView, version: Version, question: &Question) -> Result<Value, Vec<Error>> {
        let version = Arc::new(version);
        let doing = async {
            let closed = |problem| vec![Error::internal("jobs are done no more").driver(problem)];
            let _turn = self.work.acquire().await.map_err(closed)?;
            timeout(LONGEST, self.inspector.inspect(version, question))
                .await
                .unwrap_or_else(|_| {
                    let error = Error::new(Code::Stalled, "the job took longer than 10 minutes");
                    Err(vec![error.help("ask for less of it, or start a run")])
                })
        };
        pin_mut!(doing);
        record.state = JobState::Running;
        loop {
            let renewal = sleep(RENEWED);
            pin_mut!(renewal);
            match select(doing.as_mut(), renewal).await {
                Either::Left((found, _)) => return found,
                // What is not renewed now is renewed later, or forgotten.
                Either::Right(_) => drop(record.keep(self.cache()).await),
            }
        }
    }

    async fn found(&self, shelf: Option<&str>) -> Option<Value> {
        let kept = self.cache.get(shelf?).await.ok()??;
        serde_json::from_slice(&kept).ok()
    }

    /// Keeps what was found for those who ask the same. What is not kept is looked for again.
    async fn remember(&self, shelf: Option<&str>, found: &Result<Value, Vec<Error>>) {
        if let (Some(shelf), Ok(found)) = (shelf, found) {
            let _ = self.cache.put(shelf, found.to_string().as_bytes(), FRESH).await;
        }
    }
}

fn kind(question: &Question) -> JobKind {
    match question {
        Question::Check { .. } => JobKind::Check,
        Question::Discover { .. } => JobKind::Discover,
        Question::Preview { .. } => JobKind::Preview,
        Question::Plan { .. } => JobKind::Plan,
        Question::Verify { .. } => JobKind::Verify,
        Question::Reset { .. } => JobKind::Reset,
        Question::Rejects(_) => JobKind::Rejects,
        Question::Replay(_) => JobKind::Replay,
        Question::Undo { .. } => JobKind::Undo,
    }
}

/// Where the answer is kept for those who ask the same; only what a connection holds is.
fn shelf(version: &Version, question: &Question) -> Option<String> {
    let Question::Discover {
        connection,
        pattern,
        offset,
        limit,
        only_names,
    } = question
    else {
        return None;
    };
    if version.is_draft() {
        return None;
    }
    let asked = serde_json::json!([
        version.project,
        version.number,
        connection,
        pattern,
        offset,
        limit,
        only_names
    ]);
    let hash = Sha256::digest(asked.to_string());
    Some(format!("discover/{}", hex::encode(hash)))
}
