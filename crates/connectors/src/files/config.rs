//! The keys of a `files` connection.

use std::path::PathBuf;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use syncapp_connector::Context;
use syncapp_model::{Code, DataType, Error};

use super::format::{Compression, Format};

/// A folder of files, and how they are written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FilesConfig {
    /// The root folder, relative to the sync file; streams are paths or globs below it.
    path: String,
    /// The format of all files. Default: by each file's ending.
    format: Option<FormatWord>,
    /// How files are compressed. Default: by the ending (`.gz`, `.zst`). In Parquet it is the codec, by default zstd.
    compression: Option<Compression>,
    /// CSV: the byte between fields. Default: `,`, and a tab in `.tsv` files.
    delimiter: Option<String>,
    /// CSV: whether the first row holds the columns' names. Default: true. Without it they are `column_1`, `column_2` …
    header: Option<bool>,
    /// CSV: texts that mean NULL, in quotes or not, besides the empty field without quotes; `""` makes the quoted empty
    /// field NULL too. An empty list: no field is NULL. NULL is written as the first of them.
    null_values: Option<Vec<String>>,
    /// CSV: the byte that quotes fields. Default: `"`.
    quote: Option<String>,
    /// Text formats: the character encoding that is read: `utf-8` (default), `utf-16` (by its byte order mark),
    /// `utf-16le`, `utf-16be` or `latin-1`. Files are written in UTF-8.
    encoding: Option<String>,
    /// Text formats: types are guessed from so many rows, shared among the files of a glob; 0 is all. Default: 100000.
    sample_rows: Option<usize>,
    /// Text formats: types of columns, by name, in place of guessed ones.
    #[serde(default)]
    columns: IndexMap<String, String>,
    /// Destination: begin the next file when one has grown to about this size (`256MB`). Default: one file.
    file_size: Option<FileSize>,
}

/// What `format` may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum FormatWord {
    /// Comma-separated values, RFC 4180.
    Csv,
    /// One JSON object a line.
    Ndjson,
    /// One JSON array of objects.
    Json,
    /// Apache Parquet.
    Parquet,
}

/// A number of bytes, or a text with a unit.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
enum FileSize {
    Bytes(u64),
    Text(String),
}

/// A configuration without faults.
#[derive(Debug, Clone)]
pub struct ValidFiles {
    pub(super) root: PathBuf,
    pub(super) format: Option<Format>,
    pub(super) compression: Option<Compression>,
    pub(super) delimiter: Option<u8>,
    pub(super) quote: u8,
    pub(super) header: bool,
    pub(super) null_values: Option<Vec<String>>,
    pub(super) encoding: Encoding,
    pub(super) sample_rows: usize,
    pub(super) columns: IndexMap<String, DataType>,
    pub(super) file_size: Option<u64>,
}

/// How text is spelled in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    /// By its byte order mark.
    Utf16,
    Utf16Le,
    Utf16Be,
    Latin1,
}

/// Rows that types are guessed from unless the file says otherwise.
const SAMPLE_ROWS: usize = 100_000;

impl FilesConfig {
    /// The configuration without faults, or all its faults.
    pub(super) fn validate(self, context: &Context) -> Result<ValidFiles, Vec<Error>> {
        let mut faults = Vec::new();
        self.check_use(&mut faults);
        let root = match self.path.as_str() {
            "" => Err(Error::new(Code::InvalidValue, "`path` is empty").help("name a folder, `.` for this one")),
            "-" => Err(
                Error::new(Code::NotAvailable, "standard input and output are not built yet")
                    .help("name a folder, or use `syncapp copy`, which takes `-`"),
            ),
            path if path.contains("://") => local_path(path).and_then(|path| context.resolve("path", path)),
            path => context.resolve("path", path),
        };
        let format =
            match self.format {
                None => Ok(None),
                Some(FormatWord::Csv) => Ok(Some(Format::Csv)),
                Some(FormatWord::Ndjson) => Ok(Some(Format::Ndjson)),
                Some(FormatWord::Parquet) => Ok(Some(Format::Parquet)),
                Some(FormatWord::Json) => Err(Error::new(Code::NotAvailable, "`format: json` is not built yet")
                    .help("use ndjson, one object a line")),
            };
        let delimiter = self
            .delimiter
            .as_deref()
            .map(|text| one_byte("delimiter", text))
            .transpose();
        let quote = self.quote.as_deref().map_or(Ok(b'"'), |text| one_byte("quote", text));
        if let (Ok(Some(delimiter)), Ok(quote)) = (&delimiter, &quote)
            && delimiter == quote
        {
            faults.push(Error::new(Code::Conflict, "`delimiter` and `quote` are the same"));
        }
        let encoding = self.encoding.as_deref().map_or(Ok(Encoding::Utf8), encoding);
        let mut columns = IndexMap::new();
        for (name, word) in &self.columns {
            match word.parse::<DataType>() {
                Ok(ty) => drop(columns.insert(name.clone(), ty)),
                Err(problem) => faults.push(
                    Error::new(Code::InvalidValue, format!("`columns`: {problem}"))
                        .column(name)
                        .help(format!("one of: {}", DataType::WORDS.join(", "))),
                ),
            }
        }
        let file_size = self.file_size.as_ref().map(FileSize::bytes).transpose();
        let mut take = |fault: Error| faults.push(fault);
        let root = root.map_err(&mut take);
        let format = format.map_err(&mut take);
        let delimiter = delimiter.map_err(&mut take);
        let quote = quote.map_err(&mut take);
        let encoding = encoding.map_err(&mut take);
        let file_size = file_size.map_err(&mut take);
        match (root, format, delimiter, quote, encoding, file_size) {
            (Ok(root), Ok(format), Ok(delimiter), Ok(quote), Ok(encoding), Ok(file_size)) if faults.is_empty() => {
                Ok(ValidFiles {
                    root,
                    format,
                    compression: self.compression,
                    delimiter,
                    quote,
                    header: self.header.unwrap_or(true),
                    null_values: self.null_values,
                    encoding,
                    sample_rows: match self.sample_rows {
                        None => SAMPLE_ROWS,
                        Some(0) => usize::MAX,
                        Some(rows) => rows,
                    },
                    columns,
                    file_size,
                })
            }
            _ => Err(faults),
        }
    }

