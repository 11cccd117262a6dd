//! Columns of a CSV file: names from its header, types from a sample of its rows.

use indexmap::IndexMap;
use syncapp_model::{Code, Error, Result, Side};

use super::Nulls;
use super::read::Records;
use crate::files::blocks::Blocks;
use crate::files::config::ValidFiles;
use crate::files::infer::Guess;

/// Opens a file's records behind its header. A column without a name is `column_N`, a name that comes again gets the
/// ending `_2`, `_3` …
pub(in crate::files) fn header(files: &ValidFiles, blocks: Blocks) -> Result<(Records, Vec<String>)> {
    let mut records = Records::new(files, blocks);
    // A first line that is empty is the name of nothing.
    let Some(_) = records.find()? else {
        if files.header {
            return Err(Error::new(
                Code::InvalidData(Side::Source),
                format!("`{}` is empty and has no header", records.blocks.name()),
            )
            .file(records.blocks.name())
            .help("set `header: false` if the files have none"));
        }
        return Ok((records, Vec::new()));
    };
    records.width = records.fields.len();
    let mut names: Vec<String> = Vec::with_capacity(records.width);
    let mut scratch = Vec::new();
    for at in 0..records.width {
        let name = if files.header {
            String::from_utf8_lossy(records.text(records.fields[at], &mut scratch)).into_owned()
        } else {
            String::new()
        };
        names.push(if name.is_empty() {
            format!("column_{}", at + 1)
        } else {
            name
        });
    }
    if files.header {
        records.pass();
        number_twins(&mut names);
    }
    Ok((records, names))
}

fn number_twins(names: &mut [String]) {
    for at in 1..names.len() {
        if names[..at].contains(&names[at]) {
            // Of so many endings one is free at least.
            let fresh = (2..names.len() + 2)
                .map(|number| format!("{}_{number}", names[at]))
                .find(|fresh| !names.contains(fresh));
            names[at] = fresh.unwrap_or_default();
        }
    }
}

/// Adds what so many rows of a file say of its columns to what is known of them.
pub(in crate::files) fn sample(
    files: &ValidFiles,
    blocks: Blocks,
    rows: usize,
    guesses: &mut IndexMap<String, Guess>,
) -> Result<()> {
    let (mut records, names) = header(files, blocks)?;
    let slots: Vec<usize> = names
        .into_iter()
        .map(|name| {
            let entry = guesses.entry(name);
            let slot = entry.index();
            entry.or_default();
            slot
        })
        .collect();
    let nulls = Nulls::new(files);
    let mut scratch = Vec::new();
    let mut read = 0;
    while read < rows && records.find()?.is_some() {
        read += 1;
        // What cannot be read says nothing of the columns; reading the rows will say what is wrong.
        if records.check().is_err() {
            records.pass();
            continue;
        }
        for (slot, field) in slots.iter().zip(&records.fields) {
            let text = records.text(*field, &mut scratch);
            if !nulls.has(text, field.quoted) {
                guesses[*slot].text(text);
            }
        }
        records.pass();
    }
    Ok(())
}
