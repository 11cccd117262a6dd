//! `syncapp schema`: the JSON Schema of sync files.

use syncapp_model::{Error, sync_file};

use crate::failure::{Exit, Failure};
use crate::output;
use crate::project::schemas;

pub(crate) fn schema() -> Result<Exit, Failure> {
    let schema = serde_json::to_string_pretty(&sync_file::schema(&schemas()));
    output::line(&schema.map_err(|problem| Error::internal(problem.to_string()))?);
    Ok(Exit::Done)
}
