//! The audit log, as admins read it: the newest entries first.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use syncapp_control::access::AuditEntry;
use utoipa::ToSchema;

use crate::extract::Asked;
use crate::page::{Page, PageQuery, invalid};
use crate::view::instant;
use crate::{Api, Problem};

/// One entry.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub(crate) struct EntryView {
    /// Its place in the log, from 1.
    number: String,
    /// When it was written.
    #[schema(format = DateTime)]
    at: String,
    /// Who: `user ada`, `token ID (name)`, `agent` for its own token, `nobody`.
    actor: String,
    /// From which address.
    origin: String,
    /// Did what.
    #[schema(example = "project.push")]
    action: String,
    /// To what.
    #[schema(example = "projects/shop")]
    object: String,
    /// What it was before; secrets by fingerprints.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Value>,
    /// What it became.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Value>,
}

impl From<AuditEntry> for EntryView {
    fn from(entry: AuditEntry) -> Self {
        let json = |text: Option<String>| text.map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text)));
        Self {
            number: entry.number.to_string(),
            at: instant(entry.at),
            actor: entry.told.by.actor,
            origin: entry.told.by.origin,
            action: entry.told.action,
            object: entry.told.object,
            before: json(entry.told.before),
            after: json(entry.told.after),
        }
    }
}

/// Lists the audit log
///
/// The newest entries first.
#[utoipa::path(
    get,
    path = "/audit",
    operation_id = "list_audit",
    tag = "audit",
    params(PageQuery),
    responses((status = 200, description = "A page of entries.", body = Page<EntryView>))
)]
pub(crate) async fn list(
    State(api): State<Api>,
    Asked(page): Asked<PageQuery>,
) -> Result<Json<Page<EntryView>>, Problem> {
    let limit = page.limit()?;
    let before = page.after.as_deref().map(|text| {
        text.parse()
            .map_err(|_| invalid("after", "give the `next` of the page before"))
    });
    let rows = api
        .accounts
        .store
        .newest_entries(before.transpose()?, limit + 1)
        .await?;
    Ok(Json(Page::of(
        rows,
        limit,
        |entry| entry.number.to_string(),
        EntryView::from,
    )))
}
