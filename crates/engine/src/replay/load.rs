//! One load of rows that were kept, from the claim to the commit.

use std::collections::HashSet;

use arrow_array::RecordBatch;
use syncapp_connector::{
    Batch, Check, Claim, Committed, Load, Reject, RejectFilter, Rejects, Target, TargetShape, Writer, settled,
};
use syncapp_model::sync_file::{DeleteRule, OnError, Write};
use syncapp_model::{Checkpoint, Code, Error, Result, Side};
use syncapp_transform::Program;

use super::fix::Fixes;
use super::rows::Row;
use super::{Replay, Replayed, ReplayedRow, RowOutcome};
use crate::added::Constants;
use crate::listed::{PAGE, scope};
use crate::reading::natives;
use crate::sift::{Policy, Way, is_about_a_row};
use crate::{Ends, RunOptions, StreamPlan};

/// The rows that are being sent.
pub(super) struct Sent<'a> {
    ends: &'a Ends,
    plan: StreamPlan,
    options: &'a RunOptions,
    wanted: &'a Replay,
    fixes: &'a Fixes,
    /// Rows whose commit was sent and not answered: those that are no longer kept have landed.
    unanswered: HashSet<String>,
}

/// What is settled before rows come.
struct Claimed {
    claim: Claim,
    target: Target,
    shape: TargetShape,
    program: Program,
    added: Constants,
    policy: Policy,
}

/// A load that is being filled.
struct Open {
    load: Box<dyn Load>,
    writer: Box<dyn Writer>,
    /// The rows that were written, in their order.
    ids: Vec<String>,
    waiting: Vec<RecordBatch>,
    /// Rows that still cannot land.
    rejects: Rejects,
}

impl<'a> Sent<'a> {
    pub(super) fn new(
        ends: &'a Ends,
        plan: &StreamPlan,
        options: &'a RunOptions,
        wanted: &'a Replay,
        fixes: &'a Fixes,
    ) -> Self {
        let plan = StreamPlan {
            on_error: OnError::Reject,
            deletes: DeleteRule::Ignore,
            before_sql: None,
            after_sql: None,
            ..plan.clone()
        };
        Self {
            ends,
            plan,
            options,
            wanted,
            fixes,
            unanswered: HashSet::new(),
        }
    }

    /// Claims the stream, and sends what is kept of it.
    pub(super) async fn attempt(&mut self) -> Result<Replayed> {
        let target = self.target();
        let claim = self.ends.destination.claim(&target).await?;
        let mut replayed = Replayed {
            stream: self.plan.key.stream.clone(),
            target: target.name.raw(),
            rows: Vec::new(),
        };
        let mut some = page(self.ends, &self.plan, None).await?;
        if !some.is_empty() {
            let mut claimed = self.settle(claim, target, &some).await?;
            let mut open = self.begin(&claimed).await?;
            let filled = loop {
                if let Err(error) = self.fill(&mut claimed, &mut open, &some, &mut replayed.rows).await {
                    break Err(error);
                }
                let Some(last) = some.last().filter(|_| some.len() == PAGE) else {
                    break Ok(());
                };
                match page(self.ends, &self.plan, Some(last.id.clone())).await {
                    Ok(next) => some = next,
                    Err(error) => break Err(error),
                }
            };
            match filled {
                Ok(()) => self.commit(&claimed, open, &mut replayed.rows).await?,
                Err(error) => {
                    drop(open.writer);
                    open.load.abort().await;
                    return Err(error);
                }
            }
        }
        self.answer(&mut replayed.rows);
        Ok(replayed)
    }

    /// Rows are merged by their key, or added where the stream finds none by a key.
    fn target(&self) -> Target {
        let target = self.plan.target(self.options);
        let keyed = !target.primary_key.is_empty() && self.ends.destination.merges();
        Target {
            write: match target.write {
                Write::Overwrite if keyed => Write::Merge,
                Write::Overwrite => Write::Append,
                as_it_is => as_it_is,
            },
            replay: true,
            // A row may have been set aside again and again.
            distinct: false,
            // What was journalled before finds its rows changed.
            undo: None,
            // Each row that is refused stays on the list, however many are.
            refusals: Some(u64::MAX),
            ..target
        }
    }

