//! Where a sync's targets keep what a run remembers.

use std::collections::BTreeSet;

use syncapp_connector::StateScope;
use syncapp_engine::{Ends, RunOptions, StreamPlan, plan};
use syncapp_model::sync_file::Sync;

use crate::failure::Failure;
use crate::project::Project;

/// The namespaces that hold a sync's checkpoints and rejected rows: those of its targets, unless the sync names one.
pub(crate) async fn scope(
    project: &Project,
    name: &str,
    sync: &Sync,
    ends: &Ends,
    streams: Vec<String>,
) -> Result<(StateScope, Vec<StreamPlan>), Failure> {
    let options = RunOptions {
        streams,
        mask_key: project.mask_key()?,
        ..RunOptions::default()
    };
    let plan = plan(ends, &project.name, name, sync, &options)
        .await
        .map_err(|problems| project.failure(problems))?;
    if let Some((_, error)) = plan.failed.into_iter().next() {
        return Err(project.failure(vec![error]));
    }
    let namespaces: BTreeSet<Option<String>> = match &sync.state_schema {
        Some(schema) => BTreeSet::from([Some(schema.clone())]),
        None => plan
            .streams
            .iter()
            .map(|stream| stream.target.namespace.clone())
            .collect(),
    };
    Ok((
        StateScope {
            namespaces: namespaces.into_iter().collect(),
        },
        plan.streams,
    ))
}
