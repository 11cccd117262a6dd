//! Schedules: what they mean, when they run next, and what became of their ticks.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use syncapp_control::schedule::{self, Preview};
use syncapp_control::{Schedule, ScheduleId, SkipReason, Tick, TickOutcome};
use syncapp_model::{Code, Error, sync_file};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Asked, Names};
use crate::page::{Page, PageQuery, invalid};
use crate::syncs::{now, read};
use crate::view::instant;
use crate::words::SkipWord;
use crate::{Api, Problem};

/// The most runs that are told ahead.
const AHEAD: usize = 100;

/// A sync's schedule.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Schedule)]
pub(crate) struct ScheduleView {
    /// The sync.
    sync: String,
    /// The version that says so.
    version: u32,
    /// In plain words.
    runs: String,
    /// Whether somebody has paused the sync here.
    paused: bool,
    /// The first tick that is not recorded yet; none where there are no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    next_due: Option<String>,
}

/// A run to come.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Coming {
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// The same as the clock of the schedule's zone shows it, with what is odd about it.
    words: String,
    /// Whether it will be skipped, as far as is known now.
    skipped: bool,
}

/// One instant of a schedule, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tick)]
pub(crate) struct TickView {
    /// The instant, as the schedule means it, however late it was noticed.
    #[schema(format = DateTime)]
    nominal_at: String,
    /// Its run, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    run: Option<String>,
    /// Why it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<SkipWord>)]
    skipped: Option<SkipReason>,
}

impl From<Tick> for TickView {
    fn from(tick: Tick) -> Self {
        let (run, skipped) = match tick.outcome {
            TickOutcome::Ran(run) => (Some(run.to_string()), None),
            TickOutcome::Skipped(reason) => (None, Some(reason)),
        };
        Self {
            nominal_at: instant(tick.nominal_at),
            run,
            skipped,
        }
    }
}

/// Lists the schedules of a project
///
/// In the order of their syncs' names; syncs that run by hand only, or after others, have none.
#[utoipa::path(
    get,
    path = "/projects/{project}/schedules",
    operation_id = "list_schedules",
    tag = "schedules",
    params(("project" = String, Path, description = "The project's name."), PageQuery),
    responses((status = 200, description = "A page of schedules.", body = Page<ScheduleView>))
)]
pub(crate) async fn list(
    State(api): State<Api>,
    Names(project): Names<String>,
    Asked(page): Asked<PageQuery>,
) -> Result<Json<Page<ScheduleView>>, Problem> {
    let limit = page.limit()?;
    let store = &api.control.store;
    if store.newest(&project).await?.is_none() {
        return Err(Problem::missing("project", &project));
    }
    let paused = store.paused(&project).await?;
    let rows = store.schedules(&project, page.after.as_deref(), limit + 1).await?;
    let words = |row: Schedule| {
        let words = read(&row.definition)?.describe();
        Ok((row, words))
    };
    let rows = rows.into_iter().map(words).collect::<Result<Vec<_>, Problem>>()?;
    let view = |(row, runs): (Schedule, String)| ScheduleView {
        paused: paused.contains(&row.id.sync),
        sync: row.id.sync,
        version: row.version,
        runs,
        next_due: row.next_due.map(instant),
    };
    Ok(Json(Page::of(rows, limit, |(row, _)| row.id.sync.clone(), view)))
}

/// How far ahead.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AheadQuery {
    /// How many runs: 10 where it is not said.
    #[param(minimum = 1, maximum = 100)]
    count: Option<usize>,
}

/// Shows the next runs of a sync
///
/// As the clock of its schedule's zone shows them; those that a blackout or a pause will skip are told, and say so.
#[utoipa::path(
    get,
    path = "/projects/{project}/syncs/{sync}/next",
    operation_id = "preview_schedule",
    tag = "schedules",
    params(
        ("project" = String, Path, description = "The project's name."),
        ("sync" = String, Path, description = "The sync's name."),
        AheadQuery
    ),
    responses((status = 200, description = "The next runs; none where it has no schedule.", body = Vec<Coming>))
)]
pub(crate) async fn preview(
    State(api): State<Api>,
    Names((project, sync)): Names<(String, String)>,
    Asked(query): Asked<AheadQuery>,
) -> Result<Json<Vec<Coming>>, Problem> {
    let count = ahead(query.count)?;
    let id = ScheduleId { project, sync };
    let newest = api.control.store.newest(&id.project).await?;
    let planned = newest.as_ref().and_then(|version| version.sync(&id.sync));
    let planned = planned.ok_or_else(|| Problem::missing("sync", &id))?;
    let Some(spec) = &planned.schedule else {
        return Ok(Json(Vec::new()));
    };
    let mut schedule = read(&spec.definition)?;
    schedule.paused |= api.control.store.paused(&id.project).await?.contains(&id.sync);
    let next = schedule.preview(now(&api).await?, count);
    Ok(Json(next.iter().map(Coming::from).collect()))
}

