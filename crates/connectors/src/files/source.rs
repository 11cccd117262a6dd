//! Files as a source: which there are, which columns they have, and their rows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use syncapp_connector::{Page, ReadRequest, Snapshot, Source, StreamRef};
use syncapp_model::{Code, Column, DataType, Error, Pattern, Result, StreamKind, StreamName, StreamSpec};

use super::config::ValidFiles;
use super::errors::blocking;
use super::glob::Glob;
use super::read::FileColumn;
use super::snapshot::FilesSnapshot;
use super::streams::{Described, count, describe, find, format_of, streams};
use super::{format, types};

/// The end that is read. Remembers what it described, so that a stream keeps its types from its plan to its last row.
pub(super) struct FilesSource {
    files: Arc<ValidFiles>,
    known: Mutex<HashMap<String, Arc<[FileColumn]>>>,
}

impl FilesSource {
    pub(super) fn new(files: Arc<ValidFiles>) -> Self {
        Self {
            files,
            known: Mutex::default(),
        }
    }

    fn remember(&self, name: &str, columns: &Arc<[FileColumn]>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(name.to_owned(), columns.clone());
    }

    fn remembered(&self, name: &str) -> Option<Arc<[FileColumn]>> {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
    }

    fn spec(&self, name: &str, described: &Described) -> StreamSpec {
        self.remember(name, &described.columns);
        let column = |column: &FileColumn| Column {
            name: column.name.clone(),
            ty: column.ty.clone(),
            native: types::native(described.format, &column.ty),
            portable: false,
            nullable: column.nullable,
        };
        StreamSpec {
            name: StreamName::bare(name),
            kind: StreamKind::File,
            columns: described.columns.iter().map(column).collect(),
            primary_key: Vec::new(),
            estimated_rows: described.rows,
        }
    }
}

fn no_query(stream: &StreamRef) -> Result<()> {
    match stream.query {
        None => Ok(()),
        Some(_) => Err(Error::new(Code::NotAvailable, "files take no queries")
            .help("use `where`, `select` and `columns` on the stream")),
    }
}

#[async_trait]
impl Source for FilesSource {
    async fn discover(&self, pattern: &Pattern, page: Page) -> Result<Vec<StreamSpec>> {
        let (files, pattern) = (self.files.clone(), pattern.clone());
        let found = blocking(move || {
            let names = match &pattern {
                Pattern::Exact(name) => vec![format::path_of(name)],
                Pattern::Glob(glob) => streams(&files, &Glob::new(glob))?,
            };
            let mut found = Vec::new();
            for name in names.into_iter().skip(page.offset).take(page.limit) {
                match find(&files, &name) {
                    Ok(set) => found.push((describe(&files, set)?, name)),
                    Err(error) if error.code() == Code::StreamNotFound => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(found)
        });
        Ok(found
            .await?
            .iter()
            .map(|(described, name)| self.spec(name, described))
            .collect())
    }

    async fn describe(&self, stream: &StreamRef) -> Result<StreamSpec> {
        no_query(stream)?;
        let (files, name) = (self.files.clone(), format::path_of(&stream.name));
        let path = name.clone();
        let described = blocking(move || describe(&files, find(&files, &path)?)).await?;
        Ok(self.spec(&name, &described))
    }

    async fn describe_as(&self, stream: &StreamRef, known: &[(String, DataType)]) -> Result<StreamSpec> {
        no_query(stream)?;
        let (files, name) = (self.files.clone(), format::path_of(&stream.name));
        let path = name.clone();
        let mut described = blocking(move || describe(&files, find(&files, &path)?)).await?;
        let mut columns = described.columns.to_vec();
        for column in columns.iter_mut().filter(|column| column.guessed) {
            if let Some((_, ty)) = known.iter().find(|(name, _)| *name == column.name) {
                column.ty = ty.clone();
                column.guessed = false;
            }
        }
        described.columns = columns.into();
        Ok(self.spec(&name, &described))
    }

    async fn open(&self, request: &ReadRequest) -> Result<Box<dyn Snapshot>> {
        no_query(&request.stream)?;
        let name = format::path_of(&request.stream.name);
        let (files, path, known) = (self.files.clone(), name.clone(), self.remembered(&name));
        let described = blocking(move || {
            let set = find(&files, &path)?;
            match known {
                Some(columns) => {
                    let format = format_of(&files, &set)?;
                    Ok(Described {
                        rows: count(&set, format)?,
                        set,
                        format,
                        columns,
                    })
                }
                None => describe(&files, set),
            }
        });
        let described = described.await?;
        self.remember(&name, &described.columns);
        Ok(Box::new(FilesSnapshot::new(self.files.clone(), described, request)?))
    }
}
