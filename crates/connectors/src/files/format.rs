//! Formats and compressions, and the endings of file names that stand for them.

use schemars::JsonSchema;
use serde::Deserialize;
use syncapp_model::{Code, Error, Result, StreamName};

use super::config::ValidFiles;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Ndjson,
    Parquet,
}

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Compression {
    /// Not at all.
    None,
    /// gzip; not in Parquet.
    Gzip,
    /// Zstandard.
    Zstd,
    /// Snappy; only in Parquet.
    Snappy,
}

impl Format {
    /// The endings that stand for it; the first is the one that is written.
    pub(super) fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Csv => &[".csv", ".tsv", ".txt"],
            Self::Ndjson => &[".ndjson", ".jsonl", ".json"],
            Self::Parquet => &[".parquet", ".pq"],
        }
    }

    /// Its word in native types and texts.
    pub(super) fn word(self) -> &'static str {
        &self.endings()[0][1..]
    }

    /// The format that an ending stands for where none is configured. `.txt` and `.json` may be anything.
    fn of_ending(ending: &str) -> Option<Self> {
        match ending.to_ascii_lowercase().as_str() {
            ".csv" | ".tsv" => Some(Self::Csv),
            ".ndjson" | ".jsonl" => Some(Self::Ndjson),
            ".parquet" | ".pq" => Some(Self::Parquet),
            _ => None,
        }
    }
}

/// A file's name taken apart: `flights`, `.csv`, `.gz`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileName<'a> {
    /// All but the endings, folders included.
    pub(super) stem: &'a str,
    /// The ending of the format; may be empty.
    pub(super) ending: &'a str,
    /// The ending of the compression; may be empty.
    pub(super) packed: &'a str,
}

impl<'a> FileName<'a> {
    pub(super) fn of(name: &'a str) -> Self {
        let packed_at = [".gz", ".zst"].iter().find_map(|ending| {
            let at = name.len().checked_sub(ending.len())?;
            name.is_char_boundary(at).then_some(())?;
            name[at..].eq_ignore_ascii_case(ending).then_some(at)
        });
        let (rest, packed) = name.split_at(packed_at.unwrap_or(name.len()));
        let base = rest.rfind('/').map_or(0, |at| at + 1);
        let ending_at = match rest[base..].rfind('.') {
            Some(at) if at > 0 => base + at,
            _ => rest.len(),
        };
        let (stem, ending) = rest.split_at(ending_at);
        Self { stem, ending, packed }
    }

    fn compression(&self) -> Compression {
        match self.packed.to_ascii_lowercase().as_str() {
            ".gz" => Compression::Gzip,
            ".zst" => Compression::Zstd,
            _ => Compression::None,
        }
    }
}

/// Whether a path ends like a file of a format.
pub(super) fn known_ending(path: &str) -> bool {
    Format::of_ending(FileName::of(path).ending).is_some()
}

/// The path that a stream's name stands for: names are split at dots elsewhere, paths are not.
pub(super) fn path_of(name: &StreamName) -> String {
    match &name.namespace {
        Some(namespace) => format!("{namespace}.{}", name.name),
        None => name.name.clone(),
    }
}

/// What a source file holds and how it is compressed; `None` where neither its ending nor the connection says.
pub(super) fn of_source(files: &ValidFiles, name: &str) -> Option<(Format, Compression)> {
    let parts = FileName::of(name);
    let format = files.format.or_else(|| Format::of_ending(parts.ending))?;
    let compression = match (format, files.compression) {
        // The codec of a Parquet file is written in it.
        (Format::Parquet, _) | (_, None) => parts.compression(),
        (_, Some(compression)) => compression,
    };
    Some((format, compression))
}

/// The byte between the fields of a CSV file.
pub(super) fn delimiter(files: &ValidFiles, name: &str) -> u8 {
    let tabs = FileName::of(name).ending.eq_ignore_ascii_case(".tsv");
    files.delimiter.unwrap_or(if tabs { b'\t' } else { b',' })
}

