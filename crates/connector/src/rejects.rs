//! Rows that could not land, on their way to where they are kept.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};

use serde::{Deserialize, Serialize};
use syncapp_model::{Error, Result, StreamKey};

use crate::Fate;

/// How many are handed on at once.
pub const REJECTS_AT_ONCE: usize = 500;

/// A row that could not land, whole, its masked columns masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// The same for the same row and reason in every run.
    pub id: String,
    /// The run that met it last.
    pub run_id: String,
    /// Whose row it is.
    #[serde(flatten)]
    pub key: StreamKey,
    /// When that was, in microseconds since 1970 UTC.
    pub rejected_at: i64,
    /// The values of the key's columns as JSON, where the key is copied from the source.
    pub row_key: Option<String>,
    /// The target's column that the reason is about.
    pub column: Option<String>,
    /// The reason's stable name.
    pub code: String,
    /// The reason in words.
    pub message: String,
    /// The source's row as a JSON object.
    pub row: String,
}

/// Which kept rows are wanted.
#[derive(Debug, Clone)]
pub struct RejectFilter {
    /// The project's name.
    pub project: String,
    /// The sync's name.
    pub sync: String,
    /// Only this stream's.
    pub stream: Option<String>,
    /// Only this row.
    pub id: Option<String>,
    /// Only those of one stream whose ids come behind this one.
    pub after: Option<String>,
    /// At most so many.
    pub limit: usize,
}

impl RejectFilter {
    /// Whether a row is wanted.
    pub fn takes(&self, reject: &Reject) -> bool {
        let Reject { key, id, .. } = reject;
        key.project == self.project
            && key.sync == self.sync
            && self.stream.as_ref().is_none_or(|stream| key.stream == *stream)
            && self.id.as_ref().is_none_or(|wanted| id == wanted)
            && self.after.as_ref().is_none_or(|after| id > after)
    }
}

/// Which of the rows that were kept and sent again are no longer kept: all but those that nothing could decide about.
pub fn settled(ids: &[String], fates: &[Fate]) -> Result<Vec<String>> {
    if ids.len() != fates.len() {
        let why = format!("{} rows were sent again, and {} came", ids.len(), fates.len());
        return Err(Error::internal(why));
    }
    let settled = ids.iter().zip(fates).filter(|(_, fate)| **fate != Fate::Undecided);
    Ok(settled.map(|(id, _)| id.clone()).collect())
}

/// The rejected rows of one load: in a temporary file that has no name, so that any number costs no memory.
#[derive(Debug)]
pub struct Rejects {
    file: File,
    count: u64,
}

impl Rejects {
    /// None yet.
    pub fn new() -> Result<Self> {
        let file = tempfile::tempfile().map_err(|problem| failed(&problem))?;
        Ok(Self { file, count: 0 })
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The same ones, for a load that may ask for them again. Where more are added, it has them too.
    pub fn again(&self) -> Result<Self> {
        let file = self.file.try_clone().map_err(|problem| failed(&problem))?;
        Ok(Self {
            file,
            count: self.count,
        })
    }

    /// Adds some.
    pub fn add(&mut self, rejects: &[Reject]) -> Result<()> {
        // Whoever read them left the place somewhere else.
        self.file.seek(SeekFrom::End(0)).map_err(|problem| failed(&problem))?;
        let mut lines = Vec::new();
        for reject in rejects {
            serde_json::to_writer(&mut lines, reject).map_err(|problem| Error::internal(problem.to_string()))?;
            lines.push(b'\n');
        }
        self.file.write_all(&lines).map_err(|problem| failed(&problem))?;
        self.count += rejects.len() as u64;
        Ok(())
    }

    /// All of them in their order, at most [`REJECTS_AT_ONCE`] at a time.
    pub fn chunks(mut self) -> Result<impl Iterator<Item = Result<Vec<Reject>>>> {
        self.file.rewind().map_err(|problem| failed(&problem))?;
        let mut lines = BufReader::new(self.file).lines();
        Ok(std::iter::from_fn(move || {
            let some: Result<Vec<Reject>> = lines
                .by_ref()
                .take(REJECTS_AT_ONCE)
                .map(|line| {
                    let line = line.map_err(|problem| failed(&problem))?;
                    serde_json::from_str(&line).map_err(|problem| Error::internal(problem.to_string()))
                })
                .collect();
            match some {
                Ok(some) if some.is_empty() => None,
                some => Some(some),
            }
        }))
    }
}

fn failed(problem: &std::io::Error) -> Error {
    Error::new(
        syncapp_model::Code::StoreFailed,
        "rejected rows cannot be put aside in a temporary file",
    )
    .help("make room in the folder for temporary files, or choose another one by TMPDIR")
    .driver(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_in_its_order() {
        let reject = |number: usize| Reject {
            id: number.to_string(),
            run_id: "r".into(),
            key: StreamKey {
                project: "p".into(),
                sync: "s".into(),
                stream: "t".into(),
            },
            rejected_at: 7,
            row_key: None,
            column: Some("c\n".into()),
            code: "transform.cast_failed".into(),
            message: "é \"".into(),
            row: "{\"a\":null}".into(),
        };
        let all: Vec<Reject> = (0..1201).map(reject).collect();
        let mut rejects = Rejects::new().unwrap();
        for some in all.chunks(7) {
            rejects.add(some).unwrap();
        }
        assert_eq!(rejects.count(), 1201);
        // Read before the last one came, and only in part.
        let early = rejects.again().unwrap();
        assert_eq!(early.chunks().unwrap().next().unwrap().unwrap().len(), 500);
        rejects.add(&[reject(1201)]).unwrap();
        let chunks: Vec<Vec<Reject>> = rejects.chunks().unwrap().collect::<Result<_>>().unwrap();
        assert_eq!(chunks.iter().map(Vec::len).collect::<Vec<_>>(), [500, 500, 202]);
        assert_eq!(chunks.concat()[..1201], all);
        assert_eq!(Rejects::new().unwrap().chunks().unwrap().count(), 0);
    }
}
