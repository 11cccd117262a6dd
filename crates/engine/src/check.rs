//! What can be known of a planned stream before it runs. Only reads.

use syncapp_model::Error;

use crate::{Ends, RunOptions, StreamPlan, Way, key, outlook};

/// What was found of one stream.
#[derive(Debug, Default)]
pub struct Checked {
    /// What becomes of its columns, where the target could be looked at.
    pub ways: Vec<Way>,
    /// What stands in its way: rights that the target's user lacks, columns that do not fit, a key that does not tell
    /// the rows apart.
    pub problems: Vec<Error>,
}

/// Looks at a stream.
pub async fn check(ends: &Ends, plan: &StreamPlan, options: &RunOptions) -> Checked {
    let target = plan.target(options);
    let mut found = Checked {
        problems: ends
            .destination
            .missing_rights(&target)
            .await
            .unwrap_or_else(|error| vec![error]),
        ..Checked::default()
    };
    if found.problems.is_empty() {
        match outlook(ends, plan, options).await {
            Ok(outlook) => {
                found.ways = outlook.columns;
                found.problems.extend(outlook.warnings);
            }
            Err(error) => {
                found.problems.push(error);
                return found;
            }
        }
    }
    match key::check(ends, plan).await {
        Ok(problems) => found.problems.extend(problems),
        Err(error) => found.problems.push(error),
    }
    let named = |error: Error| ends.show(plan, error).stream(&plan.entry);
    found.problems = found.problems.into_iter().map(named).collect();
    found
}
