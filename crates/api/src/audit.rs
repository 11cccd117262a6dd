//! The audit log, as admins read it: the newest entries first.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::Serialize;
use serde_json::Value;
use syncapp_control::access::AuditEntry;

use crate::page::{Page, PageQuery, invalid};
use crate::view::instant;
use crate::{Api, Problem};

/// One entry.
#[derive(Debug, Serialize)]
pub(crate) struct EntryView {
    number: String,
    at: String,
    actor: String,
    origin: String,
    action: String,
    object: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Value>,
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

pub(crate) async fn list(
    State(api): State<Api>,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Json<Page<EntryView>>, Problem> {
    let Query(page) = query?;
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
