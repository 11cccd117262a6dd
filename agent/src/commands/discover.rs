//! `syncapp discover`: what a connection holds.

use serde_json::{Value, json};
use syncapp_connector::Page;
use syncapp_model::{Code, Error, Pattern, StreamSpec};

use crate::args;
use crate::failure::{Exit, Failure};
use crate::output::{self, count};
use crate::project::Project;

pub(crate) async fn discover(args: args::Discover) -> Result<Exit, Failure> {
    let project = Project::open(&args.file).await?;
    let endpoint = project.endpoint(&args.connection)?;
    let source = endpoint.source().ok_or_else(|| {
        Error::new(
            Code::InvalidValue,
            format!("{} cannot be read", endpoint.manifest().title),
        )
    })?;
    let pattern: Pattern = args
        .pattern
        .parse()
        .map_err(|why: String| Error::new(Code::InvalidValue, why))?;
    let limit = args.limit.get();
    let page = Page {
        offset: args.offset,
        limit: limit.saturating_add(1),
    };
    let found = source
        .discover(&pattern, page)
        .await
        .map_err(|error| error.connection(&args.connection))?;
    let streams = &found[..found.len().min(limit)];
    for spec in streams {
        if args.json {
            output::json(&described(spec))?;
        } else {
            show(spec);
        }
    }
    if streams.is_empty() {
        output::note(&format!(
            "no stream of `{}` matches `{}`",
            args.connection, args.pattern
        ));
    }
    if found.len() > limit {
        output::note(&format!(
            "there are more: go on with `--offset {}`",
            args.offset + limit
        ));
    }
    Ok(Exit::Done)
}

fn show(spec: &StreamSpec) {
    let rows = spec
        .estimated_rows
        .map_or_else(String::new, |rows| format!(", about {} rows", count(rows)));
    let kind = serde_json::to_value(spec.kind)
        .ok()
        .and_then(|kind| kind.as_str().map(str::to_owned))
        .unwrap_or_default();
    output::line(&format!("{} ({kind}{rows})", output::printable(&spec.label())));
    let rows = spec.columns.iter().map(|column| {
        let key = spec.primary_key.iter().position(|key| *key == column.name);
        vec![
            format!("  {}", column.name),
            column.ty.to_string(),
            column.native.name.clone(),
            if column.nullable {
                String::new()
            } else {
                "not null".into()
            },
            key.map_or_else(String::new, |at| format!("key {}", at + 1)),
        ]
    });
    output::table(&["  column", "type", "native", "", ""], rows);
    output::line("");
}

/// What a connection holds, as JSON.
pub(crate) fn described(spec: &StreamSpec) -> Value {
    let columns: Vec<Value> = spec
        .columns
        .iter()
        .map(|column| {
            json!({
                "name": column.name, "type": column.ty.to_string(), "native": column.native.name,
                "nullable": column.nullable,
            })
        })
        .collect();
    json!({
        "stream": spec.label(), "kind": spec.kind, "estimated_rows": spec.estimated_rows,
        "primary_key": spec.primary_key, "columns": columns,
    })
}
