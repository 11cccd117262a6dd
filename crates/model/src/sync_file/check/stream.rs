//! The rules of one stream, as pure functions over its keys.

use std::collections::HashSet;

use crate::nearest::nearest;
use crate::sync_file::{ColumnConfig, DeleteRule, Mode, OnError, StreamConfig, Write};
use crate::{Code, DataType, Error, Lookback, Pattern};

/// Whether a stream's name or glob can be read.
pub(super) fn pattern(text: &str) -> Result<(), Error> {
    text.strip_prefix('!')
        .unwrap_or(text)
        .parse::<Pattern>()
        .map(drop)
        .map_err(|why| {
            Error::new(Code::InvalidValue, format!("this is not a stream's name: {why}")).help(
                "write `namespace.name`, a part with dots of its own in double quotes, or a glob such as `public.*`",
            )
        })
}

/// Problems of single keys.
pub(super) fn values(config: &StreamConfig) -> Vec<(&'static str, Error)> {
    let into = config
        .into
        .as_deref()
        .and_then(placeholders)
        .map(|problem| ("into", problem));
    let start = config
        .start
        .as_ref()
        .filter(|start| !start.is_string() && !start.is_number())
        .map(|_| {
            let problem = Error::new(Code::InvalidValue, "`start` is a text or a number");
            (
                "start",
                problem.help("write a value of the cursor column, such as `2024-01-01`"),
            )
        });
    let key = config
        .primary_key
        .as_deref()
        .and_then(names)
        .map(|problem| ("primary_key", problem));
    let select = config
        .select
        .as_deref()
        .and_then(select)
        .map(|problem| ("select", problem));
    let lookback = config
        .lookback
        .as_ref()
        .and_then(lookback)
        .map(|problem| ("lookback", problem));
    let undo = config.undo.as_ref().and_then(|undo| undo.time().err()).map(|why| {
        let problem = Error::new(Code::InvalidValue, why);
        (
            "undo",
            problem.help("write how long a run can be taken back, such as `undo: { keep: 7d }`"),
        )
    });
    let ratio = config
        .max_reject_ratio
        .filter(|ratio| !(0.0..=1.0).contains(ratio))
        .map(|ratio| {
            let problem = Error::new(Code::InvalidValue, format!("a share of {ratio} is not between 0 and 1"));
            ("max_reject_ratio", problem.help("write one row of a hundred as `0.01`"))
        });
    [into, start, lookback, key, select, undo, ratio]
        .into_iter()
        .flatten()
        .collect()
}

fn lookback(value: &serde_json::Value) -> Option<Error> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let why = text.parse::<Lookback>().err()?;
    Some(Error::new(Code::InvalidValue, why).help("write how late a row may come, such as `lookback: 10m`"))
}

fn placeholders(into: &str) -> Option<Error> {
    let mut rest = into;
    while let Some(at) = rest.find(['{', '}']) {
        let known = ["{schema}", "{stream}"]
            .iter()
            .find_map(|known| rest[at..].strip_prefix(known));
        match known {
            Some(after) => rest = after,
            None => {
                return Some(
                    Error::new(Code::InvalidValue, "`into` has a placeholder that is not known")
                        .help("placeholders: {schema}, {stream}"),
                );
            }
        }
    }
    None
}

fn names(names: &[String]) -> Option<Error> {
    let mut seen = HashSet::new();
    if names.is_empty() {
        return Some(
            Error::new(Code::InvalidValue, "the list names no column")
                .help("name at least one column, or leave the key out"),
        );
    }
    names.iter().find_map(|name| match name.as_str() {
        "" => Some(Error::new(Code::InvalidValue, "a column's name is empty")),
        name if !seen.insert(name) => {
            Some(Error::new(Code::InvalidValue, format!("`{name}` is named twice")).help("name it once"))
        }
        _ => None,
    })
}

fn select(entries: &[String]) -> Option<Error> {
    if let Some(problem) = names(entries) {
        return Some(problem);
    }
    let (out, into): (Vec<&str>, Vec<&str>) = entries
        .iter()
        .map(String::as_str)
        .partition(|entry| entry.starts_with('-'));
    if out.contains(&"-") || out.contains(&"-*") {
        return Some(
            Error::new(Code::InvalidValue, "`-` needs a column's name behind it").help("write `-internal_note`"),
        );
    }
    if into.is_empty() {
        return Some(
            Error::new(Code::Conflict, "`select` leaves columns out but chooses none")
                .help("begin with all of them: `[\"*\", -internal_note]`"),
        );
    }
    out.iter()
        .map(|entry| &entry[1..])
        .find(|name| into.contains(name))
        .map(|name| {
            Error::new(
                Code::Conflict,
                format!("`select` both chooses `{name}` and leaves it out"),
            )
            .help("keep one of the two")
        })
}

/// Problems of one target column.
pub(super) fn column(config: &ColumnConfig) -> Vec<(&'static str, Error)> {
    let both = (config.from.is_some() && config.expr.is_some()).then(|| {
        let problem = Error::new(Code::Conflict, "`expr` and `from` exclude each other");
        (
            "expr",
            problem.help("name the source column in the expression, and remove `from`"),
        )
    });
    let empty = [("from", &config.from), ("expr", &config.expr)]
        .into_iter()
        .filter_map(|(key, value)| {
            let blank = value.as_ref().is_some_and(|text| text.trim().is_empty());
            blank.then(|| {
                (
                    key,
                    Error::new(Code::InvalidValue, format!("`{key}` is empty")).help(format!("remove `{key}`")),
                )
            })
        });
    let ty = config
        .ty
        .as_deref()
        .and_then(type_problem)
        .map(|problem| ("type", problem));
    both.into_iter().chain(empty).chain(ty).collect()
}