    /// Settles how columns travel: as the source's own bytes where they were kept so, and the target takes them.
    async fn settle(&self, claim: Claim, mut target: Target, page: &[Reject]) -> Result<Claimed> {
        let plan = &self.plan;
        let kept = page.iter().map(Row::of).collect::<Result<Vec<_>>>()?;
        let mut shape = self.ends.destination.diff(&target).await?;
        let mut native = natives(plan, &target, &shape);
        let sources = plan.mapping.columns().iter().map(|column| column.source.as_deref());
        for ((native, column), source) in native.iter_mut().zip(&mut target.columns).zip(sources) {
            let bytes =
                source.is_some_and(|source| !self.fixes.has(source) && kept.iter().any(|row| row.is_native(source)));
            if *native && !bytes {
                *native = false;
                column.source_native = None;
            }
        }
        if !native.iter().all(|native| *native) {
            shape = self.ends.destination.diff(&target).await?;
        }
        if !shape.changes.is_empty() {
            let why = format!("the target {} is not there, or not as the stream needs it", shape.name);
            return Err(Error::new(Code::TypeMismatch(Side::Destination), why)
                .help("run the sync first: a replay changes no table"));
        }
        let program = plan.mapping.program(&native, &[])?;
        self.fixes.check(&program)?;
        let run = (self.options.run_id.as_str(), self.options.moment());
        Ok(Claimed {
            policy: Policy::new(plan, &program, &target, &shape, run),
            added: Constants::new(&plan.added, program.output(), run.0, run.1),
            claim,
            target,
            shape,
            program,
        })
    }

    async fn begin(&self, claimed: &Claimed) -> Result<Open> {
        let Claimed {
            claim, target, shape, ..
        } = claimed;
        let mut load = self.ends.destination.begin(target, claim.epoch, shape).await?;
        let writer = load.writer().await?;
        Ok(Open {
            load,
            writer: writer.ok_or_else(|| Error::internal("a load takes no writer"))?,
            ids: Vec::new(),
            waiting: Vec::new(),
            rejects: Rejects::new()?,
        })
    }

    /// Sends the rows that are wanted and can land.
    async fn fill(
        &self,
        claimed: &mut Claimed,
        open: &mut Open,
        page: &[Reject],
        rows: &mut Vec<ReplayedRow>,
    ) -> Result<()> {
        let wanted = |reject: &&Reject| self.wanted.ids.is_empty() || self.wanted.ids.contains(&reject.id);
        for reject in page.iter().filter(wanted) {
            let mut row = ReplayedRow {
                id: reject.id.clone(),
                row_key: reject.row_key.clone(),
                outcome: RowOutcome::Landed,
                error: None,
            };
            let source = Row::of(reject)?;
            let batch = match source.batch(&self.plan, &claimed.program, self.fixes) {
                Ok(batch) => batch,
                Err(error) if error.code() == Code::Internal => return Err(error),
                Err(error) => {
                    row.outcome = RowOutcome::Refused;
                    row.error = Some(error);
                    rows.push(row);
                    continue;
                }
            };
            let Claimed {
                program, added, policy, ..
            } = claimed;
            let check: &dyn Check = open.writer.as_ref();
            match policy.land(&mut Way { program, added, check }, &batch, 1, &[]) {
                Ok(mapped) if mapped.num_rows() == 0 => {
                    row.outcome = RowOutcome::Refused;
                    row.error = Some(left_out());
                }
                Ok(mapped) => {
                    open.ids.push(reject.id.clone());
                    open.waiting.push(mapped);
                }
                Err(error) if is_about_a_row(&error) => {
                    open.rejects.add(&[self.again(reject, &error)])?;
                    row.outcome = RowOutcome::Rejected;
                    row.error = Some(error);
                }
                Err(error) => return Err(error),
            }
            rows.push(row);
        }
        open.flush().await
    }

    /// A row as it is on the list.
    async fn kept(&self, id: &str) -> Result<Reject> {
        let filter = RejectFilter {
            id: Some(id.to_owned()),
            ..filter(&self.plan)
        };
        let found = self.ends.destination.rejects(&scope(&self.plan), &filter).await?;
        found.into_iter().next().ok_or_else(unknown)
    }

    /// A row that still cannot land: under its old name, with the new reason.
    fn again(&self, reject: &Reject, error: &Error) -> Reject {
        let report = error.report();
        Reject {
            run_id: self.options.run_id.clone(),
            rejected_at: self.options.moment(),
            column: report.at.column.clone(),
            code: report.code.name(),
            message: report.why.clone(),
            ..reject.clone()
        }
    }

