//! Where an increment goes on: where the last one ended, as long as what it brought is still there.

use syncapp_connector::{TargetChange, TargetShape};
use syncapp_model::sync_file::Mode;
use syncapp_model::{Checkpoint, Code, Error, Result};

use crate::StreamPlan;

/// Makes the checkpoint one that a run may go on from: without its position where the target's table is not there, which
/// the warning says. A table that another one was renamed to, or that another stream fills, may hold anything: that is
/// refused.
pub(crate) fn from(
    plan: &StreamPlan,
    shape: &TargetShape,
    checkpoint: &mut Option<Checkpoint>,
) -> Result<Option<Error>> {
    let Some(checkpoint) = checkpoint.as_mut().filter(|_| plan.mode == Mode::Incremental) else {
        return Ok(None);
    };
    let Some(position) = &checkpoint.position else {
        return Ok(None);
    };
    let new = shape
        .changes
        .iter()
        .any(|change| matches!(change, TargetChange::Create { .. }));
    if new {
        checkpoint.position = None;
        let why = format!(
            "{} is not there any more or not yet: the stream begins anew",
            shape.name
        );
        return Ok(Some(Error::warning(Code::Conflict, why)));
    }
    match &position.table {
        Some(table) if *table != shape.name => {
            let why = format!(
                "the stream has filled {table} so far, and {} may not hold those rows",
                shape.name
            );
            Err(Error::new(Code::Conflict, why).help(
                "`syncapp state reset` begins anew; where the table was only renamed, `syncapp state set` goes on from a \
                 cursor of your choice",
            ))
        }
        _ => Ok(None),
    }
}
