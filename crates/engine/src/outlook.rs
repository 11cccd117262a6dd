//! What a run of a stream would do. Only reads: the fence is not raised.

use serde::Serialize;
use syncapp_connector::{Delivery, TargetChange, TargetColumn, TargetShape};
use syncapp_model::sync_file::{DeleteRule, Mode, Write};
use syncapp_model::{Column, Error, Result, Scalar};
use syncapp_transform::{Change, MappedColumn};

use crate::consent;
use crate::ground::Ground;
use crate::{Ends, RunOptions, StreamPlan};

/// What a run of one stream would do.
#[derive(Debug, Clone, Serialize)]
pub struct Outlook {
    /// The stream's name.
    pub stream: String,
    /// The target's full name.
    pub target: String,
    /// How it is read.
    pub mode: Mode,
    /// How it lands.
    pub write: Write,
    /// The key by target names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub primary_key: Vec<String>,
    /// What becomes of rows whose key vanished.
    pub deletes: DeleteRule,
    /// What a kill in the middle leaves.
    pub delivery: Delivery,
    /// For how many seconds the run can be taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo: Option<u64>,
    /// The cursor by its source name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The first cursor value that is read; all where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Scalar>,
    /// How many rows the source has, as far as it can tell without counting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimated_rows: Option<u64>,
    /// What changes on the table.
    pub changes: Vec<TargetChange>,
    /// Where each of the target's columns comes from, and what it becomes.
    pub columns: Vec<Way>,
    /// What the user should know.
    pub warnings: Vec<Error>,
}

/// The way of one column.
#[derive(Debug, Clone, Serialize)]
pub struct Way {
    /// Its name in the target.
    pub column: String,
    /// The source's column; `None` where the value is computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Origin>,
    /// The type of its values.
    #[serde(rename = "type")]
    pub ty: String,
    /// The target's own type.
    pub lands: String,
    /// What becomes of the values.
    pub fit: Fit,
}

/// A column of the source.
#[derive(Debug, Clone, Serialize)]
pub struct Origin {
    /// Its name.
    pub column: String,
    /// The source's own type.
    pub native: String,
}

/// What becomes of a column's values on their way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// They land as they are.
    Same,
    /// Each lands exactly, or is an error.
    Exact,
    /// Each lands exactly in a type that holds more, or is an error.
    Widened,
    /// They may change: the file consents.
    Lossy,
    /// They would change, and the file does not consent: no run begins.
    Refused,
    /// They are computed.
    Computed,
    /// They are hidden.
    Masked,
    /// The run adds them.
    Added,
}

/// What a run would do now.
pub async fn outlook(ends: &Ends, plan: &StreamPlan, options: &RunOptions) -> Result<Outlook> {
    let named = |error: Error| ends.show(plan, error).stream(&plan.entry);
    let Ground {
        plan,
        target,
        shape,
        last,
        mut warnings,
    } = Ground::look(ends, plan, options).await.map_err(named)?;
    let from = match (&plan.range, plan.mode) {
        (Some(range), _) => range.from.clone(),
        (None, Mode::Incremental) => plan.from(last.as_ref().map(|last| &last.cursor)).map_err(named)?,
        _ => None,
    };
    warnings.extend(consent::missing(&plan, &shape));
    let mapped = plan.mapping.columns();
    let ways = target
        .columns
        .iter()
        .zip(&shape.columns)
        .enumerate()
        .map(|(at, (column, lands))| {
            let mapped = mapped.get(at);
            let from = mapped.and_then(|mapped| plan.spec.column(mapped.source.as_ref()?));
            Way {
                column: column.name.clone(),
                from: from.map(|column| Origin {
                    column: column.name.clone(),
                    native: column.native.name.clone(),
                }),
                ty: column.ty.to_string(),
                lands: lands.native.name.clone(),
                fit: mapped.map_or(Fit::Added, |mapped| fit(&plan, mapped, column, lands, &shape)),
            }
        });
    Ok(Outlook {
        stream: plan.key.stream.clone(),
        target: shape.name.to_string(),
        mode: plan.mode,
        write: plan.write,
        primary_key: plan.primary_key.clone(),
        deletes: plan.deletes,
        delivery: ends.destination.delivery(&target),
        undo: plan.undo.map(|keep| keep.as_secs()),
        cursor: plan.cursor.clone(),
        from,
        estimated_rows: plan.spec.estimated_rows,
        columns: ways.collect(),
        changes: shape.changes,
        warnings: warnings
            .into_iter()
            .map(|warning| ends.name(warning).stream(&plan.entry))
            .collect(),
    })
}

/// What becomes of a column's values.
fn fit(plan: &StreamPlan, mapped: &MappedColumn, column: &TargetColumn, lands: &Column, shape: &TargetShape) -> Fit {
    if let Some(loss) = shape.losses.iter().find(|loss| loss.column == column.name) {
        return if consent::is_given(plan, loss) {
            Fit::Lossy
        } else {
            Fit::Refused
        };
    }
    let from = mapped.source.as_ref().and_then(|source| plan.spec.column(source));
    match mapped.change {
        Change::None if column.source_native.as_ref() == Some(&lands.native) => Fit::Same,
        Change::Cast if mapped.lossy => Fit::Lossy,
        Change::Cast if from.is_some_and(|from| from.ty.widens_to(&column.ty)) => Fit::Widened,
        Change::None | Change::Cast if lands.ty != column.ty => Fit::Widened,
        Change::None | Change::Cast => Fit::Exact,
        Change::Computed => Fit::Computed,
        Change::Masked => Fit::Masked,
    }
}
