//! Which rows of a target count as gone where rows of the source were set aside.
//!
//! A row that is set aside is not among those that land. What the target has of it would look like a row that the source
//! has lost: so nothing is taken for gone until all rows land.

use syncapp_model::sync_file::{DeleteRule, Write};
use syncapp_model::{Code, Error};

use crate::StreamPlan;

/// Whether a run of the stream takes rows for gone because it does not meet their keys.
pub(crate) fn seeks(plan: &StreamPlan) -> bool {
    matches!(plan.write, Write::Merge | Write::History) && plan.deletes != DeleteRule::Ignore
}

/// What the user should know where so many rows were set aside; `None` where that spares nothing.
pub(crate) fn spared(plan: &StreamPlan, set_aside: u64) -> Option<Error> {
    if set_aside == 0 || !seeks(plan) {
        return None;
    }
    let were = if set_aside == 1 {
        "1 row was".to_owned()
    } else {
        format!("{set_aside} rows were")
    };
    Some(warning(format!(
        "{were} set aside, so none of the target's rows is taken for gone"
    )))
}

/// What the user should know where rows that only the target has are not looked for.
pub(crate) fn unsought() -> Error {
    warning("rows of the source are set aside, so extra rows of the target were not looked for".into())
}

fn warning(why: String) -> Error {
    Error::warning(Code::Conflict, why).help("correct those rows, or leave them out by `where`")
}
