//! Files end to end: what goes into a folder and what comes out of it.

mod kit;
mod parts;
mod reading;
mod writing;

use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use futures_util::TryStreamExt;
use syncapp_connector::{Batch, Connector, Context, Destination, ReadColumn, ReadRequest, Source, StreamRef};
use syncapp_model::{Error, Result, StreamName, StreamSpec};

use super::{Files, ValidFiles};

/// The configuration that the keys say.
pub(super) fn valid(keys: serde_json::Value) -> ValidFiles {
    checked(keys, Path::new(".")).unwrap()
}

fn checked(keys: serde_json::Value, base: &Path) -> Result<ValidFiles, Vec<Error>> {
    let context = Context::at(base);
    Files.validate(serde_json::from_value(keys).unwrap(), &context)
}

/// A folder with both ends over it.
struct Folder {
    folder: tempfile::TempDir,
    keys: serde_json::Value,
}

impl Folder {
    fn new(mut keys: serde_json::Value) -> Self {
        keys["path"] = ".".into();
        Self {
            folder: tempfile::tempdir().unwrap(),
            keys,
        }
    }

    fn with(keys: serde_json::Value, files: &[(&str, &[u8])]) -> Self {
        let folder = Self::new(keys);
        for (name, bytes) in files {
            let path = folder.folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        folder
    }

    fn valid(&self) -> Arc<ValidFiles> {
        Arc::new(checked(self.keys.clone(), self.folder.path()).unwrap())
    }

    fn source(&self) -> Box<dyn Source> {
        Files.source(self.valid()).unwrap()
    }

    fn destination(&self) -> Box<dyn Destination> {
        Files.destination(self.valid()).unwrap()
    }

    /// The names of all files in the folder, SyncApp's own states aside.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.retain(|name| !name.starts_with("_syncapp_checkpoint"));
        names.sort();
        names
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    async fn describe(&self, name: &str) -> Result<StreamSpec> {
        self.source().describe(&StreamRef::table(StreamName::bare(name))).await
    }

    async fn batches(&self, name: &str) -> Result<Vec<RecordBatch>> {
        let source = self.source();
        let stream = StreamRef::table(StreamName::bare(name));
        let spec = source.describe(&stream).await?;
        let columns = spec.columns.iter().map(|column| ReadColumn {
            name: column.name.clone(),
            native: false,
        });
        let request = ReadRequest {
            stream,
            columns: columns.collect(),
            wire: false,
            range: None,
            lenient: false,
            limit: None,
            splits: 4,
            batch_rows: 1000,
            batch_bytes: 1 << 20,
        };
        let snapshot = source.open(&request).await?;
        let mut batches = Vec::new();
        for split in snapshot.splits() {
            let read: Vec<Batch> = snapshot.read(split).await?.try_collect().await?;
            batches.extend(read.into_iter().map(|batch| match batch {
                Batch::Columns(batch) => batch,
                Batch::Native(_) | Batch::Passing(_) | Batch::Marked(_) | Batch::Unread(_) => {
                    panic!("what nobody asked for came")
                }
            }));
        }
        Ok(batches)
    }

    /// All rows, each as `value|value`, NULL as `∅`.
    async fn rows(&self, name: &str) -> Result<Vec<String>> {
        Ok(self.batches(name).await?.iter().flat_map(shown).collect())
    }
}

fn shown(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::default().with_null("∅");
    let columns: Vec<_> = batch
        .columns()
        .iter()
        .map(|column| ArrayFormatter::try_new(column.as_ref(), &options).unwrap())
        .collect();
    let row = |row| {
        columns
            .iter()
            .map(|column| column.value(row).to_string())
            .collect::<Vec<_>>()
            .join("|")
    };
    (0..batch.num_rows()).map(row).collect()
}
