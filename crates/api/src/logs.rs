//! What is kept of a run's log.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use syncapp_control::{LogLine, Logged, MAX_LOG};
use utoipa::ToSchema;

use crate::extract::{Asked, Names};
use crate::page::{Page, PageQuery, invalid};
use crate::runs::id;
use crate::view::instant;
use crate::words::LogLevelWord;
use crate::{Api, Problem};

/// A line of a run's log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LogLine)]
pub(crate) struct LineView {
    /// Its number in the run's log; the first is 1.
    number: u32,
    /// When it was written.
    #[schema(format = DateTime)]
    at: String,
    /// How much it matters.
    #[schema(value_type = LogLevelWord)]
    level: &'static str,
    /// The stream it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<String>,
    /// What is said.
    text: String,
    /// The error's stable name, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

impl From<Logged> for LineView {
    fn from(logged: Logged) -> Self {
        let LogLine {
            level,
            stream,
            text,
            code,
            help,
        } = logged.line;
        Self {
            number: logged.number,
            at: instant(logged.at),
            level: level.name(),
            stream,
            text,
            code,
            help,
        }
    }
}

/// Lists the log of a run
///
/// In the order of its lines, of which 1,000 are kept: who carried which stream when, warnings, and errors with their remedies.
#[utoipa::path(
    get,
    path = "/runs/{run}/logs",
    operation_id = "list_run_logs",
    tag = "runs",
    params(("run" = String, Path, description = "The run's name.", format = "uuid"), PageQuery),
    responses((status = 200, description = "A page of lines.", body = Page<LineView>))
)]
pub(crate) async fn list(
    State(api): State<Api>,
    Names(run): Names<String>,
    Asked(page): Asked<PageQuery>,
) -> Result<Json<Page<LineView>>, Problem> {
    let (run, limit) = (id(&run)?, page.limit()?);
    let after = match &page.after {
        None => 0,
        Some(text) => place(text).ok_or_else(|| invalid("after", "give the `next` of the page before"))?,
    };
    let rows = api.control.store.logged(run, after, limit + 1).await?;
    if rows.is_empty() && api.control.store.run(run).await?.is_none() {
        return Err(Problem::missing("run", run));
    }
    Ok(Json(Page::of(
        rows,
        limit,
        |logged| logged.number.to_string(),
        LineView::from,
    )))
}

/// The number that a page names: no line has a greater one.
fn place(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number| *number <= MAX_LOG)
}
