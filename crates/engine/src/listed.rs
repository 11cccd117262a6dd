//! Rejected rows of earlier runs, by their keys: a row that lands with such a key settles what is kept of it.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{Array, RecordBatch};
use arrow_schema::Schema;
use syncapp_connector::{RejectFilter, StateScope};
use syncapp_model::sync_file::Write;
use syncapp_model::{Result, Scalar};
use syncapp_transform::Program;

use crate::cursor::Cursor;
use crate::kept::{Keeping, cells};
use crate::{Ends, StreamPlan};

/// How many are looked at, by about 200 bytes of memory each.
const LOOKED_AT: usize = 100_000;
/// How many are asked for at once.
pub(crate) const PAGE: usize = 1000;

/// The rows of one stream that a load may settle.
#[derive(Default)]
pub(crate) struct Listed {
    by_key: HashMap<String, Vec<Entry>>,
}

struct Entry {
    id: String,
    /// Where the stream has a cursor, the row's own value: an older row settles nothing.
    cursor: Option<Scalar>,
}

/// The namespaces that keep a stream's rejected rows.
pub(crate) fn scope(plan: &StreamPlan) -> StateScope {
    let own = plan.state_schema.clone().or_else(|| plan.target.namespace.clone());
    StateScope { namespaces: vec![own] }
}

impl Listed {
    /// Those that are kept now. An overwrite forgets all of them itself, and what is appended replaces nothing.
    pub(crate) async fn look(ends: &Ends, plan: &StreamPlan) -> Result<Self> {
        let mut listed = Self::default();
        if !matches!(plan.write, Write::Merge | Write::History) || plan.primary_key.is_empty() {
            return Ok(listed);
        }
        let mut wanted = RejectFilter {
            project: plan.key.project.clone(),
            sync: plan.key.sync.clone(),
            stream: Some(plan.key.stream.clone()),
            id: None,
            after: None,
            limit: PAGE,
        };
        let scope = scope(plan);
        for _ in 0..LOOKED_AT / PAGE {
            let page = ends.destination.rejects(&scope, &wanted).await?;
            let last = page.len() < PAGE;
            wanted.after = page.last().map(|reject| reject.id.clone());
            for reject in page {
                if let Some(key) = reject.row_key {
                    let cursor = cursor_of(plan, &reject.row);
                    let entry = Entry { id: reject.id, cursor };
                    listed.by_key.entry(key).or_default().push(entry);
                }
            }
            if last {
                break;
            }
        }
        Ok(listed)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// Those that are settled by the rows of a batch that land: their keys and ids.
    pub(crate) fn settle(
        &mut self,
        plan: &StreamPlan,
        program: &Program,
        batch: &RecordBatch,
        first_row: u64,
    ) -> Result<Vec<(String, String)>> {
        let mut settled = Vec::new();
        let keeping = Keeping::of(plan, program);
        if self.is_empty() || !keeping.tells() {
            return Ok(settled);
        }
        let cursor = plan.cursor.as_ref().zip(program.extra().first());
        let cursor = cursor.map(|(_, at)| Cursor::of(batch, *at)).transpose()?;
        for row in 0..batch.num_rows() {
            let Some(key) = keeping.row_key(batch, row)? else {
                continue;
            };
            let Some(entries) = self.by_key.get_mut(&key) else {
                continue;
            };
            let alone = program.apply(&batch.slice(row, 1), first_row + row as u64);
            if !alone.is_ok_and(|landed| landed.num_rows() == 1) {
                continue;
            }
            let mut kept = Vec::new();
            for entry in std::mem::take(entries) {
                let current = match (&cursor, &entry.cursor) {
                    (None, _) => true,
                    (Some(cursor), Some(value)) => cursor.compare(row, value)? != Ordering::Less,
                    (Some(_), None) => false,
                };
                if current {
                    settled.push((key.clone(), entry.id));
                } else {
                    kept.push(entry);
                }
            }
            *entries = kept;
        }
        Ok(settled)
    }
}

/// The cursor's value of a row that was kept, if it can be read.
fn cursor_of(plan: &StreamPlan, row: &str) -> Option<Scalar> {
    let name = plan.cursor.as_ref()?;
    let column = plan.spec.column(name)?;
    let array = cells(row).ok()?.get(name)?.typed(&column.ty).ok()?;
    if array.is_null(0) {
        return None;
    }
    let schema = Schema::new(vec![column.ty.field(name, true)]);
    let batch = RecordBatch::try_new(Arc::new(schema), vec![array]).ok()?;
    Cursor::of(&batch, 0).ok()?.value(0).ok()
}
