//! What is told of a job, and its end before its time.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::record::{JobView, stop_topic};
use crate::extract::Names;
use crate::{Api, Problem};

/// Shows a job
///
/// It is remembered for an hour after its end. That of a process that died is forgotten in half a minute.
#[utoipa::path(
    get,
    path = "/projects/{project}/jobs/{job}",
    operation_id = "show_job",
    tag = "jobs",
    params(
        ("project" = String, Path, description = "The project's name."),
        ("job" = String, Path, description = "The job's name.", format = "uuid")
    ),
    responses((status = 200, description = "The job.", body = JobView))
)]
pub(crate) async fn show(
    State(api): State<Api>,
    Names((project, job)): Names<(String, String)>,
) -> Result<Json<JobView>, Problem> {
    one(&api, &project, &job).await.map(Json)
}

/// Stops a job
///
/// It is `cancelled` soon, unless it was over before.
#[utoipa::path(
    delete,
    path = "/projects/{project}/jobs/{job}",
    operation_id = "stop_job",
    tag = "jobs",
    params(
        ("project" = String, Path, description = "The project's name."),
        ("job" = String, Path, description = "The job's name.", format = "uuid")
    ),
    responses((status = 202, description = "The job as it was.", body = JobView))
)]
pub(crate) async fn stop(
    State(api): State<Api>,
    Names((project, job)): Names<(String, String)>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let known = one(&api, &project, &job).await?;
    if !known.state.is_final() {
        api.jobs.cache().publish(&stop_topic(&known.id), b"stop").await?;
    }
    Ok((StatusCode::ACCEPTED, Json(known)))
}

async fn one(api: &Api, project: &str, job: &str) -> Result<JobView, Problem> {
    let name: Option<uuid::Uuid> = job.parse().ok();
    let name = name.ok_or_else(|| Problem::missing("job", job))?.to_string();
    let known = JobView::known(api.jobs.cache(), &name).await?;
    known
        .filter(|known| known.project == project)
        .ok_or_else(|| Problem::missing("job", job))
}
