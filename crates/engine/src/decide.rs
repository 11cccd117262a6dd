//! Everything about one stream, from its keys and what the source says of it: pure functions.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use syncapp_connector::{Range, StreamRef};
use syncapp_model::sync_file::{DeleteRule, Mode, Naming, OnError, SchemaChanges, StreamConfig, Sync, Undo, Write};
use syncapp_model::{Code, DataType, Error, Lookback, Result, Scalar, StreamKey, StreamSpec, nearest};
use syncapp_transform::{Change, Mapping, MappingSpec};

use crate::added;
use crate::names::{Entry, target_name};
use crate::{RunOptions, StreamPlan};

/// Everything about one stream, or all that is wrong with it.
pub(crate) fn decide(
    key: StreamKey,
    stream: StreamRef,
    spec: StreamSpec,
    entry: &Entry,
    sync: &Sync,
    same_system: bool,
    options: &RunOptions,
) -> Result<StreamPlan, Vec<Error>> {
    let config = &entry.config;
    let no_columns = IndexMap::new();
    let mapping = Mapping::compile(
        &spec,
        &MappingSpec {
            select: config.select.as_deref(),
            columns: config.columns.as_ref().unwrap_or(&no_columns),
            naming: config.naming.unwrap_or(Naming::Keep),
            filter: config.filter.as_deref(),
            mask_key: options.mask_key.as_deref(),
            allow_lossy: config.allow_lossy.unwrap_or(false),
            now: options.now,
        },
    )?;
    let one = |error: Error| vec![error];
    let target = target_name(&spec, config.into.as_deref(), same_system).map_err(one)?;
    let mut mode = config.mode.unwrap_or(Mode::FullRefresh);
    let named_key = config.primary_key.is_some();
    let source_key = config.primary_key.clone().unwrap_or_else(|| spec.primary_key.clone());
    let primary_key = target_key(&mapping, &source_key, named_key)?;
    let cursor = match (mode, &config.cursor) {
        (Mode::Incremental, Some(cursor)) => Some(check_cursor(&spec, cursor).map_err(one)?),
        (Mode::Incremental, None) => {
            return Err(one(Error::new(
                Code::MissingKey,
                "`mode: incremental` needs a `cursor`",
            )
            .help("name a column whose values grow with every change, such as `updated_at`")));
        }
        _ => None,
    };
    let mut write = config.write.unwrap_or(match mode {
        Mode::Incremental if !primary_key.is_empty() => Write::Merge,
        Mode::Incremental => Write::Append,
        _ => Write::Overwrite,
    });
    let parse = |text: &str| -> Result<Scalar, Vec<Error>> {
        let column = cursor.as_ref().and_then(|cursor| spec.column(cursor));
        let ty = column.map_or(DataType::String, |column| column.ty.clone());
        Scalar::parse(text, &ty).ok_or_else(|| {
            let why = format!("`{text}` is not a value of the cursor's type {ty}");
            one(Error::new(Code::InvalidValue, why)
                .help("write a value as `syncapp preview` shows the cursor's column"))
        })
    };
    let start = config.start.as_ref().map(|start| parse(&plain(start))).transpose()?;
    let range = match (&options.range, &cursor) {
        (Some(range), Some(cursor)) => Some(Range {
            cursor: cursor.clone(),
            from: range.from.as_deref().map(parse).transpose()?,
            below: range.below.as_deref().map(parse).transpose()?,
        }),
        (Some(_), None) => {
            return Err(one(Error::new(
                Code::Conflict,
                "`--range` needs a stream with a cursor",
            )
            .help("choose incremental streams by `--stream`")));
        }
        (None, _) => None,
    };
    let lookback = check_lookback(config, &spec, cursor.as_deref(), write).map_err(one)?;
    if options.full_refresh && range.is_none() {
        mode = Mode::FullRefresh;
        // A history is never thrown away: reading everything adds what it does not know yet.
        if write != Write::History {
            write = Write::Overwrite;
        }
    }
    if matches!(write, Write::Merge | Write::History) && primary_key.is_empty() {
        let word = if write == Write::Merge { "merge" } else { "history" };
        return Err(one(Error::new(
            Code::MissingPrimaryKey,
            format!("`write: {word}` needs a key, and the stream has none"),
        )
        .help("name the columns of a key in `primary_key`")));
    }
    // Only a run that reads all rows can tell which ones are gone.
    let partial = range.is_some() || options.limit.is_some() || mode != Mode::FullRefresh;
    let deletes = config.deletes.unwrap_or(DeleteRule::Ignore);
    let added = added::columns(write, deletes, config.metadata.unwrap_or(false));
    let collisions = added::collisions(&added, mapping.columns().iter().map(|column| column.name.as_str()));
    if !collisions.is_empty() {
        return Err(collisions);
    }
    let target_cursor = cursor.as_ref().and_then(|cursor| {
        let plain = mapping
            .columns()
            .iter()
            .find(|column| column.change == Change::None && column.source.as_ref() == Some(cursor));
        plain.map(|column| column.name.clone())
    });
    Ok(StreamPlan {
        key,
        entry: entry.key.clone(),
        spec,
        stream,
        target,
        mapping: Arc::new(mapping),
        mode,
        write,
        primary_key,
        cursor,
        target_cursor,
        start,
        lookback,
        range,
        deletes: if partial { DeleteRule::Ignore } else { deletes },
        on_error: config.on_error.unwrap_or(OnError::Fail),
        max_rejects: config.max_rejects,
        max_reject_ratio: config.max_reject_ratio,
        schema_changes: config.schema_changes.unwrap_or(SchemaChanges::Propagate),
        before_sql: config.before_sql.clone(),
        after_sql: config.after_sql.clone(),
        undo: check_undo(config).map_err(one)?,
        added,
        state_schema: sync.state_schema.clone(),
    })
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The key's columns by their target names: plain copies of the source's columns, else columns of that target name.
/// A discovered key that does not land as a whole is no key of the target; one that the user named is an error.
fn target_key(mapping: &Mapping, key: &[String], named: bool) -> Result<Vec<String>, Vec<Error>> {
    let mut names = Vec::new();
    let mut problems = Vec::new();
    for column in key {
        let columns = mapping.columns();
        let copy = columns.iter().find(|mapped| mapped.source.as_ref() == Some(column));
        match copy.or_else(|| columns.iter().find(|mapped| mapped.name == *column)) {
            Some(mapped) => names.push(mapped.name.clone()),
            None => problems.push(
                Error::new(
                    Code::UnknownColumn,
                    format!("the key column `{column}` does not land in the target"),
                )
                .help(
                    match nearest(column, columns.iter().map(|mapped| mapped.name.as_str())) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => "name columns that are selected".to_owned(),
                    },
                ),
            ),
        }
    }
    match (problems.is_empty(), named) {
        (true, _) => Ok(names),
        (false, true) => Err(problems),
        (false, false) => Ok(Vec::new()),
    }
}