fn type_problem(text: &str) -> Option<Error> {
    let problem = text.parse::<DataType>().err()?;
    let all = format!("types: {}", DataType::WORDS.join(", "));
    let help = if text.starts_with("decimal(") && !text.ends_with(')') {
        "inside braces a comma ends the value: put the type in quotes, `\"decimal(10,2)\"`".to_owned()
    } else if text.starts_with("decimal(") {
        format!(
            "write `decimal(p,s)`: p digits in all, 1 to {}, s of them behind the point",
            DataType::MAX_PRECISION
        )
    } else {
        match nearest(text, DataType::WORDS) {
            Some(meant) => format!("did you mean `{meant}`? {all}"),
            None => all,
        }
    };
    Some(Error::new(Code::InvalidValue, problem.to_string()).help(help))
}

/// Problems between the keys of a stream, with its defaults applied; a warning only about keys of its own.
pub(super) fn rules(all: &StreamConfig, own: &StreamConfig, pattern: &str) -> Vec<(Option<&'static str>, Error)> {
    let mut problems = Vec::new();
    let incremental = all.mode == Some(Mode::Incremental);
    if incremental && all.write == Some(Write::Overwrite) {
        let problem = Error::new(
            Code::Conflict,
            "an increment cannot overwrite: the rows before it would be lost",
        );
        problems.push((
            Some("write"),
            problem.help("choose `write: merge` or `append`, or `mode: full_refresh`"),
        ));
    }
    if incremental && all.cursor.is_none() {
        let problem = Error::new(Code::MissingKey, "`mode: incremental` needs a `cursor`");
        let help = "name the source column whose values grow with every change, such as `cursor: updated_at`";
        problems.push((own.mode.map(|_| "mode"), problem.help(help)));
    }
    if own.start.is_some() && matches!(all.mode, None | Some(Mode::FullRefresh)) {
        let problem = Error::new(Code::Conflict, "`start` needs `mode: incremental` and a `cursor`");
        problems.push((
            Some("start"),
            problem.help("a full refresh reads all rows; choose rows with `where`"),
        ));
    }
    problems.extend(late_rows(all).map(|problem| (own.lookback.is_some().then_some("lookback"), problem)));
    problems.extend(deletes(all).map(|problem| (own.deletes.map(|_| "deletes"), problem)));
    let given = own.given();
    for key in unused(all)
        .into_iter()
        .filter(|key| *key != "start" && given.contains(key))
    {
        let problem = Error::warning(Code::UnusedKey, format!("`{key}` has no effect on this stream"));
        let by = if key.starts_with("max_reject") {
            "`on_error: reject`"
        } else {
            "another mode or write"
        };
        problems.push((Some(key), problem.help(format!("remove `{key}`, or choose {by}"))));
    }
    if all.query.is_some() && matches!(pattern.parse(), Ok(Pattern::Glob(_))) {
        let problem = Error::new(Code::Conflict, "`query` cannot stand for a glob of streams");
        problems.push((
            Some("query"),
            problem.help("give the stream a name of its own, and `into` the target's"),
        ));
    }
    problems
}

/// What `lookback` needs: rows come again with it, so they have to find the ones they were.
fn late_rows(all: &StreamConfig) -> Option<Error> {
    all.lookback.as_ref()?;
    if all.mode != Some(Mode::Incremental) {
        let problem = Error::new(Code::Conflict, "`lookback` needs `mode: incremental` and a `cursor`");
        return Some(problem.help("a full refresh reads all rows: remove `lookback`"));
    }
    matches!(all.write, Some(Write::Append | Write::Overwrite)).then(|| {
        Error::new(
            Code::Conflict,
            "`lookback` reads rows again, which `append` would add twice",
        )
        .help("choose `write: merge` or `history`, with a key")
    })
}

/// What `deletes` needs: all keys of the source, and a write that keeps the others.
fn deletes(all: &StreamConfig) -> Option<Error> {
    let rule = all.deletes.filter(|rule| *rule != DeleteRule::Ignore)?;
    let full = matches!(all.mode, None | Some(Mode::FullRefresh));
    if full && matches!(all.write, Some(Write::Merge | Write::History)) {
        return None;
    }
    let word = if rule == DeleteRule::Soft { "soft" } else { "hard" };
    Some(
        Error::new(
            Code::Conflict,
            format!("`deletes: {word}` needs `mode: full_refresh` with `write: merge` or `history`"),
        )
        .help("only a run that reads all rows can tell which ones are gone; overwriting drops them anyway"),
    )
}

/// The keys that have no effect with a stream's mode, write and `on_error`.
pub(super) fn unused(all: &StreamConfig) -> Vec<&'static str> {
    let (full, merges) = match (all.mode, all.write) {
        (Some(Mode::Cdc), _) => return Vec::new(),
        (mode, write) => {
            let full = mode != Some(Mode::Incremental);
            (
                full,
                write.map_or(!full, |write| matches!(write, Write::Merge | Write::History)),
            )
        }
    };
    let bounds = all.on_error != Some(OnError::Reject);
    let unused = [
        ("cursor", full && !merges),
        ("start", full),
        // Overwritten rows too are compared by it, and replaced by it where other tables refer to them.
        ("primary_key", all.write == Some(Write::Append)),
        ("max_rejects", bounds),
        ("max_reject_ratio", bounds),
    ];
    unused
        .into_iter()
        .filter_map(|(key, unused)| unused.then_some(key))
        .collect()
}
