//! Which files a stream's name stands for, and which columns they have.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use syncapp_model::{Code, Error, Result, Side};

use super::config::ValidFiles;
use super::format::{self, Format};
use super::glob::Glob;
use super::infer::Guess;
use super::read::{self, FileColumn};
use super::root::{self, Listed};
use super::state::{self, Entry};
use super::{csv, ndjson, parquet, stage};

/// A stream's files and columns.
#[derive(Debug, Clone)]
pub(super) struct Described {
    pub(super) set: Vec<Listed>,
    pub(super) format: Format,
    pub(super) columns: Arc<[FileColumn]>,
    pub(super) rows: Option<u64>,
}

/// The files of a stream: the one of that name or, if it is a target of ours, all its parts; else those that the name
/// covers as a glob.
pub(super) fn find(files: &ValidFiles, name: &str) -> Result<Vec<Listed>> {
    root::readable(&files.root)?;
    let states = state::peek(&files.root)?;
    let targets: Vec<_> = states.iter().filter(|entry| entry.target == name).collect();
    let mut set: Vec<_> = root::file(&files.root, name)?.into_iter().collect();
    if !targets.is_empty() {
        let parts = root::list(&files.root, &Glob::new(&stage::part_glob(name)))?;
        set.extend(
            parts
                .into_iter()
                .filter(|file| targets.iter().any(|target| target.owns(&file.name))),
        );
    }
    let glob = Glob::is_glob(name);
    if set.is_empty() && glob {
        set = listed(files, &states, &Glob::new(name))?;
    }
    if !set.is_empty() {
        return Ok(set);
    }
    let what = if glob { "no file matches" } else { "there is no file" };
    let folder = files.root.display();
    Err(
        Error::new(Code::StreamNotFound, format!("{what} `{name}` in `{folder}`"))
            .stream(name)
            .help(nearest(files, name)?),
    )
}

/// The files that a glob covers and that can be read, without those of killed commits.
fn listed(files: &ValidFiles, states: &[Entry], glob: &Glob) -> Result<Vec<Listed>> {
    let mut listed = root::list(&files.root, glob)?;
    listed.retain(|file| {
        format::of_source(files, &file.name).is_some() && !states.iter().any(|entry| entry.left_over(&file.name))
    });
    Ok(listed)
}

/// The streams that a glob covers: files, and targets of ours in place of their parts.
pub(super) fn streams(files: &ValidFiles, glob: &Glob) -> Result<Vec<String>> {
    root::readable(&files.root)?;
    let states = state::peek(&files.root)?;
    let name = |file: Listed| match states.iter().find(|entry| entry.owns(&file.name)) {
        Some(entry) => entry.target.clone(),
        None => file.name,
    };
    let names: BTreeSet<String> = listed(files, &states, &Glob::new("**"))?
        .into_iter()
        .map(name)
        .collect();
    Ok(names.into_iter().filter(|name| glob.covers(name)).collect())
}

/// What there is instead.
fn nearest(files: &ValidFiles, name: &str) -> Result<String> {
    const SHOWN: usize = 5;
    let mut names: Vec<String> = root::list(&files.root, &Glob::new("**"))?
        .into_iter()
        .map(|file| file.name)
        .collect();
    if names.is_empty() {
        return Ok("the folder holds no files; check `path` on the connection".to_owned());
    }
    names.sort_by_cached_key(|other| strsim::damerau_levenshtein(name, other));
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    let list = names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    Ok(match more {
        0 => format!("the folder holds {list}"),
        more => format!("the nearest are {list}; the folder holds {more} more"),
    })
}

/// The one format of a set of files.
pub(super) fn format_of(files: &ValidFiles, set: &[Listed]) -> Result<Format> {
    let first = set.first().ok_or_else(|| Error::internal("a stream without files"))?;
    let format = read::format_of(files, first)?.0;
    for file in set {
        if read::format_of(files, file)?.0 != format {
            let why = format!("`{}` and `{}` are of different formats", first.name, file.name);
            return Err(Error::new(Code::InvalidValue, why).help("make the glob match files of one format"));
        }
    }
    Ok(format)
}

pub(super) fn describe(files: &ValidFiles, set: Vec<Listed>) -> Result<Described> {
    let format = format_of(files, &set)?;
    let (columns, rows) = match format {
        Format::Csv | Format::Ndjson => (sampled(files, &set, format)?, None),
        Format::Parquet => (declared(files, &set)?, count(&set, format)?),
    };
    Ok(Described {
        set,
        format,
        columns: columns.into(),
        rows,
    })
}

/// Columns of text files: united by name in the order in which they first come.
fn sampled(files: &ValidFiles, set: &[Listed], format: Format) -> Result<Vec<FileColumn>> {
    let mut guesses: IndexMap<String, Guess> = IndexMap::new();
    let share = files.sample_rows.div_ceil(set.len().max(1));
    for listed in set {
        let (_, compression) = read::format_of(files, listed)?;
        let blocks = read::open_text(files, listed, compression)?;
        match format {
            Format::Ndjson => ndjson::sample(blocks, share, &mut guesses)?,
            _ => csv::sample(files, blocks, share, &mut guesses)?,
        }
    }
    let column = |(name, guess): (String, Guess)| {
        let declared = files.columns.get(&name);
        FileColumn {
            ty: declared.cloned().unwrap_or_else(|| guess.ty()),
            guessed: declared.is_none(),
            nullable: true,
            name,
        }
    };
    Ok(guesses.into_iter().map(column).collect())
}

/// Columns of Parquet files: united by name; a column that a file lacks can be NULL.
fn declared(files: &ValidFiles, set: &[Listed]) -> Result<Vec<FileColumn>> {
    let mut columns: IndexMap<String, (FileColumn, usize)> = IndexMap::new();
    for listed in set {
        for column in parquet_columns(files, listed)?.0 {
            if files.columns.contains_key(&column.name) {
                let why = format!(
                    "`columns` cannot change the type of `{}`: Parquet files say it themselves",
                    column.name
                );
                return Err(Error::new(Code::Conflict, why)
                    .column(&column.name)
                    .help("use `type` on the stream's column"));
            }
            let (known, times) = columns
                .entry(column.name.clone())
                .or_insert_with(|| (column.clone(), 0));
            if known.ty != column.ty {
                let why = format!(
                    "`{}` has {} where other files have {}",
                    listed.name, column.ty, known.ty
                );
                return Err(Error::new(Code::TypeMismatch(Side::Source), why)
                    .column(&column.name)
                    .file(&listed.name)
                    .help("read the files as streams of their own"));
            }
            known.nullable |= column.nullable;
            *times += 1;
        }
    }
    let column = |(mut column, times): (FileColumn, usize)| {
        column.nullable |= times < set.len();
        column
    };
    Ok(columns.into_values().map(column).collect())
}

fn parquet_columns(files: &ValidFiles, listed: &Listed) -> Result<(Vec<FileColumn>, u64)> {
    read::whole(listed, read::format_of(files, listed)?.1)?;
    parquet::describe(&read::open_file(listed)?, &listed.name)
}

pub(super) fn count(set: &[Listed], format: Format) -> Result<Option<u64>> {
    if format != Format::Parquet {
        return Ok(None);
    }
    let rows = set
        .iter()
        .map(|listed| Ok(parquet::describe(&read::open_file(listed)?, &listed.name)?.1));
    rows.sum::<Result<u64>>().map(Some)
}
