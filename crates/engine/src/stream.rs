//! One stream from claim to the last commit, tried again where a failure may pass.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime};

use syncapp_connector::{Claim, Receipt, Target, TargetShape};
use syncapp_model::sync_file::{Mode, OnError, SchemaChanges};
use syncapp_model::{Checkpoint, Code, Epoch, Error, Result, Scalar};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use crate::added::Constants;
use crate::consent;
use crate::drift::Drift;
use crate::listed::Listed;
use crate::load::{Claimed, Loading};
use crate::progress::Progress;
use crate::reading::{boundary, request, settle};
use crate::resume;
use crate::sift::Policy;
use crate::{Ends, Event, Outcome, RunOptions, StreamPlan, StreamSummary};

/// How long a stopped load may take to tidy up.
const ABORT: Duration = Duration::from_secs(4);

/// One stream while it runs.
pub(crate) struct StreamRun {
    pub(crate) ends: Ends,
    pub(crate) plan: StreamPlan,
    pub(crate) options: Arc<RunOptions>,
    pub(crate) events: UnboundedSender<Event>,
    pub(crate) progress: Arc<Progress>,
    cancel: CancellationToken,
    /// The checkpoint that was last sent to be committed.
    committing: Mutex<Option<Checkpoint>>,
    /// The last claim, where it is known.
    claimed: Mutex<Option<Epoch>>,
}

impl StreamRun {
    pub(crate) fn new(
        ends: Ends,
        plan: StreamPlan,
        options: Arc<RunOptions>,
        events: UnboundedSender<Event>,
        cancel: CancellationToken,
    ) -> Self {
        Self {
            ends,
            plan,
            options,
            events,
            progress: Arc::default(),
            cancel,
            committing: Mutex::default(),
            claimed: Mutex::default(),
        }
    }

    /// Runs it to its end, however that is.
    pub(crate) async fn finish(self) -> StreamSummary {
        let started = Instant::now();
        let ticking = tokio::spawn(Progress::tick(
            self.progress.clone(),
            self.plan.key.stream.clone(),
            self.events.clone(),
        ));
        let mut attempts = pin!(self.attempts());
        let ended = tokio::select! {
            ended = &mut attempts => ended,
            () = self.cancel.cancelled() => self.stop(attempts).await,
        };
        ticking.abort();
        if ended.is_err() {
            self.progress.restart();
        }
        let (outcome, position, error) = match ended {
            Ok(position) => (Outcome::Landed, position, None),
            Err(error) if error.code() == Code::Cancelled => (Outcome::Cancelled, None, Some(error)),
            Err(error) => (
                Outcome::Failed,
                None,
                Some(self.ends.show(&self.plan, error).stream(&self.plan.key.stream)),
            ),
        };
        StreamSummary {
            stream: self.plan.key.stream.clone(),
            target: self.plan.target.raw(),
            outcome,
            counts: self.progress.counts(),
            seconds: started.elapsed().as_secs_f64(),
            position,
            error,
        }
    }

    /// Ends what goes on, but for a commit that is under way: it may land whether anybody waits for it or not.
    async fn stop(
        &self,
        mut attempts: Pin<&mut impl Future<Output = Result<Option<Scalar>>>>,
    ) -> Result<Option<Scalar>> {
        let is_idle = || self.committing().is_none();
        if is_idle() {
            return Err(cancelled());
        }
        let ending = poll_fn(|context| match attempts.as_mut().poll(context) {
            Poll::Pending if is_idle() => Poll::Ready(Err(cancelled())),
            polled => polled,
        });
        tokio::time::timeout(ABORT, ending)
            .await
            .unwrap_or_else(|_| Err(cancelled()))
    }

    pub(crate) fn send(&self, event: Event) {
        // Nobody listens any more: the run goes on all the same.
        let _ = self.events.send(event);
    }

    pub(crate) fn warn(&self, warning: Error) {
        self.send(Event::Warning {
            warning: warning.stream(&self.plan.key.stream),
        });
    }

    /// A commit is under way, or (`None`) has been confirmed. When its reply is lost, the target's checkpoint tells
    /// whether it landed, unless it leaves the checkpoint as it is.
    pub(crate) fn commits(&self, checkpoint: Option<Checkpoint>) {
        *self.committing() = checkpoint;
    }

    fn committing(&self) -> MutexGuard<'_, Option<Checkpoint>> {
        self.committing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the commit that a failed attempt ended with has landed all the same.
    fn landed(&self, found: Option<&Checkpoint>) -> bool {
        let sent = self.committing().take();
        let cursor = |of: &Checkpoint| of.position.as_ref().map(|at| (at.cursor.clone(), at.through.clone()));
        let landed = sent
            .zip(found)
            .is_some_and(|(sent, found)| sent.rows == found.rows && cursor(&sent) == cursor(found));
        if landed {
            self.progress.committed(Receipt::default());
        } else {
            self.progress.restart();
        }
        landed
    }

    async fn attempts(&self) -> Result<Option<Scalar>> {
        let mut failures = 0;
        loop {
            let commits = self.progress.commits();
            let error = match self.attempt().await {
                Err(error) if error.is_transient() => error,
                ended => return ended,
            };
            failures = if self.progress.commits() > commits {
                1
            } else {
                failures + 1
            };
            let jitter = f64::from(
                SystemTime::now()
                    .duration_since(SystemTime::UNIX_EPOCH)
                    .map_or(0, |now| now.subsec_nanos()),
            ) / 1e9;
            let Some(wait) = self.options.retry.wait(failures, jitter) else {
                return Err(error);
            };
            self.send(Event::Retry {
                stream: self.plan.key.stream.clone(),
                failures,
                wait_seconds: wait.as_secs_f64(),
                error: self.ends.show(&self.plan, error).stream(&self.plan.key.stream),
            });
            tokio::time::sleep(wait).await;
        }
    }

