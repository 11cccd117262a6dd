//! Which rows count in a mode, and which differences have a reason.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow_array::{Array, BooleanArray, RecordBatch};
use syncapp_connector::{Part, RejectFilter, StateScope, Target, TargetShape};
use syncapp_model::sync_file::{Mode, OnError, Write};
use syncapp_model::{Code, Error, Result, RowHash, Scalar};
use syncapp_transform::Program;

use super::compare::At;
use super::side::{Rows, keep};
use crate::cursor::Cursor;
use crate::row_hash::row_hash;
use crate::sift::Policy;
use crate::{Ends, RunOptions, StreamPlan, gone};

/// What counts.
pub(super) struct Scope {
    /// The source's rows that have been synced.
    pub(super) part: Option<Part>,
    /// Whether the target may have only what the source has.
    pub(super) extra_is_wrong: bool,
    /// From here on rows may have come late; and which rows of those have landed.
    open: Option<(Scalar, HashMap<RowHash, u64>)>,
    /// Rejected rows as JSON, and what spells a row like them.
    rejects: Option<(HashSet<String>, Policy)>,
    on_error: OnError,
}

impl Scope {
    /// What counts now: how far the stream has come is read from the target.
    pub(super) async fn of(
        ends: &Ends,
        plan: &StreamPlan,
        (target, shape): &(Target, TargetShape),
        run: &Program,
        options: &RunOptions,
    ) -> Result<Self> {
        let scope = StateScope {
            namespaces: vec![plan.state_schema.clone().or_else(|| shape.name.namespace.clone())],
        };
        let (mut part, mut open) = (None, None);
        if let (Mode::Incremental, Some(cursor)) = (plan.mode, &plan.cursor) {
            let states = ends.destination.states(&scope).await?;
            let state = states.into_iter().find(|state| state.key == plan.key);
            let Some(position) = state.and_then(|state| state.checkpoint?.position) else {
                return Err(Error::new(Code::UnknownName, "nothing of the stream has landed yet")
                    .help("run the sync first; `syncapp state show` tells how far streams have come"));
            };
            part = Some(Part {
                cursor: cursor.clone(),
                from: plan.start.clone(),
                through: position.through,
            });
            open = Some((position.cursor, position.landed.into_iter().collect()));
        }
        let rejects = if plan.on_error == OnError::Reject {
            let filter = RejectFilter {
                project: plan.key.project.clone(),
                sync: plan.key.sync.clone(),
                stream: Some(plan.key.stream.clone()),
                id: None,
                after: None,
                limit: isize::MAX as usize,
            };
            let kept = ends.destination.rejects(&scope, &filter).await?;
            let policy = Policy::new(plan, run, target, shape, (&options.run_id, options.moment()));
            Some((kept.into_iter().map(|reject| reject.row).collect(), policy))
        } else {
            None
        };
        let all = plan.mode == Mode::FullRefresh;
        let extra_is_wrong = match plan.write {
            Write::Overwrite => true,
            Write::Append => false,
            Write::Merge | Write::History => all && gone::seeks(plan),
        };
        Ok(Self {
            part,
            extra_is_wrong,
            open,
            rejects,
            on_error: plan.on_error,
        })
    }

    /// Whether rows of the source are kept as rejected.
    pub(super) fn has_rejects(&self) -> bool {
        self.rejects.as_ref().is_some_and(|(kept, _)| !kept.is_empty())
    }

    /// Whether rows are needed as a run reads them.
    pub(super) fn asks_of_rows(&self) -> bool {
        self.open.is_some() || self.rejects.is_some()
    }

    /// The source's rows that have been synced, and how many have not. `run` are the places of the columns that a run
    /// reads, `cursor` that of the cursor, among the fetched ones.
    pub(super) fn landed(
        &mut self,
        rows: Vec<Arc<Rows>>,
        run: &[usize],
        cursor: Option<usize>,
    ) -> Result<(Vec<Arc<Rows>>, u64)> {
        let (Some((from, landed)), Some(cursor)) = (&mut self.open, cursor) else {
            return Ok((rows, 0));
        };
        let mut kept = Vec::with_capacity(rows.len());
        let mut pending = 0;
        for rows in rows {
            let values = Cursor::of(&rows.fetched, cursor)?;
            let read = project(&rows, run)?;
            let mut stays = Vec::with_capacity(read.num_rows());
            for row in 0..read.num_rows() {
                let stay = values.compare(row, from)? == Ordering::Less || take(landed, row_hash(&read, row)?);
                pending += u64::from(!stay);
                stays.push(stay);
            }
            if stays.iter().all(|stay| *stay) {
                kept.push(rows);
                continue;
            }
            let stays = BooleanArray::from(stays);
            kept.push(Arc::new(Rows {
                compared: keep(&rows.compared, Some(&stays))?,
                fetched: keep(&rows.fetched, Some(&stays))?,
            }));
        }
        Ok((kept, pending))
    }

    /// Whether a row of the source that the target does not have as it is was set aside.
    pub(super) fn is_rejected(&self, at: &At, run: &[usize], plan: &StreamPlan) -> Result<bool> {
        let Some((kept, policy)) = &self.rejects else {
            return Ok(false);
        };
        let read = project(&at.rows, run)?.slice(at.row, 1);
        let spelled = policy.reject(plan, &read, &Error::internal("compared"))?.row;
        Ok(kept.contains(&spelled))
    }

    /// The columns that differ without those that `on_error` may have made NULL.
    pub(super) fn without_nulled(&self, mut columns: Vec<usize>, target: &At) -> Vec<usize> {
        if self.on_error == OnError::Null {
            columns.retain(|column| !target.rows.compared.column(*column).is_null(target.row));
        }
        columns
    }
}

/// The columns that a run reads.
fn project(rows: &Rows, run: &[usize]) -> Result<RecordBatch> {
    let read = rows.fetched.project(run);
    read.map_err(|problem| Error::internal(problem.to_string()))
}

/// Uses up one of the rows of a hash that have landed.
fn take(landed: &mut HashMap<RowHash, u64>, hash: RowHash) -> bool {
    match landed.get_mut(&hash) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    }
}