    async fn commit(&mut self, claimed: &Claimed, open: Open, rows: &mut [ReplayedRow]) -> Result<()> {
        let Open {
            mut load,
            writer,
            mut ids,
            mut rejects,
            ..
        } = open;
        let filled = async {
            let taken = writer.finish().await?;
            if taken != ids.len() as u64 {
                let why = format!("the target took {taken} of {} rows", ids.len());
                return Err(
                    Error::new(Code::Failed(Side::Destination), why).help("nothing was changed; please report this")
                );
            }
            load.reject(rejects.again()?, Vec::new()).await
        };
        if let Err(error) = filled.await {
            load.abort().await;
            return Err(error);
        }
        let checkpoint = claimed.claim.checkpoint.clone().unwrap_or(Checkpoint {
            position: None,
            rows: 0,
        });
        self.unanswered.extend(ids.iter().cloned());
        let written = ids.clone();
        let fates = loop {
            let refused = match load.replay(&checkpoint, ids.clone()).await? {
                Committed::Done(fates) => break fates,
                Committed::Refused(refused) => refused,
            };
            load = refused.load;
            let kept = async {
                let mut out = HashSet::new();
                for row in &refused.rows {
                    let id = written.get(row.number as usize).ok_or_else(unknown)?;
                    out.insert(id);
                    rejects.add(&[self.again(&self.kept(id).await?, &row.error)])?;
                    for told in rows.iter_mut().filter(|told| told.id == *id) {
                        told.outcome = RowOutcome::Rejected;
                        told.error = Some(row.error.clone());
                    }
                }
                ids.retain(|id| !out.contains(id));
                load.reject(rejects.again()?, Vec::new()).await
            };
            if let Err(error) = kept.await {
                load.abort().await;
                return Err(error);
            }
        };
        settled(&ids, &fates)?;
        let sent = rows.iter_mut().filter(|row| row.outcome == RowOutcome::Landed);
        for (row, fate) in sent.zip(fates) {
            row.outcome = fate.into();
            if row.outcome == RowOutcome::Undecided {
                row.error = Some(undecided(&claimed.target));
            }
        }
        Ok(())
    }

    /// Adds rows that are no longer kept: they landed with a commit whose reply was lost.
    fn answer(&self, rows: &mut Vec<ReplayedRow>) {
        let found: HashSet<String> = rows.iter().map(|row| row.id.clone()).collect();
        let landed = self.unanswered.iter().filter(|id| !found.contains(*id));
        rows.extend(landed.map(|id| ReplayedRow {
            id: id.clone(),
            row_key: None,
            outcome: RowOutcome::Landed,
            error: None,
        }));
    }
}

impl Open {
    /// Writes what waits.
    async fn flush(&mut self) -> Result<()> {
        let Some(first) = self.waiting.first() else {
            return Ok(());
        };
        let batch = arrow_select::concat::concat_batches(&first.schema(), &self.waiting)
            .map_err(|problem| Error::internal(problem.to_string()))?;
        self.waiting.clear();
        self.writer.write(Batch::Columns(batch)).await
    }
}

/// Whether anything is kept of a stream.
pub(super) async fn is_due(ends: &Ends, plan: &StreamPlan) -> Result<bool> {
    page(ends, plan, None).await.map(|page| !page.is_empty())
}

/// The next kept rows of a stream, whether they are wanted or not.
async fn page(ends: &Ends, plan: &StreamPlan, after: Option<String>) -> Result<Vec<Reject>> {
    let filter = RejectFilter { after, ..filter(plan) };
    ends.destination.rejects(&scope(plan), &filter).await
}

/// The kept rows of a stream.
fn filter(plan: &StreamPlan) -> RejectFilter {
    let key = &plan.key;
    RejectFilter {
        project: key.project.clone(),
        sync: key.sync.clone(),
        stream: Some(key.stream.clone()),
        id: None,
        after: None,
        limit: PAGE,
    }
}

fn unknown() -> Error {
    Error::internal("the target refuses a row that is not on the list")
}

fn left_out() -> Error {
    Error::new(Code::Conflict, "`where` leaves the row out").help("change `where`, or mend what it looks at by `--fix`")
}

fn undecided(target: &Target) -> Error {
    let why = match &target.cursor {
        Some(cursor) => format!("there is another version of the row, and `{cursor}` does not tell which is newer"),
        None => "the key is in the target already, and nothing tells which version is newer".to_owned(),
    };
    Error::new(Code::DuplicateKey, why).help("let a run bring the source's version, or correct the row in the target")
}
