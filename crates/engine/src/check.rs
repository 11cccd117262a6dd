//! What can be known of a planned stream before it runs. Only reads.

use syncapp_model::Error;

use crate::{Ends, RunOptions, StreamPlan, key, outlook};

/// What stands in the stream's way: rights that the target's user lacks, columns that do not fit, a key that does not
/// tell the rows apart.
pub async fn check(ends: &Ends, plan: &StreamPlan, options: &RunOptions) -> Vec<Error> {
    let target = plan.target(options);
    let mut problems = ends
        .destination
        .missing_rights(&target)
        .await
        .unwrap_or_else(|error| vec![error]);
    if problems.is_empty() {
        match outlook(ends, plan, options).await {
            Ok(outlook) => problems.extend(outlook.warnings),
            Err(error) => return vec![error],
        }
    }
    match key::check(ends, plan).await {
        Ok(found) => problems.extend(found),
        Err(error) => problems.push(error),
    }
    let named = |error| ends.name(error).stream(&plan.entry);
    problems.into_iter().map(named).collect()
}
