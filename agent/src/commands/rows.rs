//! `syncapp plan --rows`: the rows that a run would change.

use serde_json::{Map, Value, json};
use syncapp_engine::forecast::{Change, Forecast, Kind, forecast};
use syncapp_engine::{Ends, RunOptions, StreamPlan};
use syncapp_model::{Error, Result};

use crate::output::{self, count, printable};

/// How many changes of a stream are printed for people.
const SHOWN: u64 = 20;
/// How much of a value is.
const WIDTH: usize = 40;

/// Prints what would become of one stream's rows; the warnings that it has not printed.
pub(super) async fn tell(
    ends: &Ends,
    sync: &str,
    stream: &StreamPlan,
    options: &RunOptions,
    as_json: bool,
) -> Result<Vec<Error>> {
    let name = &stream.key.stream;
    if as_json {
        let each = |change| output::json(&json!({ "sync": sync, "stream": name, "change": change }));
        let found = forecast(ends, stream, options, u64::MAX, each).await?;
        output::json(&json!({ "sync": sync, "rows": found }))?;
        return Ok(Vec::new());
    }
    let mut lines = Vec::new();
    let found = forecast(ends, stream, options, SHOWN, |change| {
        lines.push(line(&change));
        Ok(())
    })
    .await?;
    output::line(&format!("  rows    {}", sums(&found)));
    let shown = lines.len() as u64;
    for line in lines {
        output::line(&format!("  {line}"));
    }
    let all = found.inserted + found.updated + found.deleted;
    if all > shown {
        output::line(&format!("  and {} more: `--json` prints all", count(all - shown)));
    }
    let warnings = found.warnings.into_iter();
    Ok(warnings.map(|warning| warning.stream(name)).collect())
}

fn sums(of: &Forecast) -> String {
    let changes = format!(
        "{} to insert, {} to update, {} to delete, of {} read",
        count(of.inserted),
        count(of.updated),
        count(of.deleted),
        count(of.read)
    );
    let more = [(of.rejected, "rows set aside"), (of.nulled, "values become NULL")];
    let more = more.iter().filter(|(number, _)| *number > 0);
    let more = more.map(|(number, what)| format!("{} {what}", count(*number)));
    std::iter::once(changes).chain(more).collect::<Vec<_>>().join("; ")
}

/// One change on one line.
fn line(change: &Change) -> String {
    let whole = || cells(&change.row);
    match change.kind {
        Kind::Insert => format!("+ {}", whole()),
        Kind::Update => {
            let changed = change.cells.iter();
            let changed = changed.map(|cell| {
                format!(
                    "{}: {} → {}",
                    printable(&cell.column),
                    value(&cell.old),
                    value(&cell.new)
                )
            });
            format!("~ {}  {}", cells(&change.key), changed.collect::<Vec<_>>().join(", "))
        }
        Kind::Delete if change.key.is_empty() => format!("- {}", whole()),
        Kind::Delete => format!("- {}", cells(&change.key)),
        Kind::Mark => format!("- {}  is marked", cells(&change.key)),
        Kind::End => format!("- {}  its version ends", cells(&change.key)),
    }
}

fn cells(of: &Map<String, Value>) -> String {
    let cells = of
        .iter()
        .map(|(column, of)| format!("{}={}", printable(column), value(of)));
    cells.collect::<Vec<_>>().join(" ")
}

/// A value on one line; text with its quotes where it could be taken for something else.
fn value(of: &Value) -> String {
    let Some(text) = of.as_str() else {
        return "NULL".to_owned();
    };
    let short: String = match text.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    };
    if short.is_empty() || short == "NULL" || short.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\'')
    {
        format!("'{}'", printable(&short.replace('\'', "''")).replace('\n', "\u{fffd}"))
    } else {
        short
    }
}
