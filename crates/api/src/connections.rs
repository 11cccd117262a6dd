//! The connections of a project, and where each is used.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use syncapp_model::Side;
use syncapp_model::sync_file::SyncFile;
use utoipa::ToSchema;

use crate::extract::Names;
use crate::{Api, Problem};

/// A connection.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Connection)]
pub(crate) struct ConnectionView {
    /// Its name.
    name: String,
    /// The id of its connector.
    connector: String,
    /// How many streams of the project may use it at once; as many as there are where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_streams: Option<u32>,
    /// The environments in which it is another one.
    environments: Vec<String>,
    /// Where it is used.
    used_by: Vec<UseView>,
}

/// One use of a connection.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConnectionUse)]
pub(crate) struct UseView {
    /// The sync.
    sync: String,
    /// As what.
    #[schema(value_type = SideWord)]
    side: Side,
    /// How many streams the sync names.
    streams: u32,
}

/// As what a connection is used.
#[derive(ToSchema)]
#[schema(as = Side, rename_all = "snake_case")]
#[expect(dead_code, reason = "a description of the model's words")]
enum SideWord {
    Source,
    Destination,
}

/// Lists the connections of a project
///
/// Of its newest version, in the file's order. Where they lead is not told: the version's file says so to those who may read it.
#[utoipa::path(
    get,
    path = "/projects/{project}/connections",
    operation_id = "list_connections",
    tag = "connections",
    params(("project" = String, Path, description = "The project's name.")),
    responses((status = 200, description = "All connections.", body = Vec<ConnectionView>))
)]
pub(crate) async fn list(
    State(api): State<Api>,
    Names(project): Names<String>,
) -> Result<Json<Vec<ConnectionView>>, Problem> {
    let newest = api.control.store.newest(&project).await?;
    let newest = newest.ok_or_else(|| Problem::missing("project", &project))?;
    let file = api.compiler.read(&newest.text);
    Ok(Json(file.as_ref().map(views).unwrap_or_default()))
}

fn views(file: &SyncFile) -> Vec<ConnectionView> {
    let view = |(name, connection): (&String, &syncapp_model::sync_file::Connection)| ConnectionView {
        name: name.clone(),
        connector: connection.connector.clone(),
        max_streams: connection.max_streams,
        environments: environments(file, name),
        used_by: uses(file, name),
    };
    file.connections.iter().map(view).collect()
}

fn environments(file: &SyncFile, connection: &str) -> Vec<String> {
    let differ = file
        .environments
        .iter()
        .filter(|(_, environment)| environment.connections.contains_key(connection));
    differ.map(|(name, _)| name.clone()).collect()
}

fn uses(file: &SyncFile, connection: &str) -> Vec<UseView> {
    let mut uses = Vec::new();
    for (name, sync) in &file.syncs {
        for (side, of) in [(Side::Source, &sync.source), (Side::Destination, &sync.destination)] {
            if of == connection {
                uses.push(UseView {
                    sync: name.clone(),
                    side,
                    streams: u32::try_from(sync.streams.len()).unwrap_or(u32::MAX),
                });
            }
        }
    }
    uses
}
