//! Target columns that change values on their way in: only with the user's consent. Nothing here reads or writes.

use syncapp_connector::{Loss, TargetShape};
use syncapp_model::{Code, Error};

use crate::StreamPlan;

/// Whether the file consents to what a column loses in the target.
pub(crate) fn is_given(plan: &StreamPlan, loss: &Loss) -> bool {
    let columns = plan.mapping.columns();
    let mapped = columns.iter().find(|column| column.name == loss.column);
    // What the run itself adds is for no user to decide.
    mapped.is_none_or(|column| column.consent)
}

/// What the target would change without consent.
pub(crate) fn missing(plan: &StreamPlan, shape: &TargetShape) -> Vec<Error> {
    let lossy = shape.losses.iter().filter(|loss| !is_given(plan, loss));
    let error = |loss: &Loss| {
        let columns = plan.mapping.columns();
        let from = columns.iter().find(|column| column.name == loss.column)?;
        let lands = shape.columns.iter().find(|column| column.name == loss.column)?;
        let why = format!(
            "{} values may change when they become {} in the target: {}",
            from.ty, lands.native.name, loss.why
        );
        let help = "consent with `allow_lossy: true` on the column, or change the target's column";
        Some(Error::new(Code::LossyType, why).column(&loss.column).help(help))
    };
    lossy.filter_map(error).collect()
}