/// A target's file name in full, what it will hold and how it will be compressed.
pub(super) fn of_target(files: &ValidFiles, name: &str) -> Result<(String, Format, Compression)> {
    let parts = FileName::of(name);
    let by_ending = Format::of_ending(parts.ending);
    let Some(format) = files.format.or(by_ending) else {
        return Err(Error::new(
            Code::InvalidValue,
            format!("nothing says what format `{name}` is to have"),
        )
        .help("set `format` on the connection, or end the name in .csv, .ndjson or .parquet"));
    };
    if let Some(by_ending) = by_ending
        && by_ending != format
    {
        let why = format!(
            "`{name}` ends like {} but the connection writes {}",
            by_ending.word(),
            format.word()
        );
        return Err(Error::new(Code::Conflict, why).help("change the target's name or `format`"));
    }
    let known = format
        .endings()
        .iter()
        .any(|ending| parts.ending.eq_ignore_ascii_case(ending));
    let mut full = name.to_owned();
    let by_name = parts.compression();
    if format == Format::Parquet {
        if by_name != Compression::None {
            return Err(
                Error::new(Code::Conflict, format!("`{name}`: Parquet files are compressed inside"))
                    .help("leave out the name's last ending and set `compression` on the connection"),
            );
        }
        if !known {
            full.push_str(format.endings()[0]);
        }
        let compression = files.compression.unwrap_or(Compression::Zstd);
        if compression == Compression::Gzip {
            return Err(Error::new(Code::NotAvailable, "gzip is not built for Parquet").help("use `zstd` or `none`"));
        }
        return Ok((full, format, compression));
    }
    let compression = match (files.compression, by_name) {
        (Some(Compression::Snappy), _) => {
            return Err(Error::new(Code::NotAvailable, "snappy is a codec of Parquet").help("use `zstd` or `gzip`"));
        }
        (Some(wanted), Compression::None) => wanted,
        (Some(wanted), by_name) if wanted != by_name => {
            return Err(Error::new(
                Code::Conflict,
                format!("`{name}` has the ending of another `compression` than the connection's"),
            )
            .help("change the target's name or `compression`"));
        }
        (_, by_name) => by_name,
    };
    full.truncate(name.len() - parts.packed.len());
    if !known {
        full.push_str(format.endings()[0]);
    }
    match compression {
        _ if !parts.packed.is_empty() => full.push_str(parts.packed),
        Compression::Gzip => full.push_str(".gz"),
        Compression::Zstd => full.push_str(".zst"),
        Compression::None | Compression::Snappy => {}
    }
    Ok((full, format, compression))
}

#[cfg(test)]
mod tests {
    use super::super::tests::valid;
    use super::*;

    #[test]
    fn names_come_apart() {
        for (name, stem, ending, packed) in [
            ("a.csv", "a", ".csv", ""),
            ("d.x/a.b.CSV.GZ", "d.x/a.b", ".CSV", ".GZ"),
            ("d.x/a", "d.x/a", "", ""),
            (".csv", ".csv", "", ""),
            ("a.zst", "a", "", ".zst"),
            ("é", "é", "", ""),
        ] {
            assert_eq!(FileName::of(name), FileName { stem, ending, packed }, "{name}");
        }
    }

    #[test]
    fn targets_get_their_endings() {
        let check = |keys: serde_json::Value, name: &str, want: Result<&str, Code>| {
            let got = of_target(&valid(keys.clone()), name);
            assert_eq!(
                got.as_ref().map(|got| got.0.as_str()).map_err(Error::code),
                want,
                "{keys} {name}"
            );
        };
        let json = |format: &str| serde_json::json!({"path": ".", "format": format});
        check(json("csv"), "orders", Ok("orders.csv"));
        check(json("csv"), "orders.txt", Ok("orders.txt"));
        check(json("csv"), "public.orders", Ok("public.orders.csv"));
        check(json("csv"), "orders.csv.gz", Ok("orders.csv.gz"));
        check(json("csv"), "orders.parquet", Err(Code::Conflict));
        check(json("parquet"), "orders", Ok("orders.parquet"));
        check(json("parquet"), "orders.parquet.gz", Err(Code::Conflict));
        check(json("ndjson"), "orders.json", Ok("orders.json"));
        check(serde_json::json!({"path": "."}), "orders", Err(Code::InvalidValue));
        check(
            serde_json::json!({"path": "."}),
            "orders.jsonl.zst",
            Ok("orders.jsonl.zst"),
        );
        let packed = |compression: &str| serde_json::json!({"path": ".", "format": "csv", "compression": compression});
        check(packed("gzip"), "orders", Ok("orders.csv.gz"));
        check(packed("zstd"), "orders.csv", Ok("orders.csv.zst"));
        check(packed("none"), "orders.csv.gz", Err(Code::Conflict));
        check(packed("gzip"), "orders.csv.zst", Err(Code::Conflict));
    }
}