    /// Claims the target, settles how columns travel, and loads.
    async fn attempt(&self) -> Result<Option<Scalar>> {
        let Self {
            ends, plan, options, ..
        } = self;
        let target = plan.target(options);
        let mut claim = self.claim(&target).await?;
        if self.landed(claim.checkpoint.as_ref()) && plan.mode == Mode::FullRefresh {
            return Ok(None);
        }
        let shape = ends.destination.diff(&target).await?;
        if let Some(warning) = resume::from(plan, &shape, &mut claim.checkpoint)? {
            self.warn(warning);
        }
        match self.agree(&target, &shape)? {
            Some(narrower) => {
                let target = narrower.target(options);
                let shape = ends.destination.diff(&target).await?;
                self.load(&narrower, target, shape, claim).await
            }
            None => self.load(plan, target, shape, claim).await,
        }
    }

    /// Takes the stream over: not again from a run that took it over since.
    async fn claim(&self, target: &Target) -> Result<Claim> {
        let last = || self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *last();
        if let Some(epoch) = before {
            self.ends.destination.stands(target, epoch).await?;
        }
        // A claim whose reply is lost may have been made: nothing is known then.
        *last() = None;
        let claim = self.ends.destination.claim(target).await?;
        *last() = Some(claim.epoch);
        Ok(claim)
    }

    /// Settles what becomes of columns that changed: the stream without those that are left out, if any are.
    fn agree(&self, target: &Target, shape: &TargetShape) -> Result<Option<StreamPlan>> {
        let plan = &self.plan;
        let drift = Drift::of(target, shape);
        drift.broken().map_or(Ok(()), Err)?;
        match plan.schema_changes {
            SchemaChanges::Pause => drift.pause().map_or(Ok(None), Err),
            SchemaChanges::Propagate => {
                drift.gone().into_iter().for_each(|warning| self.warn(warning));
                Ok(None)
            }
            SchemaChanges::Ignore => {
                drift.gone().into_iter().for_each(|warning| self.warn(warning));
                let Some(left_out) = drift.ignore(&plan.primary_key)? else {
                    return Ok(None);
                };
                self.warn(left_out);
                Ok(Some(plan.without(&drift.added)))
            }
        }
    }

    /// Opens the source and loads what it has.
    async fn load(
        &self,
        plan: &StreamPlan,
        target: Target,
        shape: TargetShape,
        claim: Claim,
    ) -> Result<Option<Scalar>> {
        let Self { ends, options, .. } = self;
        if let Some(lossy) = consent::missing(plan, &shape).into_iter().next() {
            return Err(lossy);
        }
        let listed = Listed::look(ends, plan).await?;
        let (program, wire) = settle(plan, &target, &shape, &listed)?;
        let last = claim
            .checkpoint
            .as_ref()
            .and_then(|checkpoint| checkpoint.position.clone());
        let request = request(plan, options, &program, wire, last.as_ref())?;
        let snapshot = ends.source.open(&request).await?;
        for warning in snapshot.warnings() {
            self.warn(warning.clone());
        }
        self.progress
            .expect(options.limit.or_else(|| snapshot.estimated_rows()));
        self.send(Event::StreamStarted {
            stream: plan.key.stream.clone(),
            target: shape.name.raw(),
            mode: plan.mode,
            write: plan.write,
            delivery: ends.destination.delivery(&target),
            undo: target.undo.is_some(),
            estimated_rows: snapshot.estimated_rows(),
            from: request.range.as_ref().and_then(|range| range.from.clone()),
        });
        // Of native rows only what stands behind them is seen.
        let passing = if wire {
            program.reads().len() - program.extra().len()
        } else {
            0
        };
        let continues = plan.mode != Mode::FullRefresh && plan.range.is_none();
        let boundary = plan
            .cursor
            .as_ref()
            .filter(|_| plan.range.is_none())
            .zip(program.extra().first().map(|column| column - passing))
            .map(|(_, column)| boundary(plan, column, last.as_ref().filter(|_| continues), snapshot.as_ref()))
            .transpose()?;
        let policy = (plan.on_error != OnError::Fail)
            .then(|| Policy::new(plan, &program, &target, &shape, (&options.run_id, options.moment())));
        let claimed = Claimed {
            target,
            shape,
            epoch: claim.epoch,
            policy,
            added: Constants::new(&plan.added, program.output(), &options.run_id, options.moment()),
            program,
            listed,
            boundary,
            keeps_state: plan.range.is_some() || options.limit.is_some(),
            checkpoint: claim.checkpoint.unwrap_or(Checkpoint {
                position: None,
                rows: 0,
            }),
        };
        Loading::new(self, claimed).finish(snapshot.into()).await
    }

    /// Lets a load tidy up, but not for long.
    pub(crate) async fn abort(load: Box<dyn syncapp_connector::Load>) {
        if tokio::time::timeout(ABORT, load.abort()).await.is_err() {
            tracing::debug!("a load took too long to abort and was dropped");
        }
    }
}

fn cancelled() -> Error {
    Error::new(Code::Cancelled, "the run was stopped").help("run it again: it goes on where the last commit ended")
}
