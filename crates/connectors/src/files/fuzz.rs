//! Doors for fuzzing: whatever bytes a text file holds, reading them ends, and what was read is written and read again as
//! the same.

use std::fs::File;
use std::io::{Cursor, Read, Seek};

use arrow_array::RecordBatch;
use indexmap::IndexMap;
use syncapp_connector::{Connector, Context};
use syncapp_model::Result;

use super::blocks::Blocks;
use super::cells::TextColumn;
use super::compress::Output;
use super::encode::{Encoder, Unfinished};
use super::format::Compression;
use super::glob::Glob;
use super::infer::Guess;
use super::read::{FileColumn, Limits, Reader};
use super::{Files, ValidFiles, csv, ndjson};

/// A format's way in and out.
trait Format {
    const NAME: &'static str;

    fn sample(files: &ValidFiles, blocks: Blocks, guesses: &mut IndexMap<String, Guess>) -> Result<()>;
    fn reader(files: &ValidFiles, blocks: Blocks, columns: &[FileColumn]) -> Result<Box<dyn Reader>>;
    fn encoder(files: &ValidFiles, output: Output, names: &[String]) -> Result<Box<dyn Encoder>>;
}

struct Csv;
struct Ndjson;

fn limits() -> Limits {
    Limits::new(1000, 1 << 20)
}

fn all(columns: &[FileColumn]) -> Vec<usize> {
    (0..columns.len()).collect()
}

impl Format for Csv {
    const NAME: &'static str = "f.csv";

    fn sample(files: &ValidFiles, blocks: Blocks, guesses: &mut IndexMap<String, Guess>) -> Result<()> {
        csv::sample(files, blocks, 100, guesses)
    }

    fn reader(files: &ValidFiles, blocks: Blocks, columns: &[FileColumn]) -> Result<Box<dyn Reader>> {
        Ok(Box::new(csv::Reader::open(
            files,
            blocks,
            columns,
            &all(columns),
            (limits(), false),
        )?))
    }

    fn encoder(files: &ValidFiles, output: Output, names: &[String]) -> Result<Box<dyn Encoder>> {
        Ok(Box::new(csv::Encoder::new(files, Self::NAME, output, names)))
    }
}

impl Format for Ndjson {
    const NAME: &'static str = "f.ndjson";

    fn sample(_: &ValidFiles, blocks: Blocks, guesses: &mut IndexMap<String, Guess>) -> Result<()> {
        ndjson::sample(blocks, 100, guesses)
    }

    fn reader(_: &ValidFiles, blocks: Blocks, columns: &[FileColumn]) -> Result<Box<dyn Reader>> {
        Ok(Box::new(ndjson::Reader::new(
            blocks,
            columns,
            &all(columns),
            (limits(), false),
        )))
    }

    fn encoder(_: &ValidFiles, output: Output, names: &[String]) -> Result<Box<dyn Encoder>> {
        Ok(Box::new(ndjson::Encoder::new(output, names)?))
    }
}

/// A CSV file.
pub fn csv(bytes: &[u8]) {
    there_and_back::<Csv>(bytes);
}

/// An NDJSON file.
pub fn ndjson(bytes: &[u8]) {
    there_and_back::<Ndjson>(bytes);
}

/// A glob, and a path.
pub fn glob(glob: &str, path: &str) {
    let compiled = Glob::new(glob);
    let _ = (compiled.covers(path), compiled.depth());
    assert!(
        Glob::is_glob(glob) || compiled.covers(path) == (glob == path),
        "{glob:?} covers {path:?}"
    );
}

fn there_and_back<F: Format>(bytes: &[u8]) {
    let files = files();
    let mut guesses = IndexMap::new();
    if F::sample(&files, blocks(F::NAME, bytes), &mut guesses).is_err() {
        return;
    }
    let column = |(name, guess): (String, Guess)| FileColumn {
        ty: guess.ty(),
        guessed: true,
        nullable: true,
        name,
    };
    let columns: Vec<FileColumn> = guesses.into_iter().map(column).collect();
    let Ok(rows) = read::<F>(&files, bytes, &columns) else {
        return;
    };
    let Ok(written) = write::<F>(&files, &rows, &columns) else {
        return;
    };
    let again = read::<F>(&files, &written, &columns);
    let again = again.unwrap_or_else(|error| panic!("what was written cannot be read: {error:?}"));
    assert_eq!(texts(&again), texts(&rows));
}

fn files() -> ValidFiles {
    let config = serde_json::from_str(r#"{"path": "."}"#).expect("keys of a connection");
    let valid = Files.validate(config, &Context::at(""));
    valid.unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Read a few bytes at once, so that values lie across the seams.
fn blocks(name: &str, bytes: &[u8]) -> Blocks {
    Blocks::with_step(Box::new(Cursor::new(bytes.to_vec())), name, 7)
}

fn read<F: Format>(files: &ValidFiles, bytes: &[u8], columns: &[FileColumn]) -> Result<Vec<RecordBatch>> {
    let mut reader = F::reader(files, blocks(F::NAME, bytes), columns)?;
    let mut batches = Vec::new();
    while let Some(batch) = reader.next()? {
        batches.push(batch.columns);
    }
    Ok(batches)
}

/// The bytes of a file, unless a value cannot be spelled.
fn write<F: Format>(files: &ValidFiles, rows: &[RecordBatch], columns: &[FileColumn]) -> Result<Vec<u8>, Unfinished> {
    let path = std::env::temp_dir().join(format!("syncapp-fuzz-{}", std::process::id()));
    let file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(path)?;
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let mut encoder = F::encoder(files, Output::new(file, Compression::None)?, &names)?;
    for batch in rows {
        encoder.write(batch.clone())?;
    }
    let mut file = encoder.finish()?;
    let mut written = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut written)?;
    Ok(written)
}

/// Each cell's text. Ends of lines between the tokens of JSON are written as blanks.
fn texts(batches: &[RecordBatch]) -> Vec<Option<String>> {
    let mut texts = Vec::new();
    for batch in batches {
        let columns = TextColumn::of_batch(batch).unwrap_or_else(|error| panic!("{error:?}"));
        for row in 0..batch.num_rows() {
            for (column, field) in columns.iter().zip(batch.schema_ref().fields()) {
                let mut text = Vec::new();
                texts.push((!column.is_null(row)).then(|| {
                    column.write(row, &mut text).unwrap_or_else(|error| panic!("{error:?}"));
                    let text = String::from_utf8_lossy(&text).into_owned();
                    match syncapp_model::DataType::of(field) {
                        Some(syncapp_model::DataType::Json) => text.replace('\r', " "),
                        _ => text,
                    }
                }));
            }
        }
    }
    texts
}
