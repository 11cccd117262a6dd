//! What a run of a stream would find, and what it would make of it. Only reads: the fence is not raised.

use syncapp_connector::{StateScope, Target, TargetShape};
use syncapp_model::sync_file::SchemaChanges;
use syncapp_model::{Error, Position, Result};

use crate::drift::Drift;
use crate::resume;
use crate::{Ends, RunOptions, StreamPlan};

/// What a run would begin with.
pub(crate) struct Ground {
    /// The stream without the columns that are left out.
    pub(crate) plan: StreamPlan,
    pub(crate) target: Target,
    pub(crate) shape: TargetShape,
    /// Where the last run ended.
    pub(crate) last: Option<Position>,
    pub(crate) warnings: Vec<Error>,
}

impl Ground {
    /// Looks at the target and its state.
    pub(crate) async fn look(ends: &Ends, plan: &StreamPlan, options: &RunOptions) -> Result<Self> {
        let mut plan = plan.clone();
        let mut warnings = Vec::new();
        let mut target = plan.target(options);
        let mut shape = ends.destination.diff(&target).await?;
        let drift = Drift::of(&target, &shape);
        drift.broken().map_or(Ok(()), Err)?;
        match plan.schema_changes {
            SchemaChanges::Pause => drift.pause().map_or(Ok(()), Err)?,
            SchemaChanges::Propagate => warnings.extend(drift.gone()),
            SchemaChanges::Ignore => {
                warnings.extend(drift.gone());
                if let Some(left_out) = drift.ignore(&plan.primary_key)? {
                    warnings.push(left_out);
                    plan = plan.without(&drift.added);
                    target = plan.target(options);
                    shape = ends.destination.diff(&target).await?;
                }
            }
        }
        let scope = StateScope {
            namespaces: vec![plan.state_schema.clone().or_else(|| shape.name.namespace.clone())],
        };
        let states = ends.destination.states(&scope).await?;
        let state = states.into_iter().find(|state| state.key == plan.key);
        let mut checkpoint = state.and_then(|state| state.checkpoint);
        warnings.extend(resume::from(&plan, &shape, &mut checkpoint)?);
        Ok(Self {
            last: checkpoint.and_then(|checkpoint| checkpoint.position),
            plan,
            target,
            shape,
            warnings,
        })
    }
}
