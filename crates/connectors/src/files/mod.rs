//! Files on the local disk: CSV, NDJSON and Parquet, plain or compressed.
//!
//! A connection is a folder; its streams are paths below it, or globs, which stand for all their files as one stream.
//! Files of one stream may differ in their columns: columns are found by name, those that a file lacks are NULL.
//! Types of text files are guessed from a sample and can be set; a value that does not fit is an error with its line,
//! never NULL. What goes on in detail is said in [`csv`], [`ndjson`] and [`parquet`], how targets are replaced in
//! [`destination`].
//!
//! Invariants: memory is bounded whatever a file holds; no name leads out of the root; a target is complete or as it
//! was, in one file; a file that changes under a reader is an error.

#[cfg(feature = "fuzz")]
pub mod bench;
mod blocks;
mod cells;
mod compress;
mod config;
mod csv;
mod destination;
mod encode;
mod encoding;
mod errors;
mod filter;
mod format;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod glob;
mod infer;
mod lattice;
mod load;
mod ndjson;
mod parquet;
mod read;
mod rejects;
mod root;
mod snapshot;
mod source;
mod stage;
mod state;
mod streams;
mod types;
mod writer;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use syncapp_connector::{Connector, Context, Destination, Manifest, Source, TypeTable};
use syncapp_model::{Error, Result, Side};

pub use config::{FilesConfig, ValidFiles};

/// The word of the sync file's `connector` key.
const ID: &str = "files";

/// Addresses of files in other places, which are known so that they can be refused by name.
const ELSEWHERE: [&str; 6] = ["s3://", "gs://", "az://", "sftp://", "ftps://", "file://"];

/// The connector for files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Files;

#[async_trait]
impl Connector for Files {
    type Config = FilesConfig;
    type Valid = ValidFiles;
    const ID: &'static str = ID;

    fn manifest(&self) -> Manifest {
        Manifest {
            id: ID,
            title: "Files",
            source: true,
            destination: true,
        }
    }

    /// `-`, a URL, a folder that is there, or a path that begins like one. Where it names a file, which it does if
    /// there is one or its ending is a format's, the connection is its folder.
    fn types(&self) -> Vec<TypeTable> {
        lattice::tables()
    }

    fn address(&self, address: &str) -> Option<serde_json::Value> {
        let elsewhere = ELSEWHERE.iter().any(|scheme| address.starts_with(scheme));
        let begins = ["./", "../", "/"].iter().any(|start| address.starts_with(start));
        let here = begins || matches!(address, "." | ".." | "-") || Path::new(address).is_dir();
        if !elsewhere && !here {
            return None;
        }
        let folder = if names_file(address) {
            match address.rfind('/') {
                Some(0) => "/",
                Some(at) => &address[..at],
                None => ".",
            }
        } else {
            address
        };
        Some(serde_json::json!({ "path": folder }))
    }

    fn validate(&self, raw: FilesConfig, context: &Context) -> Result<ValidFiles, Vec<Error>> {
        raw.validate(context)
    }

    async fn check(&self, valid: &ValidFiles, side: Side) -> Result<()> {
        let root = valid.root.clone();
        errors::blocking(move || match side {
            Side::Source => root::readable(&root),
            Side::Destination => root::writable(&root),
        })
        .await
    }

    fn source(&self, valid: Arc<ValidFiles>) -> Option<Box<dyn Source>> {
        Some(Box::new(source::FilesSource::new(valid)))
    }

    fn destination(&self, valid: Arc<ValidFiles>) -> Option<Box<dyn Destination>> {
        Some(Box::new(destination::FilesDestination::new(valid)))
    }
}

fn names_file(address: &str) -> bool {
    let path = address.strip_prefix("file://").unwrap_or(address);
    if Path::new(path).is_dir() || path.ends_with('/') {
        return false;
    }
    Path::new(path).is_file() || format::known_ending(path)
}