    /// Keys that the chosen format does not know.
    fn check_use(&self, faults: &mut Vec<Error>) {
        let csv = [
            ("delimiter", self.delimiter.is_some()),
            ("header", self.header.is_some()),
            ("null_values", self.null_values.is_some()),
            ("quote", self.quote.is_some()),
        ];
        let text = [
            ("encoding", self.encoding.is_some()),
            ("sample_rows", self.sample_rows.is_some()),
            ("columns", !self.columns.is_empty()),
        ];
        let (not_csv, not_text) = match self.format {
            Some(FormatWord::Parquet) => (true, true),
            Some(FormatWord::Ndjson) => (true, false),
            _ => (false, false),
        };
        let unused = csv.iter().filter(|_| not_csv).chain(text.iter().filter(|_| not_text));
        for (key, _) in unused.filter(|(_, set)| *set) {
            let why = format!("`{key}` says nothing of the format that is chosen");
            faults.push(Error::new(Code::Conflict, why).help(format!("remove `{key}` or `format`")));
        }
        let misfit = match (self.format, self.compression) {
            (Some(FormatWord::Parquet), Some(Compression::Gzip)) => "gzip is not built for Parquet",
            (Some(FormatWord::Csv | FormatWord::Ndjson), Some(Compression::Snappy)) => "snappy is a codec of Parquet",
            _ => return,
        };
        faults.push(Error::new(Code::NotAvailable, misfit).help("use `zstd` or `none`"));
    }
}

/// The local path that a URL names.
fn local_path(address: &str) -> Result<PathBuf, Error> {
    let url = url::Url::parse(address)
        .map_err(|problem| Error::new(Code::InvalidValue, "`path` is no URL").driver(problem))?;
    if url.scheme() != "file" {
        return Err(Error::new(
            Code::NotAvailable,
            format!("files at `{}://` are not built yet", url.scheme()),
        )
        .help("copy them to a folder and name its path"));
    }
    url.to_file_path().map_err(|()| {
        Error::new(Code::InvalidValue, "`path` is no path of this machine").help("write `file:///folder`")
    })
}

fn one_byte(key: &str, text: &str) -> Result<u8, Error> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'\r' | b'\n' | 0) => Ok(*byte),
        b"\\t" => Ok(b'\t'),
        _ => Err(Error::new(
            Code::InvalidValue,
            format!("`{key}` must be one ASCII character and no line end"),
        )),
    }
}

fn encoding(name: &str) -> Result<Encoding, Error> {
    match name.to_ascii_lowercase().replace('_', "-").as_str() {
        "utf-8" | "utf8" => Ok(Encoding::Utf8),
        "utf-16" | "utf16" => Ok(Encoding::Utf16),
        "utf-16le" | "utf16le" => Ok(Encoding::Utf16Le),
        "utf-16be" | "utf16be" => Ok(Encoding::Utf16Be),
        "latin-1" | "latin1" | "iso-8859-1" => Ok(Encoding::Latin1),
        _ => Err(
            Error::new(Code::NotAvailable, format!("the encoding `{name}` is not built"))
                .help("one of: utf-8, utf-16, utf-16le, utf-16be, latin-1"),
        ),
    }
}

impl FileSize {
    fn bytes(&self) -> Result<u64, Error> {
        const UNITS: [(&str, u64); 7] = [
            ("KIB", 1 << 10),
            ("MIB", 1 << 20),
            ("GIB", 1 << 30),
            ("KB", 1_000),
            ("MB", 1_000_000),
            ("GB", 1_000_000_000),
            ("B", 1),
        ];
        let bytes = match self {
            Self::Bytes(bytes) => Some(*bytes),
            Self::Text(text) => {
                let text = text.trim().to_ascii_uppercase();
                let found = UNITS
                    .iter()
                    .find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, *bytes)));
                let (number, unit) = found.unwrap_or((&text, 1));
                number
                    .trim()
                    .parse::<u64>()
                    .ok()
                    .and_then(|number| number.checked_mul(unit))
            }
        };
        bytes.filter(|bytes| *bytes > 0).ok_or_else(|| {
            Error::new(Code::InvalidValue, "`file_size` is no size above zero").help("write it like `256MB`")
        })
    }
}