fn check_cursor(spec: &StreamSpec, cursor: &str) -> Result<String> {
    let Some(column) = spec.column(cursor) else {
        let names: Vec<&str> = spec.columns.iter().map(|column| column.name.as_str()).collect();
        let meant = nearest(cursor, names.iter().copied()).map(|meant| format!("did you mean `{meant}`? "));
        return Err(Error::new(
            Code::UnknownColumn,
            format!("the stream has no column `{cursor}` for a cursor"),
        )
        .help(format!(
            "{}its columns: {}",
            meant.unwrap_or_default(),
            names.join(", ")
        )));
    };
    if Scalar::can_hold(&column.ty) {
        return Ok(cursor.to_owned());
    }
    Err(Error::new(
        Code::InvalidValue,
        format!("`{cursor}` is {}, which has no order for a cursor", column.ty),
    )
    .help("choose an integer, decimal, text, date or timestamp column"))
}

/// For how long a run can be taken back.
fn check_undo(config: &StreamConfig) -> Result<Option<Duration>> {
    let keep = config.undo.as_ref().map(Undo::time).transpose();
    keep.map_err(|why| Error::new(Code::InvalidValue, why))
}

/// The lookback, if it is one of the cursor's type, and rows that come again find the ones they were.
fn check_lookback(
    config: &StreamConfig,
    spec: &StreamSpec,
    cursor: Option<&str>,
    write: Write,
) -> Result<Option<Lookback>> {
    let (Some(text), Some(cursor)) = (config.lookback.as_ref().map(plain), cursor) else {
        return Ok(None);
    };
    let lookback: Lookback = text.parse().map_err(|why| Error::new(Code::InvalidValue, why))?;
    if write == Write::Append {
        return Err(Error::new(
            Code::MissingPrimaryKey,
            "`lookback` reads rows again, and without a key they would be added twice",
        )
        .help("name the columns of a key in `primary_key`"));
    }
    match spec.column(cursor) {
        Some(column) if !lookback.fits(&column.ty) => {
            let why = format!(
                "`lookback: {text}` does not fit the cursor `{cursor}`, which is {}",
                column.ty
            );
            Err(Error::new(Code::InvalidValue, why)
                .help("write a time such as `10m` for dates and timestamps, a number for integers"))
        }
        _ => Ok(Some(lookback)),
    }
}