impl From<&Preview> for Coming {
    fn from(preview: &Preview) -> Self {
        let skips = |note: &schedule::Note| matches!(note, schedule::Note::Blackout | schedule::Note::Paused);
        Self {
            at: preview.at.timestamp().to_string(),
            words: preview.to_string(),
            skipped: preview.notes.iter().any(skips),
        }
    }
}

/// A schedule that is not pushed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExplainQuery {
    /// The schedule as a sync file has it, in JSON: `{"cron": "0 3 * * *", "timezone": "Europe/Berlin"}`.
    schedule: String,
    /// How many runs: 10 where it is not said.
    #[param(minimum = 1, maximum = 100)]
    count: Option<usize>,
}

/// What a schedule means.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Meaning {
    /// In plain words.
    runs: String,
    /// The next runs, from now on; none of one that follows another sync.
    next: Vec<Coming>,
}

/// Explains a schedule
///
/// In plain words, with its next runs as the clock of its zone shows them: before it is pushed.
#[utoipa::path(
    get,
    path = "/schedules/next",
    operation_id = "explain_schedule",
    tag = "schedules",
    params(ExplainQuery),
    responses((status = 200, description = "What it means.", body = Meaning))
)]
pub(crate) async fn explain(
    State(api): State<Api>,
    Asked(query): Asked<ExplainQuery>,
) -> Result<Json<Meaning>, Problem> {
    let count = ahead(query.count)?;
    let read: sync_file::Schedule = serde_json::from_str(&query.schedule).map_err(|problem| {
        let error = Error::new(
            Code::InvalidValue,
            "`schedule` of the query is no schedule of a sync file",
        );
        let help = "give it in JSON, with the keys that a sync file has";
        Problem::from(vec![error.help(help).driver(problem)])
    })?;
    let schedule = schedule::Schedule::from_file(&read)?;
    let next = schedule.preview(now(&api).await?, count);
    Ok(Json(Meaning {
        runs: schedule.describe(),
        next: next.iter().map(Coming::from).collect(),
    }))
}

/// How many runs are told ahead.
fn ahead(count: Option<usize>) -> Result<usize, Problem> {
    match count.unwrap_or(10) {
        count @ 1..=AHEAD => Ok(count),
        _ => Err(invalid("count", &format!("give a number from 1 to {AHEAD}"))),
    }
}

/// Lists the ticks of a sync's schedule
///
/// Those that were recorded, in their order: each has a run, or a reason why it has none.
#[utoipa::path(
    get,
    path = "/projects/{project}/syncs/{sync}/ticks",
    operation_id = "list_ticks",
    tag = "schedules",
    params(
        ("project" = String, Path, description = "The project's name."),
        ("sync" = String, Path, description = "The sync's name."),
        PageQuery
    ),
    responses((status = 200, description = "A page of ticks.", body = Page<TickView>))
)]
pub(crate) async fn ticks(
    State(api): State<Api>,
    Names((project, sync)): Names<(String, String)>,
    Asked(page): Asked<PageQuery>,
) -> Result<Json<Page<TickView>>, Problem> {
    let limit = page.limit()?;
    let from = match &page.after {
        None => UNIX_EPOCH,
        Some(text) => place(text).ok_or_else(|| invalid("after", "give the `next` of the page before"))?,
    };
    let id = ScheduleId { project, sync };
    let rows = api.control.store.ticks(&id, from, limit + 1).await?;
    if rows.is_empty() {
        let newest = api.control.store.newest(&id.project).await?;
        newest
            .and_then(|version| version.sync(&id.sync).map(drop))
            .ok_or_else(|| Problem::missing("sync", &id))?;
    }
    let written = |tick: &Tick| {
        let since = tick.nominal_at.duration_since(UNIX_EPOCH).unwrap_or_default();
        since.as_micros().to_string()
    };
    Ok(Json(Page::of(rows, limit, written, TickView::from)))
}

/// The first instant after the tick that a page names.
fn place(text: &str) -> Option<SystemTime> {
    let micros: u64 = text.parse().ok()?;
    // As far as all stores can tell.
    let micros = micros.checked_add(1).filter(|micros| *micros < 1 << 56)?;
    UNIX_EPOCH.checked_add(Duration::from_micros(micros))
}
